/** What cannot be undone is said: effects of which nobody knows, compensations that are gone, and those that never end. */
import { describe, expect, it } from "vitest"
import { type Effect, type Workflow, workflow } from "waybill"
import { createRun, fakeClock, runWorkflow } from "waybill/testing"
import { DEFAULT_COMPENSATION_MS } from "../../src/lib/limits.ts"
import { runView } from "../../src/protocol/run-view.ts"
import { stepViews } from "../../src/protocol/step-view.ts"
import { counting, lines, mortalRun, NOTHING, noModels, until } from "./helpers.ts"

const NEVER = new Promise<never>(() => {})

const fails = () =>
  counting("unsafe", () => {
    throw new Error("sold out")
  }).tool

/** A tool that never answers, and counts how often it was undone. */
function paying(effect: Effect) {
  let undone = 0
  const compensate = () => {
    undone += 1
  }
  const pay = counting(effect, () => NEVER, { name: "pay", compensate })
  return { ...pay, undone: () => undone }
}

/** `pay` beside a tool that fails an hour later. */
const beside = (pay: ReturnType<typeof paying>, options: { readonly timeout?: "2h" } = {}) =>
  workflow("beside", { version: 1, input: NOTHING, ...options })
    .parallel("both", {
      a: (g) => g.tool("pay", pay.tool, () => ({})),
      b: (g) => g.sleep("nap", "1h").tool("show", fails(), () => ({})),
    })
    .output(() => null)

/** The run up to its tool's call, cut off there. */
async function cutOff(flow: Workflow, calls: readonly unknown[]) {
  const run = await mortalRun(flow, {})
  void run.settle({ skipTime: false }).catch(() => {})
  await until(() => calls.length === 1)
  return run
}

describe("an effect of which nobody knows whether it happened", () => {
  it("[RUN30] stays visible when a sibling's failure ends the parked step, and is reported as not undone", async () => {
    const pay = paying("unsafe")
    const run = await cutOff(beside(pay), pay.calls)
    const revived = await run.revive({ clock: fakeClock(run.clock.nowMs() + 1) })
    await revived.settle({ skipTime: false })
    expect(runView(revived.engine.state).unknownEffects).toEqual(["both.a.pay"])
    await revived.settle()
    expect(revived.status).toBe("failed")
    expect([pay.calls.length, pay.undone()]).toEqual([1, 0])
    expect(runView(revived.engine.state).unknownEffects).toEqual(["both.a.pay"])
    const view = stepViews(revived.engine.state, revived.events).find(({ path }) => path === "both.a.pay")
    expect(view).toMatchObject({ effectUnknown: true, compensation: "failed" })
    expect(view?.error?.message).toContain("Whether its tool has done its work is not known.")
    expect(revived.events.at(-1)).toMatchObject({
      type: "compensation.failed",
      path: "both.a.pay",
      data: { error: { code: "effect_unknown" } },
    })
  })

  it("[RUN30] is visible when a call in flight is cancelled, or the run's time is over", async () => {
    for (const end of ["cancel", "timeout"] as const) {
      const pay = paying("idempotent")
      const flow = workflow("alone", { version: 1, input: NOTHING, timeout: "2h" })
        .tool("pay", pay.tool, () => ({}))
        .output(() => null)
      const run = await createRun(flow, {}, { models: noModels })
      const settled = run.settle()
      await until(() => pay.calls.length === 1)
      if (end === "cancel") run.engine.commands.cancel({ compensate: true })
      else run.clock.tick(7_200_000)
      run.engine.wake()
      await settled
      expect(run.engine.state.unknownEffects).toEqual(["pay"])
      expect(lines(run.events).at(-1)).toBe("compensation.failed pay")
    }
  })

  it("[RUN30] is none when the tool answered in a later attempt, when somebody found out, or when it only reads", async () => {
    const slow = counting("idempotent", (_call, n) => (n === 1 ? NEVER : undefined))
    const late = workflow("late", { version: 1, input: NOTHING })
      .tool("slow", slow.tool, () => ({}), { timeout: "1s", retry: { attempts: 2 } })
      .output(() => null)
    const run = await createRun(late, {}, { models: noModels })
    const timedOut = run.settle({ skipTime: false })
    await until(() => slow.calls.length === 1)
    run.clock.tick(1_000)
    await timedOut
    expect(run.engine.state.unknownEffects).toEqual(["slow"])
    await run.settle()
    expect([run.status, run.engine.state.unknownEffects]).toEqual(["succeeded", []])

    const pay = paying("unsafe")
    const parked = await (await cutOff(beside(pay), pay.calls)).revive()
    await parked.settle({ skipTime: false })
    await parked.engine.commands.resolve("both.a.pay", { action: "fail", message: "It did not happen." })
    await parked.settle()
    expect([parked.status, parked.engine.state.unknownEffects]).toEqual(["failed", []])

    const look = paying("read")
    const reading = await cutOff(beside(look), look.calls)
    reading.engine.commands.cancel()
    expect(reading.engine.state.unknownEffects).toEqual([])
  })
})

describe("a compensation", () => {
  const asks = workflow("trip", { version: 1, input: NOTHING })

  it("[UNDO7] that the code of today does not have any more is reported", async () => {
    let undone = 0
    const compensate = () => {
      undone += 1
    }
    const book = counting("idempotent", undefined, { compensate })
    const flow = asks
      .tool("book", book.tool, () => ({}))
      .approve("ok", { summary: "?" })
      .output(() => null)
    const changed = asks
      .tool("booking", book.tool, () => ({}))
      .approve("ok", { summary: "?" })
      .output(() => null)
    const run = await mortalRun(flow, {})
    await run.settle()
    const revived = await run.revive({ workflow: changed })
    await revived.settle()
    await revived.engine.commands.approve("ok", { approved: false })
    await revived.settle()
    expect(revived.status).toBe("failed")
    expect(undone).toBe(1)
    expect(revived.events.at(-1)).toMatchObject({
      type: "compensation.failed",
      path: "book",
      data: { error: { code: "compensation_lost" } },
    })
  })

  it.each([
    ["the step's timeout", { timeout: "1s" }, 1_000],
    ["a limit of its own", {}, DEFAULT_COMPENSATION_MS],
  ] as const)("[UNDO8] that never ends is bounded by %s", async (_what, options, limitMs) => {
    let asked = 0
    const book = counting("unsafe", undefined, {
      compensate: () => {
        asked += 1
        return NEVER
      },
    })
    const flow = asks
      .tool("book", book.tool, () => ({}), options)
      .tool("show", fails(), () => ({}))
      .output(() => null)
    const run = await createRun(flow, {}, { models: noModels })
    const settled = run.settle()
    await until(() => asked === 1)
    expect(run.engine.nextWakeMs()).toBe(run.clock.nowMs() + limitMs)
    run.clock.tick(limitMs)
    await settled
    expect(run.events.at(-1)).toMatchObject({
      type: "compensation.failed",
      data: { error: { code: "step_timeout", details: { limitMs } } },
    })
  })
})

describe("an error that is too large for the log", () => {
  it.each([
    ["message", () => new Error("m".repeat(2_000_000))],
    [
      "detail",
      () => Object.assign(new Error("odd"), { code: "tool_failed", details: { dump: "d".repeat(2_000_000) } }),
    ],
  ])("[RUN31] is shortened: its %s", async (_what, made) => {
    const tool = counting("unsafe", () => {
      throw made()
    })
    const flow = workflow("loud", { version: 1, input: NOTHING })
      .parallel("both", { a: (g) => g.tool("loud", tool.tool, () => ({})), b: (g) => g.sleep("nap", "1h") })
      .output(() => null)
    const run = await runWorkflow(flow, {}, { models: noModels })
    expect(run.engine.state.error).toMatchObject({ code: "tool_failed", path: "both.a.loud" })
    expect(run.engine.state.steps.get("both.a.loud")?.status).toBe("failed")
    expect(run.engine.state.error?.message.length).toBeLessThan(10_000)
  })
})
