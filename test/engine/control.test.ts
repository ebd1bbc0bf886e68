/** What people do to a run that is under way: cancel it, hold it, lead it step by step. */
import { describe, expect, it } from "vitest"
import { workflow } from "waybill"
import { createRun, runWorkflow, scriptedModel } from "waybill/testing"
import type { Breakpoint } from "../../src/run/event.ts"
import { counting, lines, mortalRun, NOTHING, noModels, until } from "./helpers.ts"

const NEVER = new Promise<never>(() => {})

const three = workflow("three", { version: 1, input: NOTHING })
  .code("a", () => 1)
  .code("b", ({ a }) => a + 1)
  .code("c", ({ b }) => b + 1)
  .output(({ c }) => c)

const base = workflow("hangs", { version: 1, input: NOTHING })

const stopsAt = (...breakpoints: Breakpoint[]) => ({ models: noModels, header: { breakpoints } })

describe("cancelling", () => {
  it("[RUN15] aborts what is in flight, and every step that started has an end in the log", async () => {
    const slow = counting("unsafe", () => NEVER)
    const flow = workflow("busy", { version: 1, input: NOTHING })
      .parallel("both", {
        call: (g) => g.tool("slow", slow.tool, () => ({})),
        rest: (g) => g.sleep("nap", "9d"),
      })
      .code("after", () => 1)
      .output(() => null)
    const run = await createRun(flow, {}, { models: noModels })
    const settled = run.settle({ skipTime: false })
    await until(() => slow.calls.length === 1)
    run.engine.commands.cancel({ reason: "Wrong customer.", by: "ann" })
    await settled
    expect(run.status).toBe("cancelled")
    expect(slow.calls[0]?.signal.aborted).toBe(true)
    expect(run.engine.state.cancelled).toMatchObject({ reason: "Wrong customer.", by: "ann" })
    const ended = run.events.filter((event) => event.type === "step.failed")
    expect(ended.map((event) => event.path)).toEqual(["both.rest.nap", "both.call.slow", "both"])
    expect(run.engine.nextWakeMs()).toBeUndefined()
    expect(() => run.engine.commands.cancel()).toThrow(expect.objectContaining({ code: "run_ended" }))
  })

  it("[RUN15] drops the answer that comes after it", async () => {
    const answer = Promise.withResolvers<void>()
    const late = counting("read", () => answer.promise)
    const flow = workflow("late", { version: 1, input: NOTHING })
      .tool("late", late.tool, () => ({}))
      .output(() => null)
    const run = await createRun(flow, {}, { models: noModels })
    const settled = run.settle()
    await until(() => late.calls.length === 1)
    run.engine.commands.cancel()
    answer.resolve()
    await settled
    expect(lines(run.events).slice(-2)).toEqual(["step.failed late", "run.cancelled"])
  })

  it.each([
    ["the author's promise", base.code("hung", () => NEVER).output(() => null)],
    ["a condition", base.code("hung", () => 1, { when: () => NEVER as never }).output(() => null)],
    ["a model client", base.generate("hung", { prompt: "Hello?" }).output(() => null)],
  ])("[RUN15] does not wait for %s that ignores its signal", async (_what, flow) => {
    const run = await createRun(flow, {}, { models: { operate: () => NEVER } })
    const settled = run.settle()
    await until(() => run.events.some(({ type }) => type === "run.started"))
    await new Promise((resolve) => setImmediate(resolve))
    run.engine.commands.cancel()
    await settled
    expect([run.status, run.engine.busy]).toEqual(["cancelled", false])
  })
})

describe("pausing", () => {
  it("[RUN16] holds the run before its next step, over a restart, until it is resumed", async () => {
    const run = await mortalRun(three, {})
    run.engine.commands.pause("ann")
    await run.settle()
    expect(run.status).toBe("paused")
    expect([...run.engine.state.steps.keys()]).toEqual([])
    const revived = await run.revive()
    await revived.settle()
    expect(revived.status).toBe("paused")
    revived.engine.commands.resume()
    await revived.settle()
    expect(revived.output).toBe(3)
  })

  it("[RUN16] lets what is in flight end, and starts no second attempt", async () => {
    const tool = counting("idempotent", (_call, n) => {
      if (n === 1) throw new Error("busy")
    })
    const flow = workflow("retries", { version: 1, input: NOTHING })
      .tool("step", tool.tool, () => ({}))
      .output(({ step }) => step.n)
    const run = await createRun(flow, {}, { models: noModels })
    await run.settle({ skipTime: false })
    run.engine.commands.pause()
    await run.settle()
    expect(run.status).toBe("paused")
    expect(tool.calls.length).toBe(1)
    run.engine.commands.resume()
    await run.settle()
    expect(run.output).toBe(2)
  })

  it("[RUN16] passes over no step either, and asks once more whether somebody decided about it", async () => {
    const flow = workflow("leaves-out", { version: 1, input: NOTHING })
      .sleep("nap", "1h")
      .code("left", () => 2, { when: () => false })
      .code("given", () => 3, { when: () => false })
      .output(({ left, given }) => [left ?? null, given ?? null])
    const run = await mortalRun(flow, {})
    await run.settle({ skipTime: false })
    run.engine.commands.pause()
    await run.settle()
    expect(lines(run.events).at(-1)).toBe("step.completed nap")
    await run.engine.commands.edit("left", { output: 4 })
    run.engine.commands.resume()
    await run.settle()
    expect(run.output).toEqual([4, null])
  })

  it("[RUN16] refuses to resume what is not paused", async () => {
    const run = await createRun(three, {}, { models: noModels })
    expect(() => run.engine.commands.resume()).toThrow(expect.objectContaining({ code: "not_waiting" }))
  })
})

describe("breakpoints and the stepper", () => {
  it.each([
    ["a step's name", { step: "b" }],
    ["a kind", { kind: "code" }],
  ] as const)("[RUN17] stop the run before %s", async (_what, breakpoint) => {
    const run = await runWorkflow(three, {}, stopsAt(breakpoint))
    expect(run.status).toBe("paused")
    expect(run.engine.state.paused).toMatchObject({ reason: "breakpoint", at: "step" in breakpoint ? "b" : "a" })
  })

  it("[RUN17] let one step through at a time, also over restarts", async () => {
    let run = await mortalRun(three, {}, stopsAt({ step: "a" }))
    const seen: (string | undefined)[] = []
    for (;;) {
      await run.settle()
      if (run.status !== "paused") break
      seen.push(run.engine.state.paused?.at)
      run.engine.commands.resume({ mode: "step" })
      run = await run.revive()
    }
    expect(seen).toEqual(["a", "b", "c"])
    expect(run.output).toBe(3)
  })

  it("[RUN17] lead up to a step, and past it when told to go on", async () => {
    const run = await runWorkflow(three, {}, stopsAt({ step: "a" }))
    run.engine.commands.resume({ mode: "run-to", to: "c" })
    await run.settle()
    expect(run.engine.state.paused).toMatchObject({ at: "c" })
    run.engine.commands.resume()
    await run.settle()
    expect(run.output).toBe(3)
  })

  it("[RUN17] do not lead up to a step that does not exist: the run stays where it is", async () => {
    const run = await runWorkflow(three, {}, stopsAt({ step: "a" }))
    const resume = () => run.engine.commands.resume({ mode: "run-to", to: "d" })
    expect(resume).toThrow(expect.objectContaining({ code: "step_not_found" }))
    expect(run.status).toBe("paused")
  })

  it("[RUN17] stop once when the run has cost more than allowed", async () => {
    const flow = workflow("costs", { version: 1, input: NOTHING })
      .generate("one", { prompt: "x" })
      .generate("two", { prompt: "x" })
      .generate("three", { prompt: "x" })
      .output(({ three }) => three.text)
    const answer = { text: "ok" }
    const models = scriptedModel({ one: answer, two: answer, three: answer })
    const run = await runWorkflow(flow, {}, { models, header: { breakpoints: [{ costAboveNanoUsd: 1_500 }] } })
    expect(run.engine.state.paused).toMatchObject({ at: "three" })
    run.engine.commands.resume()
    await run.settle()
    expect(run.output).toBe("ok")
  })

  it("[RUN17] hold one branch while the others wait beside it, and let all go on", async () => {
    const flow = workflow("wide", { version: 1, input: NOTHING })
      .parallel("all", {
        a: (g) => g.code("x", () => 1),
        b: (g) => g.code("y", () => 2),
        c: (g) => g.code("z", () => 3),
      })
      .output(({ all }) => all.a.x + all.b.y + all.c.z)
    const run = await runWorkflow(flow, {}, stopsAt({ step: "y" }))
    expect(run.engine.state.paused).toMatchObject({ at: "all.b.y" })
    run.engine.commands.resume()
    await run.settle()
    expect(run.output).toBe(6)
  })
})

describe("a breakpoint on failures", () => {
  async function held() {
    const tool = counting("idempotent", (_call, n) => {
      if (n === 1) throw new Error("busy")
    })
    const flow = workflow("breaks", { version: 1, input: NOTHING })
      .tool("step", tool.tool, () => ({}), { retry: { attempts: 1 } })
      .output(({ step }) => step.n)
    return { run: await runWorkflow(flow, {}, stopsAt({ on: "error" })), tool }
  }

  it("[RUN18] holds the run at the step that failed for good", async () => {
    const { run } = await held()
    expect(run.status).toBe("paused")
    expect(run.engine.state.steps.get("step")).toMatchObject({ status: "waiting", waiting: { reason: "failed" } })
  })

  it("[RUN18] tries the step again when told to, with the model that was chosen", async () => {
    const models = scriptedModel({ ask: [{ failure: { class: "output.refusal", message: "No." } }, { text: "yes" }] })
    const flow = workflow("asks", { version: 1, input: NOTHING })
      .generate("ask", { prompt: "x" })
      .output(({ ask }) => ask.text)
    const run = await runWorkflow(flow, {}, { models, header: { breakpoints: [{ on: "refusal" }] } })
    await run.engine.commands.resolve("ask", { action: "retry", model: "openai/gpt-5.5" })
    run.engine.commands.resume()
    await run.settle()
    expect(run.output).toBe("yes")
    expect(models.calls[1]?.context.model).toBe("openai/gpt-5.5")
  })

  it("[RUN18] tries again with an input that was edited, or goes on with an output given by hand, or without one", async () => {
    const edited = await held()
    await edited.run.engine.commands.edit("step", { input: { by: "ann" } })
    edited.run.engine.commands.resume()
    await edited.run.settle()
    expect(edited.tool.calls[1]?.input).toEqual({ by: "ann" })
    expect(edited.run.output).toBe(2)

    const given = await held()
    await given.run.engine.commands.resolve("step", { action: "complete", output: { n: 9 } })
    given.run.engine.commands.resume()
    await given.run.settle()
    expect(given.run.output).toBe(9)
  })

  it("[RUN18] lets the run fail when it is resumed without a decision", async () => {
    const { run } = await held()
    run.engine.commands.resume()
    await run.settle()
    expect(run.engine.state.error).toMatchObject({ message: "busy", path: "step" })
  })
})
