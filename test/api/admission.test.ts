/** Who may be busy: places, priorities and turns of a tenant's runs, on Node's own SQLite. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { fakeClock } from "../../src/lib/fake-clock.ts"
import { newId } from "../../src/lib/id.ts"
import { seededRandom } from "../../src/lib/random.ts"
import { Admission, type AdmissionRequest } from "../../src/objects/admission.ts"
import { RunIndex } from "../../src/objects/run-index.ts"
import type { RunSummary } from "../../src/protocol/summary.ts"
import { openNodeSqlite } from "../../src/store/node-sqlite.ts"

const random = seededRandom(7)

/** A tenant with `limit` places, whose object can be brought to memory again at any time. */
function tenant(limit: number) {
  const clock = fakeClock()
  const sql = openNodeSqlite()
  const index = new RunIndex(sql)
  let admission = new Admission(sql, index, limit)
  const runs = new Map<string, RunSummary>()
  const tell = (runId: string, status: RunSummary["status"]): void => {
    const before = runs.get(runId)
    if (!before) throw new Error(`There is no run ${runId}.`)
    const run = { ...before, status, seq: before.seq + 1 }
    runs.set(runId, run)
    admission.record(run)
    admission.fill(clock.nowMs())
  }
  return {
    index,
    /** A new run asks. */
    ask(request: Omit<AdmissionRequest, "summary"> & { user?: string; workflow?: string } = {}) {
      const { user, workflow = "desk", ...rest } = request
      clock.tick(1)
      const runId = newId("run", clock, random)
      const times = { createdAtMs: clock.nowMs(), updatedAtMs: clock.nowMs() }
      const run: RunSummary = {
        ...{ runId, workflow, version: 1, status: "queued", tags: [], costNanoUsd: 0, totalCostNanoUsd: 0, seq: 1 },
        ...times,
        ...(user === undefined ? {} : { user }),
      }
      runs.set(runId, run)
      return { runId, admitted: admission.ask({ summary: run, ...rest }, clock.nowMs()) }
    },
    again: (runId: string, request: Omit<AdmissionRequest, "summary"> = {}) =>
      admission.ask({ summary: runs.get(runId) as RunSummary, ...request }, clock.nowMs()),
    tell,
    /** The runs that were given places, which say now that they have them. */
    heard(): readonly string[] {
      const told = [...admission.unheard]
      for (const runId of told) tell(runId, "running")
      return told
    },
    unheard: () => admission.unheard,
    placeOf: (runId: string) => admission.placeOf(runId),
    revive() {
      admission = new Admission(sql, index, limit)
    },
    statusOf: (runId: string) => index.statusOf(runId),
    giveBack: (runId: string) => admission.giveBack(runId),
  }
}

describe("places", () => {
  it("[QUEUE1] a run goes at once while there is a place, and queues when there is none", () => {
    const { ask, statusOf, tell, heard } = tenant(2)
    const [a, b, c] = [ask(), ask(), ask()]
    expect([a, b, c].map(({ admitted }) => admitted)).toEqual(["go", "go", "queued"])
    expect(statusOf(c.runId)).toBe("queued")
    tell(b.runId, "succeeded")
    expect(heard()).toEqual([c.runId])
  })

  it("[QUEUE2] a workflow's own limit holds up its runs and nobody else's", () => {
    const { ask, tell, heard, placeOf } = tenant(10)
    const limited = { workflow: "slow", concurrency: 1 }
    const [first, second, third] = [ask(limited), ask(limited), ask(limited)]
    expect(ask({ workflow: "fast" }).admitted).toBe("go")
    expect(placeOf(third.runId)).toEqual({ position: 2, limit: "workflow", concurrency: 1 })
    tell(first.runId, "failed")
    expect(heard()).toEqual([second.runId])
    expect(placeOf(third.runId)).toMatchObject({ position: 1 })
  })

  it("[QUEUE3] a run that waits or is paused holds no place, and one that wakes is counted again", () => {
    const { ask, tell, heard } = tenant(1)
    const [a, b, c] = [ask(), ask(), ask()]
    tell(a.runId, "waiting")
    expect(heard()).toEqual([b.runId])
    tell(a.runId, "running")
    tell(b.runId, "paused")
    expect(heard()).toEqual([])
    tell(a.runId, "succeeded")
    expect(heard()).toEqual([c.runId])
  })

  it("a repeated or late report frees no place twice", () => {
    const { ask, tell, index, heard } = tenant(1)
    const [a, b, c] = [ask(), ask(), ask()]
    tell(a.runId, "succeeded")
    const [told] = index.list({ status: "succeeded", limit: 1 }).runs
    expect(heard()).toEqual([b.runId])
    if (told) index.record(told)
    tell(a.runId, "succeeded")
    expect(heard()).toEqual([])
    expect(c.admitted).toBe("queued")
  })

  it("a limit that was raised lets those in who came before", () => {
    const { ask, heard } = tenant(10)
    ask({ concurrency: 1 })
    const early = ask({ concurrency: 1 })
    expect(ask({ concurrency: 2 }).admitted).toBe("queued")
    expect(heard()).toEqual([early.runId])
  })
})

describe("the queue", () => {
  it("[QUEUE4] goes by priority, then by the users' turns, then by age", () => {
    const { ask, tell, heard } = tenant(1)
    let busy = ask().runId
    const names = new Map<string, string>()
    const add = (name: string, request: Parameters<typeof ask>[0]) => names.set(ask(request).runId, name)
    for (const n of [1, 2, 3]) add(`ann${n}`, { user: "ann" })
    add("bob1", { user: "bob" })
    add("low", { user: "bob", priority: -1 })
    add("urgent", { user: "ann", priority: 5 })
    add("cid1", { user: "cid" })
    add("bob2", { user: "bob" })
    add("child", { user: "ann", isChild: true })
    add("urgent child", { user: "bob", isChild: true, priority: 5 })
    const order: (string | undefined)[] = []
    for (;;) {
      tell(busy, "succeeded")
      const [next] = heard()
      if (next === undefined) break
      order.push(names.get(next))
      busy = next
    }
    expect(order).toEqual(["urgent child", "child", "urgent", "ann1", "bob1", "cid1", "ann2", "bob2", "ann3", "low"])
  })

  it("[QUEUE4] a user who asks for a thousand runs delays another by one turn at most", () => {
    const { ask, tell, heard } = tenant(1)
    let busy = ask({ user: "flood" }).runId
    for (let n = 0; n < 1_000; n += 1) ask({ user: "flood" })
    for (let n = 0; n < 100; n += 1) {
      tell(busy, "succeeded")
      ;[busy = ""] = heard()
    }
    const late = ask({ user: "late" })
    expect(late.admitted).toBe("queued")
    tell(busy, "succeeded")
    ;[busy = ""] = heard()
    tell(busy, "succeeded")
    expect(heard()).toEqual([late.runId])
  })

  it("[QUEUE5] a run that was cancelled while it queued never gets a place", () => {
    const { ask, tell, heard, placeOf } = tenant(1)
    const [a, b, c] = [ask(), ask(), ask()]
    tell(b.runId, "cancelled")
    expect(placeOf(b.runId)).toBeUndefined()
    tell(a.runId, "succeeded")
    expect(heard()).toEqual([c.runId])
  })

  it("a run that cannot go gives its place back, and asks anew when it can", () => {
    const { ask, tell, heard, unheard, giveBack, again, statusOf } = tenant(1)
    const [a, b] = [ask(), ask()]
    tell(a.runId, "succeeded")
    expect(unheard()).toEqual([b.runId])
    giveBack(b.runId)
    expect(statusOf(b.runId)).toBe("queued")
    const c = ask()
    expect(c.admitted).toBe("go")
    expect(again(b.runId)).toBe("queued")
    tell(c.runId, "succeeded")
    expect(heard()).toEqual([b.runId])
  })
})

it("[QUEUE6] no place is lost or given twice, whatever is asked twice, forgotten or cut off by a crash", () => {
  type Act = { readonly act: "ask" | "again" | "end" | "wait" | "wake" | "hear" | "revive"; readonly n: number }
  const acts: fc.Arbitrary<Act> = fc.record({
    act: fc.constantFrom("ask", "ask", "ask", "again", "end", "end", "wait", "wake", "hear", "hear", "revive"),
    n: fc.nat(9),
  })
  fc.assert(
    fc.property(fc.array(acts, { maxLength: 80 }), (script) => {
      const { ask, again, tell, heard, unheard, revive, statusOf } = tenant(2)
      const going = new Set<string>()
      const waiting = new Set<string>()
      const queued = new Set<string>()
      const pick = (from: Set<string>, n: number) => [...from][n % Math.max(1, from.size)]
      const go = (id: string) => {
        queued.delete(id)
        going.add(id)
      }
      let woken = 0
      for (const { act, n } of script) {
        const busyOne = pick(going, n)
        const waitingOne = pick(waiting, n)
        const queuedOne = pick(queued, n)
        if (act === "ask") {
          const { runId, admitted } = ask({ user: `u${n % 3}`, workflow: `w${n % 2}`, priority: n % 2 })
          ;(admitted === "go" ? going : queued).add(runId)
        } else if (act === "again" && queuedOne !== undefined) {
          if (again(queuedOne) === "go") go(queuedOne)
        } else if (act === "end" && busyOne !== undefined) {
          tell(busyOne, "succeeded")
          going.delete(busyOne)
        } else if (act === "wait" && busyOne !== undefined) {
          tell(busyOne, "waiting")
          going.delete(busyOne)
          waiting.add(busyOne)
        } else if (act === "wake" && waitingOne !== undefined) {
          tell(waitingOne, "running")
          waiting.delete(waitingOne)
          going.add(waitingOne)
          woken += 1
        } else if (act === "hear") for (const id of heard()) go(id)
        else if (act === "revive") revive()
        const given = new Set([...going, ...unheard()])
        expect(given.size).toBeLessThanOrEqual(2 + woken)
        // Nobody queues while there is a place.
        if (given.size < 2) expect([...queued].filter((id) => statusOf(id) === "queued")).toEqual([])
      }
      // All that queued get their turn.
      for (let left = 200; left > 0 && (going.size > 0 || queued.size > 0); left -= 1) {
        for (const id of heard()) go(id)
        for (const id of [...going]) {
          going.delete(id)
          tell(id, "succeeded")
        }
      }
      expect(queued.size).toBe(0)
    }),
    { numRuns: 200 },
  )
})
