/** The event stores that run in plain Node, against their contract; what only one of them promises stands below. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { stepEvent } from "../../src/run/event.ts"
import { MemoryEventStore } from "../../src/store/memory-event-store.ts"
import { openNodeSqlite } from "../../src/store/node-sqlite.ts"
import type { Sql } from "../../src/store/sql.ts"
import { SqlEventStore } from "../../src/store/sql-event-store.ts"
import { describeEventStore } from "./event-store-contract.ts"

describeEventStore("memory", {
  survives: true,
  withStore(test) {
    const store = new MemoryEventStore()
    test(store, () => new MemoryEventStore(store.rows()))
  },
})

describeEventStore("node:sqlite", {
  survives: true,
  withStore(test) {
    const folder = mkdtempSync(join(tmpdir(), "waybill-store-"))
    const open = () => openNodeSqlite(join(folder, "run.sqlite"))
    const opened = [open()]
    try {
      test(new SqlEventStore(opened[0] ?? open()), () => {
        const again = open()
        opened.push(again)
        return new SqlEventStore(again)
      })
    } finally {
      for (const database of opened) database.close()
      rmSync(folder, { recursive: true })
    }
  },
})

describe("a store in SQLite", () => {
  /** Counts statements by their first word, and can be told to fail. */
  function spied(): { sql: Sql; verbs: string[]; failAt: (insert: number) => void } {
    const inner = openNodeSqlite()
    const verbs: string[] = []
    let failing = Number.POSITIVE_INFINITY
    return {
      verbs,
      failAt: (insert) => {
        failing = insert
      },
      sql: {
        exec(query, ...params) {
          const verb = query.split(" ")[0] ?? ""
          verbs.push(verb)
          if (verb === "INSERT" && --failing === 0) throw new Error("database or disk is full")
          return inner.exec(query, ...params)
        },
        transaction: (work) => inner.transaction(work),
      },
    }
  }

  it("appends without reading", () => {
    const { sql, verbs } = spied()
    const store = new SqlEventStore(sql)
    verbs.length = 0
    store.append([stepEvent("step.completed", "a", 1, { output: 1 })], 1)
    store.append(
      [stepEvent("step.completed", "b", 1, { output: 1 }), stepEvent("step.completed", "c", 1, { output: 1 })],
      1,
    )
    expect(verbs).toEqual(["INSERT", "INSERT", "INSERT"])
  })

  it("[LOG1] writes nothing of an append whose second insert fails, and goes on afterwards", () => {
    const { sql, failAt } = spied()
    const store = new SqlEventStore(sql)
    const events = ["a", "b", "c"].map((path) => stepEvent("step.completed", path, 1, { output: 1 }))
    failAt(2)
    expect(() => store.append(events, 1)).toThrow("full")
    expect(store.head().seq).toBe(0)
    expect(store.read()).toEqual([])
    failAt(-1)
    expect(store.append(events, 1).map(({ seq }) => seq)).toEqual([1, 2, 3])
  })

  it("gives the same hashes as the store in memory", () => {
    const stores = [new MemoryEventStore(), new SqlEventStore(openNodeSqlite())]
    for (const store of stores)
      for (let index = 0; index < 5; index += 1)
        store.append([stepEvent("step.completed", `s${index}`, 1, { output: index })], index)
    expect(stores[0]?.rows()).toEqual(stores[1]?.rows())
  })
})

describe("node:sqlite transactions", () => {
  it("nest: an inner one that throws leaves the outer one whole", () => {
    const sql = openNodeSqlite()
    sql.exec("CREATE TABLE t (n INTEGER)")
    sql.transaction(() => {
      sql.exec("INSERT INTO t VALUES (1)")
      expect(() =>
        sql.transaction(() => {
          sql.exec("INSERT INTO t VALUES (2)")
          throw new Error("inner")
        }),
      ).toThrow("inner")
      sql.transaction(() => sql.exec("INSERT INTO t VALUES (3)"))
    })
    expect(sql.exec("SELECT n FROM t ORDER BY n").map(({ n }) => n)).toEqual([1, 3])
  })
})
