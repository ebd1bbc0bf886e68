/** Runs of many steps: turns, limits, and what stays in memory. */
import { join } from "node:path"
import { Worker } from "node:worker_threads"
import { describe, expect, it } from "vitest"
import { workflow } from "waybill"
import { createRun, runWorkflow } from "waybill/testing"
import { z } from "zod"
import { MAX_STEPS_PER_TURN } from "../../src/lib/limits.ts"
import { counting, NOTHING, noModels, until } from "./helpers.ts"

const COUNT = z.object({ rounds: z.number() })

const rounds = workflow("rounds", { version: 1, input: COUNT })
  .loop("round", {
    max: 30_000,
    body: (g) => g.code("add", ({ iteration }) => iteration + 1),
    until: ({ iteration, input }) => iteration + 1 === input.rounds,
  })
  .output(({ round }) => round.output.add)

describe("a run of many steps", () => {
  it("[RUN26] is moved in turns, each bounded", async () => {
    const run = await createRun(rounds, { rounds: MAX_STEPS_PER_TURN + 10 }, { models: noModels })
    expect(await run.engine.advance()).toBe("yield")
    expect(run.engine.state.steps.size).toBe(MAX_STEPS_PER_TURN)
    expect(run.engine.busy).toBe(false)
    expect(await run.engine.advance()).toBe("idle")
    expect(run.status).toBe("succeeded")
  })

  it("[RUN26] ends its turn though another step is in a call that takes longer", async () => {
    const gate = Promise.withResolvers<void>()
    const slow = counting("read", () => gate.promise)
    const flow = workflow("beside", { version: 1, input: NOTHING })
      .parallel("both", {
        slow: (g) => g.tool("call", slow.tool, () => ({})),
        many: (g) => g.loop("round", { max: MAX_STEPS_PER_TURN + 5, body: (h) => h.code("add", () => 1) }),
      })
      .output(({ both }) => both.many.round.iterations)
    const run = await createRun(flow, {}, { models: noModels })
    expect(await run.engine.advance()).toBe("yield")
    expect(run.engine.busy).toBe(true)
    const rest = run.settle()
    await until(() => run.engine.state.steps.get("both.many.round")?.status === "completed")
    gate.resolve()
    await rest
    expect(run.output).toBe(MAX_STEPS_PER_TURN + 5)
  })

  it("[RUN26] counts steps that are left out, too", async () => {
    const flow = workflow("leaves-out", { version: 1, input: NOTHING })
      .loop("round", { max: MAX_STEPS_PER_TURN + 10, body: (g) => g.code("never", () => 1, { when: () => false }) })
      .output(({ round }) => round.iterations)
    const run = await createRun(flow, {}, { models: noModels })
    expect(await run.engine.advance()).toBe("yield")
    expect(run.engine.state.steps.size).toBeLessThanOrEqual(MAX_STEPS_PER_TURN)
    await run.settle()
    expect(run.output).toBe(MAX_STEPS_PER_TURN + 10)
  })

  it("[RUN33] fits into an isolate's memory with 25,000 of them", async () => {
    // A thread that takes more than that for its code and all that it holds is ended: the outputs alone would be 100 MB.
    const resourceLimits = { maxOldGenerationSizeMb: 112, maxYoungGenerationSizeMb: 16 }
    const file = join(import.meta.dirname, "threads/long-run.ts")
    const thread = new Worker(file, { workerData: 25_000, resourceLimits, execArgv: [] })
    const told = await new Promise((resolve, reject) => thread.once("message", resolve).once("error", reject))
    expect(told).toEqual({ status: "succeeded", steps: 25_000 })
  }, 60_000)

  it("[RUN27] counts steps that are left out, too", async () => {
    const flow = workflow("leaves-out", { version: 1, input: NOTHING })
      .loop("round", { max: 30_000, body: (g) => g.code("never", () => 1, { when: () => false }) })
      .output(() => null)
    const run = await runWorkflow(flow, {}, { models: noModels })
    expect(run.engine.state.error).toMatchObject({ code: "limit_exceeded", details: { limit: 30_000 } })
  }, 60_000)

  it("[RUN27] fails at the limit of steps, and says so", async () => {
    const run = await runWorkflow(rounds, { rounds: 0 }, { models: noModels })
    expect(run.engine.state.error).toMatchObject({ code: "limit_exceeded", details: { limit: 30_000 } })
    expect(run.engine.state.steps.size).toBe(30_000)
  }, 60_000)
})
