/** Steps that hold others: branch, loop, child. */
import { describe, expect, it } from "vitest"
import { workflow } from "waybill"
import { createRun, runWorkflow } from "waybill/testing"
import { z } from "zod"
import { counting, lines, mortalRun, NOTHING, noModels, until } from "../engine/helpers.ts"

const NEVER = new Promise<never>(() => {})

describe("a loop", () => {
  const grows = (more: object) =>
    workflow("grows", { version: 1, input: NOTHING })
      .loop("grow", {
        max: 5,
        start: () => "a",
        body: (g) => g.code("longer", ({ previous }) => `${previous}a`).output(({ longer }) => longer),
        ...more,
      })
      .output(({ grow }) => grow)

  it("[STEP8] goes on until its condition holds; each round sees the one before", async () => {
    const run = await runWorkflow(
      grows({ until: ({ output }: { output: string }) => output.length === 4 }),
      {},
      { models: noModels },
    )
    expect(run.output).toEqual({ output: "aaaa", iterations: 3, done: true })
    expect(lines(run.events).filter((line) => line.startsWith("step.completed"))).toEqual([
      "step.completed grow[0].longer",
      "step.completed grow[1].longer",
      "step.completed grow[2].longer",
      "step.completed grow",
    ])
  })

  it("[STEP9] ends after its most rounds, or fails then when it is told to", async () => {
    const until = () => false
    const run = await runWorkflow(grows({ until }), {}, { models: noModels })
    expect(run.output).toEqual({ output: "aaaaaa", iterations: 5, done: false })
    const failed = await runWorkflow(grows({ until, onMax: "fail" }), {}, { models: noModels })
    expect(failed.engine.state.error).toMatchObject({ code: "limit_exceeded", path: "grow", details: { limit: 5 } })
  })

  it("[STEP8] goes on after a crash in the round in which it was", async () => {
    const tool = counting("read", (_call, n) => (n === 3 ? NEVER : undefined))
    const flow = workflow("rounds", { version: 1, input: NOTHING })
      .loop("round", { max: 4, body: (g) => g.tool("step", tool.tool, ({ iteration }) => iteration) })
      .output(({ round }) => round.iterations)
    const run = await mortalRun(flow, {})
    void run.settle().catch(() => {})
    await until(() => tool.calls.length === 3)
    const revived = await run.revive()
    await revived.settle()
    expect(revived.output).toBe(4)
    expect(tool.calls.map(({ input }) => input)).toEqual([0, 1, 2, 2, 3])
  })
})

describe("a branch", () => {
  it("[STEP10] fails when it is sent a way that it does not have", async () => {
    const flow = workflow("lost", { version: 1, input: NOTHING })
      .branch("way", () => "up" as "left", { left: (g) => g })
      .output(() => null)
    const run = await runWorkflow(flow, {}, { models: noModels })
    expect(run.engine.state.error).toMatchObject({ code: "unknown_case", path: "way" })
    expect(run.engine.state.error?.message).toContain('Found the case "up", expected one of left.')
  })
})

describe("a child run", () => {
  const inner = workflow("inner", { version: 1, input: z.object({ n: z.number() }) })
    .sleep("nap", "1d")
    .code("double", ({ input }) => input.n * 2)
    .output(({ double }) => ({ double }))

  const outer = (options: object = {}) =>
    workflow("outer", { version: 1, input: z.object({ n: z.number() }) })
      .child("kid", inner, ({ input }) => ({ n: input.n }), options)
      .output(({ kid }) => kid?.double)

  it("[STEP11] is a run of its own whose output is the step's; the parent waits and holds nothing", async () => {
    const run = await createRun(outer(), { n: 21 }, { models: noModels, workflows: [inner] })
    await run.settle({ skipTime: false })
    expect(run.status).toBe("waiting")
    expect(run.engine.busy).toBe(false)
    const [[childId, child] = []] = run.children
    expect(run.engine.state.steps.get("kid")?.waiting).toEqual({ reason: "child", childRunId: childId })
    expect(child?.engine.state.header).toMatchObject({
      workflow: "inner",
      parent: { runId: "run_test", path: "kid", depth: 1 },
    })
    await run.settle()
    expect(run.output).toBe(42)
  })

  it("[STEP11] [QUEUE4] has its parent's tenant, tags and priority", async () => {
    const header = { tenant: { id: "acme" }, tags: ["t"], priority: 7 }
    const run = await createRun(outer(), { n: 1 }, { models: noModels, workflows: [inner], header })
    await run.settle({ skipTime: false })
    const [child] = run.children.values()
    expect(child?.engine.state.header).toMatchObject(header)
  })

  it("[STEP11] is started once, however often its parent's process dies", async () => {
    let run = await mortalRun(outer(), { n: 1 }, { workflows: [inner] })
    await run.settle({ skipTime: false })
    run = await run.revive()
    await run.settle({ skipTime: false })
    expect(run.children.size).toBe(1)
    run = await run.revive()
    await run.settle()
    expect(run.output).toBe(2)
    expect(run.children.size).toBe(1)
  })

  it("[STEP12] that fails fails the step with its error; with a retry, each attempt is a new run", async () => {
    const failing = counting("read", (_call, n) => {
      if (n === 1) throw new Error("no luck")
    })
    const bad = workflow("bad", { version: 1, input: NOTHING })
      .tool("try", failing.tool, () => ({}), { retry: { attempts: 1 } })
      .output(() => "lucky")
    const flow = (attempts: number) =>
      workflow("holds", { version: 1, input: NOTHING })
        .child("kid", bad, () => ({}), { retry: { attempts } })
        .output(({ kid }) => kid)
    const failed = await runWorkflow(flow(1), {}, { models: noModels, workflows: [bad] })
    expect(failed.engine.state.error).toMatchObject({
      code: "child_failed",
      path: "kid",
      details: { childRunId: expect.stringMatching(/^run_/), error: { code: "tool_failed", message: "no luck" } },
    })
    failing.calls.length = 0
    const run = await runWorkflow(flow(2), {}, { models: noModels, workflows: [bad] })
    expect(run.output).toBe("lucky")
    expect(run.children.size).toBe(2)
  })

  it("[STEP13] is cancelled with its parent, unless it is to be left alone", async () => {
    for (const [options, status] of [
      [{}, "cancelled"],
      [{ onCancel: "leave" }, "waiting"],
    ] as const) {
      const run = await createRun(outer(options), { n: 1 }, { models: noModels, workflows: [inner] })
      await run.settle({ skipTime: false })
      run.engine.commands.cancel()
      await run.settle({ skipTime: false })
      expect([...run.children.values()].map((child) => child.status)).toEqual([status])
    }
  })

  it("[STEP13] is cancelled when the process died between the cancellation and the child's hearing of it", async () => {
    const run = await mortalRun(outer(), { n: 1 }, { workflows: [inner] })
    await run.settle({ skipTime: false })
    run.engine.commands.cancel()
    const revived = await run.revive()
    await revived.settle({ skipTime: false })
    expect([...revived.children.values()].map((child) => child.status)).toEqual(["cancelled"])
  })

  it("[STEP13] is cancelled when the step's time is over", async () => {
    const run = await runWorkflow(outer({ timeout: "1h" }), { n: 1 }, { models: noModels, workflows: [inner] })
    expect(run.engine.state.error).toMatchObject({ code: "step_timeout", path: "kid" })
    expect([...run.children.values()].map((child) => child.status)).toEqual(["cancelled"])
  })

  it("[STEP14] that would start itself for ever says so, at every run above it", async () => {
    // Only its name makes it the same workflow: the code of a child is that which is deployed.
    const leaf = workflow("again", { version: 1, input: NOTHING }).output(() => null)
    const again = workflow("again", { version: 1, input: NOTHING })
      .child("once-more", leaf, () => ({}))
      .output(() => null)
    const run = await runWorkflow(again, {}, { models: noModels, workflows: [again] })
    expect(run.engine.state.error?.message).toMatch(
      /^The run \w+ of again failed: once-more: found 17 runs above its child, at most 16\. Does again start itself/,
    )
  })

  it("[STEP14] is not started with an input that its workflow refuses, nor too deep below other runs", async () => {
    const wrong = workflow("wrong", { version: 1, input: NOTHING })
      .child("kid", inner, () => ({ n: "x" as unknown as number }))
      .output(() => null)
    const run = await runWorkflow(wrong, {}, { models: noModels, workflows: [inner] })
    expect(run.engine.state.error).toMatchObject({ code: "input_invalid" })
    expect(run.children.size).toBe(0)
    const deep = { header: { parent: { runId: "run_x", path: "a", depth: 16 } } }
    const tooDeep = await runWorkflow(outer(), { n: 1 }, { models: noModels, workflows: [inner], ...deep })
    expect(tooDeep.engine.state.error).toMatchObject({ code: "limit_exceeded", path: "kid" })
  })
})
