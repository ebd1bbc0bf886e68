/** What bulk forks decide, on Node's own SQLite: places, the ceiling, and every instant at which the object may die. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { fakeClock } from "../../src/lib/fake-clock.ts"
import { isId, markOf, newId } from "../../src/lib/id.ts"
import { seededRandom } from "../../src/lib/random.ts"
import { BulkForks } from "../../src/objects/bulk-forks.ts"
import { RunIndex } from "../../src/objects/run-index.ts"
import type { RunSummary } from "../../src/protocol/summary.ts"
import { openNodeSqlite } from "../../src/store/node-sqlite.ts"

const random = seededRandom(11)

/** A bulk fork of `runs` failed runs, in an object that can be brought to memory again at any time. */
function bulk(runs: number, { concurrency = 2, ceilingNanoUsd = 1_000 } = {}) {
  const clock = fakeClock()
  const sql = openNodeSqlite()
  const index = new RunIndex(sql)
  let forks = new BulkForks(sql, index)
  const order = { createdAtMs: clock.nowMs(), criteria: { workflow: "desk" }, change: {}, concurrency, ceilingNanoUsd }
  const { id } = forks.create(
    { id: newId("bulk", clock, random), ...order },
    Array.from({ length: runs }, () => newId("run", clock, random)),
  )
  const advance = () => forks.advance(clock.nowMs())
  advance()
  const of = (...states: string[]) => forks.items.underWay(id).filter(({ state }) => states.includes(state))
  return {
    get fork() {
      return forks.get(id)
    },
    of,
    advance,
    counts: () => Object.fromEntries(forks.items.counts(id)),
    /** Every run that was asked about may cost `highNanoUsd`. */
    plan(highNanoUsd: number) {
      for (const { place } of of("asked")) forks.planned(id, place, { at: "pay", lowNanoUsd: 0, highNanoUsd })
      advance()
    },
    /** Every fork that was decided on is made. */
    make() {
      for (const { place } of of("started")) forks.told(id, place)
      advance()
    },
    refuse(place: number) {
      forks.refused(id, place, { code: "edit_invalid", message: "No.", remedy: "" } as never)
      advance()
    },
    tell(runId: string, status: RunSummary["status"], costNanoUsd: number, seq = 9) {
      const times = { createdAtMs: 0, updatedAtMs: 0 }
      const costs = { costNanoUsd, totalCostNanoUsd: costNanoUsd }
      index.record({ runId, workflow: "desk", version: 1, status, tags: [], ...costs, seq, ...times })
      advance()
    },
    cancel: (also = false) => forks.cancel(id, also, clock.nowMs()),
    revive() {
      forks = new BulkForks(sql, index)
    },
  }
}

describe("a bulk fork", () => {
  it("[BULK3] asks about as many runs as there are places, and about the next when one is free", () => {
    const one = bulk(5)
    expect(one.of("asked").map(({ place }) => place)).toEqual([0, 1])
    one.plan(10)
    expect(one.of("started")).toHaveLength(2)
    one.make()
    one.tell(one.of("told")[0]?.forkId ?? "", "succeeded", 3)
    expect(one.of("asked").map(({ place }) => place)).toEqual([2])
  })

  it("[BULK3] gives the place of a fork that waits to another, and keeps what is reserved for it", () => {
    const one = bulk(3, { concurrency: 1, ceilingNanoUsd: 15 })
    one.plan(10)
    one.make()
    one.tell(one.of("told")[0]?.forkId ?? "", "waiting", 4)
    one.plan(10)
    expect(one.fork).toMatchObject({ status: "stopped" })
    expect(one.fork.reason).toContain("$0.000000010 reserved")
  })

  it("[BULK4] waits for forks under way to turn out cheaper before it stops", () => {
    const one = bulk(3, { concurrency: 3, ceilingNanoUsd: 25 })
    one.plan(10)
    expect(one.of("started")).toHaveLength(2)
    one.make()
    const [first, second] = one.of("told")
    one.tell(first?.forkId ?? "", "succeeded", 2)
    expect(one.of("started")).toHaveLength(1)
    one.make()
    one.tell(second?.forkId ?? "", "failed", 2)
    one.tell(one.of("told")[0]?.forkId ?? "", "succeeded", 2)
    expect(one.fork).toMatchObject({ status: "completed", spentNanoUsd: 6 })
    expect(one.counts()).toEqual({ succeeded: 2, failed: 1 })
  })

  it("[BULK4] takes no fork for cheaper than the dearest so far", () => {
    const one = bulk(3, { concurrency: 1, ceilingNanoUsd: 30 })
    one.plan(1)
    one.make()
    one.tell(one.of("told")[0]?.forkId ?? "", "succeeded", 20)
    one.plan(1)
    expect(one.fork).toMatchObject({ status: "stopped", spentNanoUsd: 20 })
    expect(one.counts()).toEqual({ succeeded: 1, pending: 2 })
  })

  it("keeps each fork where its original is, under an id that is always the same", () => {
    const [clock, runId] = [fakeClock(), `${newId("run", fakeClock(), random)}-eu`]
    const order = { id: newId("bulk", clock, random), createdAtMs: clock.nowMs(), criteria: {}, change: {} }
    const [forkId = "", again] = [1, 2].map(() => {
      const forks = new BulkForks(openNodeSqlite(), new RunIndex(openNodeSqlite()))
      const { id } = forks.create({ ...order, concurrency: 1, ceilingNanoUsd: 0 }, [runId])
      return forks.items.pending(id, 1)[0]?.forkId ?? ""
    })
    expect(forkId).toBe(again)
    expect([isId("run", forkId), markOf(forkId)]).toEqual([true, "eu"])
  })

  it("[BULK6] starts nothing that was not started, whatever comes in late", () => {
    const one = bulk(3)
    one.cancel()
    one.plan(1)
    expect(one.fork.status).toBe("cancelled")
    expect(one.counts()).toEqual({ pending: 3 })
  })

  it("is over at once when there is nothing to fork", () => {
    expect(bulk(0).fork).toMatchObject({ status: "completed", matched: 0 })
  })

  it("goes on to the next when a run is refused", () => {
    const one = bulk(2, { concurrency: 1 })
    one.refuse(0)
    expect(one.of("asked").map(({ place }) => place)).toEqual([1])
    one.refuse(1)
    expect(one.fork.status).toBe("completed")
    expect(one.counts()).toEqual({ refused: 2 })
  })

  it("[BULK4] [BULK5] never passes the ceiling while forks cost what they may, whatever dies and when", () => {
    const acts = fc.array(fc.constantFrom("plan", "make", "end", "wait", "revive", "refuse", "advance"), {
      maxLength: 60,
    })
    fc.assert(
      fc.property(
        acts,
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 4 }),
        (script, ceilingNanoUsd, concurrency) => {
          const one = bulk(6, { concurrency, ceilingNanoUsd })
          const made = new Set<string>()
          for (const act of script) {
            const told = one.of("told")
            if (act === "plan") one.plan(10)
            if (act === "make") one.make()
            if (act === "revive") one.revive()
            if (act === "advance") one.advance()
            if (act === "refuse") one.refuse(one.of("asked")[0]?.place ?? 99)
            if (act === "end") one.tell(told[0]?.forkId ?? "other", "succeeded", 10, 20)
            if (act === "wait") one.tell(told.at(-1)?.forkId ?? "other", "waiting", 5, 10)
            for (const { forkId } of one.of("started", "told")) made.add(forkId)
            expect(made.size * 10).toBeLessThanOrEqual(ceilingNanoUsd)
            expect(one.of("asked", "planned", "started").length).toBeLessThanOrEqual(concurrency)
          }
          one.revive()
          for (let round = 0; round < 20 && one.fork.status === "running"; round += 1) {
            one.advance()
            one.plan(10)
            one.make()
            for (const { forkId } of one.of("told")) one.tell(forkId, "succeeded", 10, 20)
          }
          expect(one.fork.status).not.toBe("running")
          const total = Object.values(one.counts()).reduce((sum, count) => sum + count, 0)
          expect(total).toBe(6)
        },
      ),
      { numRuns: 300 },
    )
  })
})
