/**
 * The same contracts inside workerd: the log in the SQLite of a Durable Object, blobs in R2. The storage is that of a fresh
 * object of the product's own class, which has not been told to run anything.
 */
import { runInDurableObject } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { describe, expect, it } from "vitest"
import { durableSql } from "../../src/objects/sql.ts"
import { stepEvent } from "../../src/run/event.ts"
import { BucketBlobStore } from "../../src/store/bucket-blob-store.ts"
import { SqlEventStore } from "../../src/store/sql-event-store.ts"
import { describeBlobStore } from "../store/blob-store-contract.ts"
import { describeEventStore } from "../store/event-store-contract.ts"

const withStorage = (test: (storage: DurableObjectStorage) => void): Promise<void> =>
  runInDurableObject(env.RUNS.get(env.RUNS.newUniqueId()), (_object, { storage }) => test(storage))

describeEventStore("Durable Object", {
  survives: true,
  withStore: (test) =>
    withStorage((storage) => {
      const open = () => new SqlEventStore(durableSql(storage))
      test(open(), open)
    }),
})

describeBlobStore("R2", () => new BucketBlobStore(env.BLOBS))

describe("the SQLite of a Durable Object", () => {
  it("[LOG1] rolls back an append that fails half-way, and goes on afterwards", () =>
    withStorage((storage) => {
      const inner = durableSql(storage)
      let inserts = 0
      const store = new SqlEventStore({
        ...inner,
        exec(query, ...params) {
          if (query.startsWith("INSERT") && ++inserts === 2) throw new Error("database or disk is full")
          return inner.exec(query, ...params)
        },
      })
      const events = ["a", "b", "c"].map((path) => stepEvent("step.completed", path, 1, { output: 1 }))
      expect(() => store.append(events, 1)).toThrow("full")
      expect(store.read()).toEqual([])
      expect(store.append(events, 1).map(({ seq }) => seq)).toEqual([1, 2, 3])
    }))
})
