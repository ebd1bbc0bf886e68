/** What every event store promises, as one suite: run by the memory, the `node:sqlite` and the Durable Object store. */
import { describe, expect, it } from "vitest"
import { MAX_EVENT_BYTES } from "../../src/lib/limits.ts"
import { CHAIN_START, verifyChain } from "../../src/run/chain.ts"
import { type NewEvent, runEvent, stepEvent } from "../../src/run/event.ts"
import type { EventStore } from "../../src/store/event-store.ts"
import { eventsIn } from "../../src/store/pages.ts"

/** A fresh, empty log that can be closed and opened again; `with…` because a Durable Object lends its storage only to a callback. */
export interface StoreHarness {
  /** Runs `test` with a store, and with a function that opens the same log anew, as after a crash. */
  withStore(test: (store: EventStore, reopen: () => EventStore) => void): Promise<void> | void
  /** False for a store whose log goes with the object. */
  readonly survives: boolean
}

const completed = (path: string, output: string | number): NewEvent => stepEvent("step.completed", path, 1, { output })

export function describeEventStore(name: string, harness: StoreHarness): void {
  describe(`${name}: the event store contract`, () => {
    it("begins empty, chained to the start", () =>
      harness.withStore((store) => {
        expect(store.head()).toEqual({ seq: 0, hash: CHAIN_START })
        expect(store.read()).toEqual([])
        expect(store.get(1)).toBeUndefined()
        expect(store.append([], 1)).toEqual([])
        expect(store.head().seq).toBe(0)
      }))

    it("[LOG1] numbers events from 1 without gaps and reads back what was appended", () =>
      harness.withStore((store) => {
        const first = store.append([runEvent("run.started", {})], 1_000)
        const rest = store.append([completed("a", 1), completed("b", "é\u0000\ud83d\ude00\n")], 2_000)
        expect([...first, ...rest].map(({ seq, atMs, path }) => [seq, atMs, path])).toEqual([
          [1, 1_000, ""],
          [2, 2_000, "a"],
          [3, 2_000, "b"],
        ])
        expect(store.read()).toEqual([...first, ...rest])
        expect(store.get(3)).toEqual(rest[1])
        expect(store.head()).toEqual({ seq: 3, hash: rest[1]?.hash })
      }))

    it("[LOG1] takes all events of one append or none", () =>
      harness.withStore((store) => {
        store.append([runEvent("run.started", {})], 1)
        const bad = { ...completed("b", 0), data: { output: () => 1 } } as unknown as NewEvent
        expect(() => store.append([completed("a", 1), bad], 2)).toThrow(
          expect.objectContaining({ code: "not_json", message: expect.stringContaining("step.completed(b).output") }),
        )
        expect(store.read()).toHaveLength(1)
        expect(store.append([completed("a", 1)], 3)[0]?.seq).toBe(2)
        expect(verifyChain(store.rows())).toBeUndefined()
      }))

    it("refuses an event over the limit, and writes nothing", () =>
      harness.withStore((store) => {
        const big = completed("a", "é".repeat(MAX_EVENT_BYTES / 2))
        expect(() => store.append([completed("b", 1), big], 1)).toThrow(
          expect.objectContaining({ code: "limit_exceeded" }),
        )
        expect(store.read()).toEqual([])
        const largest = completed("a", "x".repeat(MAX_EVENT_BYTES - '{"output":""}'.length))
        expect(store.append([largest], 1)).toHaveLength(1)
      }))

    it("reads pages: after a number, at most so many, oldest first", () =>
      harness.withStore((store) => {
        store.append(
          Array.from({ length: 25 }, (_, index) => completed(`s${index + 1}`, index)),
          7,
        )
        expect(store.read(10, 5).map(({ seq }) => seq)).toEqual([11, 12, 13, 14, 15])
        expect(store.rows(20).map(({ seq }) => seq)).toEqual([21, 22, 23, 24, 25])
        expect(store.read(25)).toEqual([])
        expect(store.read(0, 0)).toEqual([])
        expect([...eventsIn(store, 3, 4)].map(({ seq }) => seq)).toEqual(Array.from({ length: 22 }, (_, i) => i + 4))
      }))

    it("hands out copies: changing what was read changes nothing stored", () =>
      harness.withStore((store) => {
        store.append([stepEvent("step.completed", "a", 1, { output: { list: [1, 2] } })], 1)
        Object.assign(store.read()[0]?.data ?? {}, { output: "changed" })
        expect(store.get(1)?.data).toEqual({ output: { list: [1, 2] } })
      }))

    it("stores canonical JSON: members sorted, undefined ones left out", () =>
      harness.withStore((store) => {
        const data = { output: { b: 1, a: undefined, A: [true, null] } } as unknown as { output: number }
        store.append([stepEvent("step.completed", "a", 1, data)], 1)
        expect(store.rows()[0]?.data).toBe('{"output":{"A":[true,null],"b":1}}')
      }))

    it.runIf(harness.survives)("[LOG2] goes on with the same chain after it was opened anew", () =>
      harness.withStore((store, reopen) => {
        store.append([runEvent("run.started", {}), completed("a", 1)], 1)
        const again = reopen()
        expect(again.head()).toEqual(store.head())
        again.append([completed("b", 2)], 2)
        expect(again.read().map(({ seq }) => seq)).toEqual([1, 2, 3])
        expect(verifyChain(again.rows())).toBeUndefined()
      }),
    )
  })
}
