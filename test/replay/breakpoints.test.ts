/** Breakpoints of every sort: on live runs, on recorded ones that are gone through again, and on forks. */
import { describe, expect, it } from "vitest"
import { workflow } from "waybill"
import { createRun, scriptedModel, type TestRun } from "waybill/testing"
import { z } from "zod"
import type { FailureClass } from "../../src/lib/failure-classes.ts"
import type { Breakpoint } from "../../src/run/event.ts"
import { forkOf, lookup, rehearsalOf } from "./gallery.ts"

const flow = workflow("flow", { version: 1, input: z.object({ id: z.string() }) })
  .generate("opening", { prompt: "Open" })
  .tool("customer", lookup, ({ input }) => ({ id: input.id }))
  .plan("decision", { prompt: "Decide", output: z.object({ n: z.number() }) })
  .generate("closing", { prompt: "Close" })
  .output(({ closing }) => closing.text)

const asks = (decision: { value: { n: number } } | { failure: { class: FailureClass; message: string } }) =>
  scriptedModel({ opening: { text: "o" }, decision, closing: { text: "c" } })

const fails = (failureClass: FailureClass) => asks({ failure: { class: failureClass, message: "no" } })
const good = { value: { n: 1 } }

type Models = ReturnType<typeof asks>

/** A run of `flow` with `breakpoints` in each of the three ways in which there may be one, moved until it stands. */
const ways: readonly [string, (breakpoints: readonly Breakpoint[], models: Models) => Promise<TestRun>][] = [
  ["a live run", async (breakpoints, models) => moved(await live(models, breakpoints))],
  [
    "a recorded run gone through again",
    async (breakpoints, models) => {
      const original = await moved(await live(models))
      return moved(await rehearsalOf(original, flow, "hold", { models: scriptedModel({}), header: { breakpoints } }))
    },
  ],
  [
    "a fork",
    async (breakpoints, models) => {
      const original = await moved(await live(models))
      const fork = await forkOf(original, flow, "customer", { options: { models } })
      fork.engine.commands.setBreakpoints(breakpoints)
      return moved(fork)
    },
  ],
]

function live(models: Models, breakpoints: readonly Breakpoint[] = []): Promise<TestRun> {
  return createRun(flow, { id: "c1" }, { models, header: { breakpoints } })
}

async function moved(run: TestRun): Promise<TestRun> {
  await run.settle()
  return run
}

describe.each(ways)("%s", (_what, standing) => {
  it.each([
    ["the name of a step", { step: "decision" }, "decision"],
    ["a kind", { kind: "plan" }, "decision"],
    ["a cost that was passed", { costAboveNanoUsd: 1_500 }, "closing"],
  ] as const)("[DEBUG7] stops before a step, by %s, and goes on when it is told to", async (_by, breakpoint, at) => {
    const run = await standing([breakpoint], asks(good))
    expect(run.engine.state.paused).toEqual({ reason: "breakpoint", at })
    run.engine.commands.resume()
    await run.settle()
    expect(run.output).toBe("c")
  })

  it.each([
    ["schema-failure", "output.schema_mismatch"],
    ["schema-failure", "output.invalid_json"],
    ["refusal", "output.refusal"],
    ["error", "provider.outage"],
  ] as const)("[DEBUG7] holds a step on a %s: %s", async (on, failureClass) => {
    const run = await standing([{ on }], fails(failureClass))
    expect(run.engine.state.paused).toEqual({ reason: "breakpoint", at: "decision" })
    expect(run.engine.state.steps.get("decision")).toMatchObject({ waiting: { reason: "failed" } })
    await run.engine.commands.edit("decision", { output: { n: 3 } })
    run.engine.commands.resume()
    await run.settle()
    expect(run.engine.state.steps.get("decision")).toMatchObject({ status: "completed" })
  })

  it.each([
    ["schema-failure", "output.refusal"],
    ["refusal", "output.invalid_json"],
  ] as const)("[DEBUG7] does not hold a step on a %s that fails otherwise: %s", async (on, failureClass) => {
    const run = await standing([{ on }], fails(failureClass))
    expect(run.status).toBe("failed")
  })
})

describe("breakpoints that are set while the run lives", () => {
  it("[DEBUG7] take the place of those before, and no step is passed that one names", async () => {
    const run = await moved(await live(asks(good), [{ step: "customer" }, { step: "closing" }]))
    run.engine.commands.setBreakpoints([{ step: "decision" }], "ann")
    run.engine.commands.resume()
    await run.settle()
    expect(run.engine.state.paused).toMatchObject({ at: "decision" })
    run.engine.commands.resume()
    await run.settle()
    expect(run.output).toBe("c")
  })

  it("[DEBUG7] are refused when they can never be met", async () => {
    const run = await live(asks(good))
    const set = (breakpoint: Breakpoint) => () => run.engine.commands.setBreakpoints([breakpoint])
    expect(set({ step: "nobody" })).toThrow(expect.objectContaining({ code: "request_invalid" }))
    expect(set({ kind: "nothing" })).toThrow(expect.objectContaining({ code: "request_invalid" }))
    expect(run.engine.state.breakpoints).toEqual([])
  })
})

describe("a recorded run gone through again", () => {
  it("[DEBUG3] does not wait before an attempt that the recording has", async () => {
    let calls = 0
    const models = scriptedModel(() => {
      calls += 1
      return calls < 3 ? { failure: { class: "provider.overloaded", message: "529" } } : { text: "at last" }
    })
    const patient = workflow("patient", { version: 1, input: z.object({}) })
      .generate("step", { prompt: "Go", retry: { attempts: 3, delay: "1h", jitter: false } })
      .output(({ step }) => step.text)
    const original = await createRun(patient, {}, { models })
    await original.settle()
    expect(original.output).toBe("at last")
    const run = await rehearsalOf(original, patient, "hold", { models: scriptedModel({}) })
    const beganMs = run.clock.nowMs()
    await run.settle()
    expect(run.output).toBe("at last")
    expect(run.clock.nowMs() - beganMs).toBe(0)
  })
})
