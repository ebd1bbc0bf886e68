/** When a failed step is tried again, and when its time is over. */
import { describe, expect, it } from "vitest"
import { NonRetryableError, RetryAfterError, workflow } from "waybill"
import { createRun, runWorkflow, scriptedModel } from "waybill/testing"
import type { RetryPolicy } from "../../src/graph/node.ts"
import type { RunEvent } from "../../src/run/event.ts"
import { counting, lines, mortalRun, NOTHING, noModels, until } from "./helpers.ts"

const NEVER = new Promise<never>(() => {})

const failing = (error: () => Error, times = Number.POSITIVE_INFINITY) =>
  counting("idempotent", (_call, n) => {
    if (n <= times) throw error()
  })

function flowOf(tool: ReturnType<typeof counting>, options: { retry?: RetryPolicy; timeout?: object } = {}) {
  return workflow("tries", { version: 1, input: NOTHING })
    .tool("step", tool.tool, () => ({}), options)
    .output(({ step }) => step.n)
}

/** Milliseconds between a failure and the start of the next attempt. */
function waits(events: readonly RunEvent[]): number[] {
  return events.flatMap((event, index) => {
    if (event.type !== "step.failed") return []
    const next = events.slice(index).find((later) => later.type === "step.started")
    return next ? [next.atMs - event.atMs] : []
  })
}

describe("a step that fails", () => {
  it("[RUN5] is tried with the delays of its policy, and gives its output at last", async () => {
    const tool = failing(() => new Error("busy"), 3)
    const retry: RetryPolicy = { attempts: 4, delay: "2s", factor: 3, maxDelay: "15s", jitter: false }
    const run = await runWorkflow(flowOf(tool, { retry }), {}, { models: noModels })
    expect(run.output).toBe(4)
    expect(waits(run.events)).toEqual([2_000, 6_000, 15_000])
    expect(tool.calls.map((call) => call.attempt)).toEqual([1, 2, 3, 4])
  })

  it("[RUN5] waits a random part of the delay unless told otherwise", async () => {
    const tool = failing(() => new Error("busy"), 1)
    const run = await runWorkflow(flowOf(tool, { retry: { delay: "10s" } }), {}, { models: noModels, seed: 7 })
    const [waited = 0] = waits(run.events)
    expect(waited).toBeGreaterThan(0)
    expect(waited).toBeLessThan(10_000)
  })

  it("[RUN11] is not tried again after a NonRetryableError, and waits as long as a RetryAfterError says", async () => {
    const final = failing(() => new NonRetryableError("The card is stolen."))
    const refused = await runWorkflow(flowOf(final, { retry: { attempts: 5 } }), {}, { models: noModels })
    expect(refused.engine.state.error).toMatchObject({ code: "tool_failed", path: "step" })
    expect(final.calls.length).toBe(1)
    const later = failing(() => new RetryAfterError("Come back.", "90s"), 1)
    const run = await runWorkflow(flowOf(later, { retry: { attempts: 2, jitter: false } }), {}, { models: noModels })
    expect(waits(run.events)).toEqual([90_000])
  })

  it("[RUN11] is tried again only for the classes that its policy names", async () => {
    const tool = failing(() => new Error("busy"))
    const run = await runWorkflow(
      flowOf(tool, { retry: { attempts: 3, on: ["provider.timeout"] } }),
      {},
      { models: noModels },
    )
    expect(run.status).toBe("failed")
    expect(tool.calls.length).toBe(1)
  })

  it("[RUN12] is not tried again when it is a model step: the gateway alone tries again", async () => {
    const models = scriptedModel({ ask: { failure: { class: "provider.overloaded", message: "Busy." } } })
    const flow = workflow("asks", { version: 1, input: NOTHING })
      .generate("ask", { prompt: "x" })
      .output(({ ask }) => ask.text)
    const run = await runWorkflow(flow, {}, { models })
    expect(models.calls.length).toBe(1)
    expect(run.engine.state.error).toMatchObject({ code: "operation_failed", path: "ask" })
  })

  it("[RUN12] is tried again when the author of a model step says so, but not for what a second try cannot mend", async () => {
    const ask = (failure: "provider.overloaded" | "policy.budget" | "request.invalid") => {
      const models = scriptedModel({ ask: [{ failure: { class: failure, message: "No." } }, { text: "yes" }] })
      const flow = workflow("asks", { version: 1, input: NOTHING })
        .generate("ask", { prompt: "x", retry: { attempts: 2 } })
        .output(({ ask }) => ask.text)
      return runWorkflow(flow, {}, { models })
    }
    expect((await ask("provider.overloaded")).output).toBe("yes")
    expect((await ask("policy.budget")).status).toBe("failed")
    expect((await ask("request.invalid")).status).toBe("failed")
  })

  it("[RUN11] is not tried again when one of its closures throws", async () => {
    const tool = counting()
    const flow = workflow("throws", { version: 1, input: NOTHING })
      .tool("step", tool.tool, () => {
        throw new Error("Bad closure.")
      })
      .output(() => null)
    const run = await runWorkflow(flow, {}, { models: noModels })
    expect(run.engine.state.error).toMatchObject({ message: "Bad closure.", path: "step" })
    expect(lines(run.events, "step")).toEqual(["step.started 1", "step.failed 1"])
    expect(tool.calls.length).toBe(0)
  })
})

describe("a step whose time is over", () => {
  /** Runs until the tool is in a call, lets `ms` pass, and goes on; so often as the tool is called. */
  async function passing(tool: ReturnType<typeof counting>, options: object, ms: number, times: number) {
    const run = await mortalRun(flowOf(tool, options), {})
    for (let call = 1; call <= times; call += 1) {
      const settled = run.settle()
      await until(() => tool.calls.length === call)
      run.clock.tick(ms)
      await settled
    }
    return run
  }

  it("[RUN13] is stopped by its signal and tried again", async () => {
    const tool = counting("idempotent", (_call, n) => (n === 1 ? NEVER : undefined))
    const run = await passing(tool, { timeout: "3s", retry: { attempts: 2, jitter: false } }, 3_000, 1)
    expect(run.output).toBe(2)
    expect(tool.calls[0]?.signal.aborted).toBe(true)
    expect(run.store.read().find((event) => event.type === "step.failed")?.data).toMatchObject({
      error: { code: "step_timeout", path: "step", details: { limitMs: 3_000 } },
    })
  })

  it("[RUN13] is given up though the author's promise or the model client ignores its signal", async () => {
    const base = workflow("ignores", { version: 1, input: NOTHING })
    const flows = [
      base.code("hung", () => NEVER, { timeout: "1s" }).output(() => null),
      base.generate("hung", { prompt: "Hello?", timeout: "1s" }).output(() => null),
    ]
    for (const flow of flows) {
      const run = await createRun(flow, {}, { models: { operate: () => NEVER } })
      const settled = run.settle()
      await until(() => run.engine.state.steps.get("hung")?.status === "running")
      run.clock.tick(1_000)
      await settled
      expect(run.engine.state.error).toMatchObject({ code: "step_timeout", path: "hung" })
    }
  })

  it("[RUN13] fails for good when the time for all attempts is over", async () => {
    const tool = counting("idempotent", () => NEVER)
    const run = await passing(tool, { timeout: { total: "5s" }, retry: { attempts: 3 } }, 5_000, 1)
    expect(run.engine.state.error).toMatchObject({ code: "step_timeout" })
    expect(tool.calls.length).toBe(1)
  })

  it("[RUN13] is not tried again when the next attempt would begin too late", async () => {
    const tool = failing(() => new Error("busy"))
    const options = { timeout: { total: "5s" }, retry: { attempts: 9, delay: "3s", factor: 1, jitter: false } as const }
    const run = await runWorkflow(flowOf(tool, options), {}, { models: noModels })
    expect(run.engine.state.error).toMatchObject({ code: "tool_failed", message: "busy" })
    expect(tool.calls.length).toBe(2)
  })

  it("[RUN13] holds a wait too, also when nothing of the run is in memory", async () => {
    const flow = workflow("waits", { version: 1, input: NOTHING })
      .approve("boss", { summary: "?", timeout: "1h" })
      .output(() => null)
    const run = await mortalRun(flow, {})
    await run.settle({ skipTime: false })
    run.clock.tick(30 * 60_000)
    const revived = await run.revive()
    await revived.settle({ skipTime: false })
    expect(revived.status).toBe("waiting")
    expect(revived.engine.nextWakeMs()).toBe(revived.clock.nowMs() + 30 * 60_000)
    await revived.settle()
    expect(revived.engine.state.error).toMatchObject({ code: "step_timeout", path: "boss" })
  })

  it("[RUN14] ends the run when the workflow's time is over, waits included", async () => {
    const flow = workflow("limited", { version: 1, input: NOTHING, timeout: "1d" })
      .sleep("long", "3d")
      .output(() => null)
    const run = await runWorkflow(flow, {}, { models: noModels })
    expect(run.engine.state.error).toMatchObject({ code: "run_timeout" })
    expect(run.clock.nowMs() - run.engine.state.createdAtMs).toBe(86_400_000)
    expect(lines(run.events).slice(-2)).toEqual(["step.failed long", "run.failed"])
  })
})
