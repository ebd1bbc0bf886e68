/** The parts of a tenant's object, on Node's own SQLite: the index of runs and the idempotency keys. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { fakeClock } from "../../src/lib/fake-clock.ts"
import { firstId, newId } from "../../src/lib/id.ts"
import { IDEMPOTENCY_KEEP_MS } from "../../src/lib/limits.ts"
import { seededRandom } from "../../src/lib/random.ts"
import { IdempotencyKeys } from "../../src/objects/idempotency-keys.ts"
import { RunIndex } from "../../src/objects/run-index.ts"
import type { RunSummary } from "../../src/protocol/summary.ts"
import { openNodeSqlite } from "../../src/store/node-sqlite.ts"

const clock = fakeClock()
const random = seededRandom(1)

function summary(more: Partial<RunSummary> = {}): RunSummary {
  const runId = newId("run", clock, random)
  const at = clock.nowMs()
  const times = { createdAtMs: at, updatedAtMs: at }
  const costs = { costNanoUsd: 0, totalCostNanoUsd: 0 }
  return { runId, workflow: "desk", version: 1, status: "running", tags: [], seq: 1, ...costs, ...times, ...more }
}

describe("the index of runs", () => {
  it("shows the newest of what a run told, in whatever order it came and however often", () => {
    const told = [1, 2, 3, 4].map(
      (seq) => ({ seq, status: seq === 4 ? "succeeded" : "running", costNanoUsd: seq }) as const,
    )
    const orders = fc.array(fc.constantFrom(...told), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(orders, (order) => {
        const index = new RunIndex(openNodeSqlite())
        const run = summary({ tags: ["a", "b"] })
        for (const part of order) index.record({ ...run, ...part })
        const newest = Math.max(...order.map(({ seq }) => seq))
        expect(index.list({ limit: 10 }).runs).toMatchObject([{ runId: run.runId, seq: newest, costNanoUsd: newest }])
        expect(index.list({ tag: "b", limit: 10 }).runs).toHaveLength(1)
      }),
    )
  })

  it("finds by status what a run is now, not what it was", () => {
    const index = new RunIndex(openNodeSqlite())
    const run = summary()
    index.record(run)
    index.record({ ...run, seq: 9, status: "failed", errorCode: "tool_failed" })
    expect(index.list({ status: "running", limit: 10 }).runs).toEqual([])
    expect(index.list({ status: "failed", errorCode: "tool_failed", limit: 10 }).runs).toHaveLength(1)
  })

  it("pages through runs of the same millisecond without gaps or repetitions", () => {
    const index = new RunIndex(openNodeSqlite())
    const ids = Array.from({ length: 25 }, () => {
      const run = summary({ workflow: random.next() < 0.5 ? "desk" : "other" })
      index.record(run)
      return run.runId
    })
    const seen: string[] = []
    for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
      const page = index.list({ limit: 4, ...(cursor === undefined ? {} : { cursor }) })
      seen.push(...page.runs.map(({ runId }) => runId))
      cursor = page.nextCursor
    }
    expect(seen).toEqual(ids.toSorted().toReversed())
  })

  it("finds what failed by the place, with or without numbers, by the step's name and by the class of failure", () => {
    const index = new RunIndex(openNodeSqlite())
    const failed = { status: "failed", failureClass: "own_code.tool" } as const
    const [first, second] = ["items[3].charge", "outcome.charge"].map((failedAt) => summary({ ...failed, failedAt }))
    for (const run of [first, second, summary()]) if (run) index.record(run)
    const found = (filter: object) => index.list({ ...filter, limit: 10 }).runs.map(({ runId }) => runId)
    const both = [first?.runId, second?.runId].toSorted().toReversed()
    expect(found({ failedAt: "charge" })).toEqual(both)
    expect(found({ failedAt: "items[3].charge" })).toEqual([first?.runId])
    expect(found({ failedAt: "items[].charge" })).toEqual([first?.runId])
    expect(found({ failedAt: "items[2].charge" })).toEqual([])
    expect(found({ failureClass: "own_code" })).toEqual(both)
    expect(found({ failureClass: "own_code.tool" })).toEqual(both)
    expect(found({ failureClass: "own" })).toEqual([])
  })

  it("[API22] gives the runs below a run, generation by generation, and says where it stopped", () => {
    const index = new RunIndex(openNodeSqlite())
    const below = (of: RunSummary, path: string) => {
      const run = summary({ parent: { runId: of.runId, path } })
      index.record(run)
      return run
    }
    const root = summary()
    index.record(root)
    clock.tick(1)
    const left = below(root, "left")
    clock.tick(1)
    const right = below(root, "right")
    const [deep, other] = [below(left, "deep"), below(right, "deep")]
    index.record(summary())
    const ids = (limit: number) => index.below(root.runId, limit).runs.map(({ runId }) => runId)
    expect(ids(10)).toEqual([left.runId, right.runId, deep.runId, other.runId])
    expect(index.below(root.runId, 4).truncated).toEqual([])
    expect(index.below(root.runId, 3).truncated).toEqual([right.runId])
    expect(index.below(root.runId, 1).truncated).toEqual([root.runId, left.runId])
    const children = index.list({ parent: root.runId, limit: 10 }).runs.map(({ runId }) => runId)
    expect(children).toEqual([right.runId, left.runId])
  })

  it("filters by the time of creation, the lower bound included and the upper not", () => {
    const index = new RunIndex(openNodeSqlite())
    const runs = [0, 1, 2].map(() => {
      clock.tick(1_000)
      const run = summary()
      index.record(run)
      return run
    })
    const [first, second, third] = runs.map(({ createdAtMs }) => createdAtMs)
    const between = (fromMs = 0, toMs = Number.MAX_SAFE_INTEGER / 4) =>
      index.list({ fromMs, toMs, limit: 10 }).runs.map(({ createdAtMs }) => createdAtMs)
    expect(between(second)).toEqual([third, second])
    expect(between(first, third)).toEqual([second, first])
  })

  it("never sorts: every filter reads in the order of an index", () => {
    const sql = openNodeSqlite()
    new RunIndex(sql)
    const equal = ["workflow = 'a'", "status = 'failed'", "user = 'u'", "error_code = 'x'", "parent = 'r'"]
    const queries = [...equal, "run_id < 'r'"]
    for (const condition of queries) {
      const plan = sql.exec(`EXPLAIN QUERY PLAN SELECT data FROM run WHERE ${condition} ORDER BY run_id DESC LIMIT 10`)
      const text = plan.map(({ detail }) => String(detail)).join("; ")
      expect(text, condition).toContain("SEARCH")
      expect(text, condition).not.toContain("TEMP B-TREE")
    }
  })
})

describe("idempotency keys", () => {
  const keys = () => new IdempotencyKeys(openNodeSqlite())

  it("bind a request to the first run, and refuse another request", () => {
    const book = keys()
    expect(book.claimedBy({ key: "k", digest: "a" }, 0)).toBeUndefined()
    expect(book.claim({ key: "k", digest: "a", runId: "run_1" }, 0)).toEqual({ runId: "run_1", replayed: false })
    expect(book.claim({ key: "k", digest: "a", runId: "run_2" }, 1)).toEqual({ runId: "run_1", replayed: true })
    expect(book.claimedBy({ key: "k", digest: "a" }, 1)).toBe("run_1")
    expect(() => book.claim({ key: "k", digest: "b", runId: "run_3" }, 2)).toThrow("with another request")
    expect(book.claim({ key: "l", digest: "b", runId: "run_3" }, 2)).toEqual({ runId: "run_3", replayed: false })
  })

  it("are forgotten after a day", () => {
    const book = keys()
    book.claim({ key: "k", digest: "a", runId: "run_1" }, 0)
    expect(book.claimedBy({ key: "k", digest: "a" }, IDEMPOTENCY_KEEP_MS)).toBe("run_1")
    expect(book.claimedBy({ key: "k", digest: "b" }, IDEMPOTENCY_KEEP_MS + 1)).toBeUndefined()
    expect(book.claim({ key: "k", digest: "b", runId: "run_2" }, IDEMPOTENCY_KEEP_MS + 1)).toMatchObject({
      runId: "run_2",
    })
  })
})

describe("the lowest id of a millisecond", () => {
  it("is below every id made in it and above every id made before", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 45 }), fc.integer(), (atMs, seed) => {
        const of = (ms: number) => newId("run", fakeClock(ms), seededRandom(seed))
        expect(firstId("run", atMs) <= of(atMs)).toBe(true)
        expect(firstId("run", atMs) > of(atMs - 1)).toBe(true)
      }),
    )
  })
})
