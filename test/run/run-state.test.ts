/** The fold: what a log says about its run, wherever one begins and stops reading. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type NewEvent, runEvent, stepEvent } from "../../src/run/event.ts"
import { applyEvent, foldRun } from "../../src/run/fold.ts"
import { emptyRun, type RunState, runStatus } from "../../src/run/run-state.ts"
import {
  attempt,
  completed,
  composite,
  failed,
  HEADER,
  operation,
  operationRecord,
  recorded,
  runLog,
  started,
} from "../support/log.ts"
import { anyLog } from "../support/random-log.ts"

const statusAfter = (...events: NewEvent[]): string => runStatus(foldRun(runLog(...events)))
const waiting = (path: string, reason: "signal" | "approval" = "signal"): NewEvent =>
  stepEvent("step.waiting", path, 1, { reason })
const interrupted = (path: string, parked: boolean, at = 1): NewEvent =>
  stepEvent("step.interrupted", path, at, { parked })

describe("the status of a run", () => {
  it("is queued until it starts", () => {
    expect(runStatus(foldRun(recorded([runEvent("run.created", HEADER)])))).toBe("queued")
    expect(statusAfter()).toBe("running")
  })

  it("is waiting only when everything that is under way waits", () => {
    expect(statusAfter(started("a"), waiting("a"))).toBe("waiting")
    expect(statusAfter(started("a"), waiting("a"), started("b"))).toBe("running")
    expect(statusAfter(started("a"), waiting("a"), started("b"), failed("b", 1, 5))).toBe("running")
    expect(statusAfter(started("a"), waiting("a"), started("b"), completed("b"))).toBe("waiting")
    expect(statusAfter(started("a"), waiting("a"), completed("a"))).toBe("running")
  })

  it("does not count steps that only hold others", () => {
    expect(
      statusAfter(composite("outcome"), started("outcome.refund.manager"), waiting("outcome.refund.manager")),
    ).toBe("waiting")
  })

  it("is paused until it is resumed", () => {
    const paused = runEvent("run.paused", { reason: "breakpoint", at: "a" })
    expect(statusAfter(started("a"), paused)).toBe("paused")
    expect(statusAfter(started("a"), paused, runEvent("run.resumed", { mode: "step" }))).toBe("running")
    expect(statusAfter(started("a"), paused, runEvent("run.cancelled", { compensate: false }))).toBe("cancelled")
  })

  it("ends as succeeded, failed or cancelled", () => {
    const state = foldRun(runLog(runEvent("run.completed", { output: { answer: 42 } })))
    expect(state).toMatchObject({ ended: "succeeded", outputSeq: 3, endedAtMs: expect.any(Number) })
    const error = { code: "step_failed", message: "no" } as const
    const broken = foldRun(runLog(started("a"), runEvent("run.failed", { error, at: "a" })))
    expect(broken).toMatchObject({ ended: "failed", error, failedAt: "a" })
    expect(statusAfter(runEvent("run.cancelled", { compensate: false, by: "ops" }))).toBe("cancelled")
  })
})

describe("the state of a step", () => {
  it("counts failures, keeps the next attempt's time, and forgets both the error and the time when it starts again", () => {
    const events = [started("a"), failed("a", 1, 9_000)]
    expect(foldRun(runLog(...events)).steps.get("a")).toMatchObject({
      status: "retrying",
      failures: 1,
      retryAtMs: 9_000,
    })
    const again = foldRun(runLog(...events, started("a", 2))).steps.get("a")
    expect(again).toMatchObject({ status: "running", attempt: 2, failures: 1 })
    expect(again).not.toHaveProperty("retryAtMs")
    expect(again).not.toHaveProperty("error")
  })

  it("keeps the first attempt's input, or the newest edit's", () => {
    const retried = [started("a"), failed("a", 1, 1), started("a", 2)]
    expect(foldRun(runLog(...retried)).steps.get("a")?.inputSeq).toBe(3)
    const again = stepEvent("step.started", "a", 3, { kind: "plan", digest: "d", input: 2 })
    expect(foldRun(runLog(...retried, failed("a", 2, 1), again)).steps.get("a")?.inputSeq).toBe(7)
  })

  it("adds up the edits of a step, whether or not it has started", () => {
    const edits = [
      stepEvent("step.edited", "b", 0, { prompt: "Do.", by: "ann" }),
      stepEvent("step.edited", "b", 0, { model: "openai/gpt-5.5" }),
      stepEvent("step.edited", "b", 0, { input: 2 }),
    ]
    const { edits: known, steps } = foldRun(runLog(...edits))
    expect(steps.has("b")).toBe(false)
    expect(known.get("b")).toEqual({ prompt: "Do.", model: "openai/gpt-5.5", inputSeq: 5, seq: 5, copied: false })
  })

  it("an interrupted step is to be tried again; a parked one waits until somebody resolves it", () => {
    expect(foldRun(runLog(started("a"), interrupted("a", false))).steps.get("a")?.status).toBe("interrupted")
    const parked = [started("a"), interrupted("a", true)]
    const state = foldRun(runLog(...parked))
    expect(state.steps.get("a")).toMatchObject({ status: "waiting", waiting: { reason: "interrupted" } })
    expect(runStatus(state)).toBe("waiting")
    const retry = stepEvent("step.resolved", "a", 1, { action: "retry", by: "ops" })
    const resolved = foldRun(runLog(...parked, retry)).steps.get("a")
    expect(resolved).toMatchObject({ status: "interrupted", resolution: { action: "retry" } })
    expect(foldRun(runLog(...parked, retry, started("a", 2))).steps.get("a")).not.toHaveProperty("resolution")
    const complete = stepEvent("step.resolved", "a", 1, { action: "complete", output: { refund: "re_1" } })
    expect(foldRun(runLog(...parked, complete)).steps.get("a")).toMatchObject({ status: "completed", outputSeq: 5 })
    const skip = stepEvent("step.resolved", "a", 1, { action: "skip" })
    expect(foldRun(runLog(...parked, skip)).steps.get("a")?.status).toBe("skipped")
  })

  it("remembers operations already paid for over a crash, and forgets them with a failure", () => {
    const paid = [started("a"), operation("a", 1, 0, operationRecord([attempt(1)]))]
    const state = foldRun(runLog(...paid, interrupted("a", false), started("a", 2)))
    expect(state.steps.get("a")?.operations).toEqual([{ seq: 4, index: 0, requestDigest: "ab".repeat(32) }])
    expect(foldRun(runLog(...paid, failed("a", 1, 1))).steps.get("a")?.operations).toEqual([])
  })

  it("keeps early signals until a step consumes them", () => {
    const signal = (name: string) => runEvent("signal.received", { name, payload: 1, by: "ops" })
    const state = foldRun(runLog(signal("go"), signal("stop"), started("a"), waiting("a")))
    // What they carry stays in the log: state must not grow with it.
    expect(state.signals).toEqual([
      { seq: 3, atMs: expect.any(Number), name: "go", by: "ops" },
      { seq: 4, atMs: expect.any(Number), name: "stop", by: "ops" },
    ])
    const consumed = stepEvent("step.completed", "a", 1, { output: 1, signalSeq: 3 })
    const after = foldRun(runLog(signal("go"), signal("stop"), started("a"), waiting("a"), consumed))
    expect(after.signals.map(({ name }) => name)).toEqual(["stop"])
  })

  it("uses up the answer from outside that failed it, such as a rejection", () => {
    const rejected = stepEvent("step.failed", "a", 1, {
      error: { code: "approval_rejected", message: "no" },
      failureClass: "own_code.tool",
      signalSeq: 5,
    })
    const signal = stepEvent("signal.received", "a", 0, { name: "approval", payload: false, path: "a" })
    const state = foldRun(runLog(started("a"), waiting("a", "approval"), signal, rejected))
    expect(state.signals).toEqual([])
    expect(state.steps.get("a")).toMatchObject({ status: "failed" })
  })

  it("lists completed leaves in their order, for compensation", () => {
    const state = foldRun(
      runLog(composite("c"), started("c.a"), started("b"), completed("b"), completed("c.a"), completed("c")),
    )
    expect(state.completedOrder).toEqual(["b", "c.a"])
  })

  it("refuses a log that ends a step which never started", () => {
    expect(() => foldRun(runLog(completed("ghost")))).toThrow("event 3 (step.completed) names step ghost")
  })
})

describe("any log", () => {
  const copy = (state: RunState): RunState => structuredClone(state)

  it("[LOG3] folds to the same state wherever the fold stopped and went on", () => {
    fc.assert(
      fc.property(anyLog, fc.nat(), (events, cut) => {
        const at = cut % (events.length + 1)
        const state = copy(foldRun(events.slice(0, at)))
        for (const event of events.slice(at)) applyEvent(state, event)
        expect(state).toEqual(foldRun(events))
      }),
    )
  })

  it("never counts fewer than no leaves, and always as many as there are", () => {
    fc.assert(
      fc.property(anyLog, (events) => {
        const state = emptyRun()
        for (const event of events) {
          applyEvent(state, event)
          const leaves = [...state.steps.values()].filter((step) => !step.composite).map((step) => step.status)
          const busy = leaves.filter((status) => ["running", "retrying", "interrupted"].includes(status))
          expect([state.runningLeaves, state.waitingLeaves]).toEqual([
            busy.length,
            leaves.filter((status) => status === "waiting").length,
          ])
        }
      }),
    )
  })

  it("changes nothing in what it was given", () => {
    fc.assert(
      fc.property(anyLog, (events) => {
        const before = structuredClone(events)
        foldRun(events)
        expect(events).toEqual(before)
      }),
      { numRuns: 30 },
    )
  })
})
