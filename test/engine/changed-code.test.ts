/** A new deployment in the middle of a run. */
import { describe, expect, it } from "vitest"
import { workflow } from "waybill"
import { scriptedModel } from "waybill/testing"
import { z } from "zod"
import { isOpen } from "../../src/run/run-state.ts"
import { counting, mortalRun, NOTHING } from "./helpers.ts"

const models = scriptedModel({ decide: { value: { ok: true, why: "x" } }, reply: { text: "hi" } })

const first = workflow("deployed", { version: 1, input: NOTHING })
  .plan("decide", { prompt: "Old prompt", output: z.object({ ok: z.boolean() }) })
  .approve("boss", { summary: "Old summary" })
  .generate("reply", { prompt: "Old prompt" })
  .output(({ decide, reply }) => `${decide.ok} ${reply.text}`)

/** The run waits in the first version and is answered in `second`. */
async function deployedTo(second: Parameters<typeof mortalRun>[0]) {
  const run = await mortalRun(first, {}, { models })
  await run.settle()
  const revived = await run.revive({ workflow: second })
  await revived.settle()
  if (revived.status === "waiting") await revived.engine.commands.approve("boss", { approved: true })
  await revived.settle()
  return revived
}

describe("a run under way when the code changes", () => {
  it("[RUN24] goes on with changed prompts, and notes what changed under a step that was under way", async () => {
    const second = workflow("deployed", { version: 1, input: NOTHING })
      .plan("decide", { prompt: "New prompt", output: z.object({ ok: z.boolean() }) })
      .approve("boss", { summary: "New summary", onReject: "continue" })
      .generate("reply", { prompt: "New prompt" })
      .output(({ decide, reply }) => `${decide.ok} ${reply.text}!`)
    const run = await deployedTo(second)
    expect(run.output).toBe("true hi!")
    const ended = run.store.read().find((event) => event.type === "step.completed" && event.path === "boss")
    expect(ended?.data).toMatchObject({ note: "The step's definition changed while it was under way." })
    const asked = models.calls.at(-1)?.operation
    expect(JSON.stringify(asked)).toContain("New prompt")
  })

  it("[RUN24] goes on with new steps after those that completed", async () => {
    const second = workflow("deployed", { version: 1, input: NOTHING })
      .plan("decide", { prompt: "Old prompt", output: z.object({ ok: z.boolean() }) })
      .approve("boss", { summary: "Old summary" })
      .code("added", ({ decide }) => !decide.ok)
      .output(({ added }) => added)
    expect((await deployedTo(second)).output).toBe(false)
  })

  it("[RUN25] fails when the output schema of a step that it executed is another", async () => {
    const second = workflow("deployed", { version: 1, input: NOTHING })
      .plan("decide", { prompt: "Old prompt", output: z.object({ ok: z.boolean(), why: z.string() }) })
      .approve("boss", { summary: "Old summary" })
      .output(({ decide }) => decide.why)
    const run = await deployedTo(second)
    expect(run.engine.state.error).toMatchObject({ code: "workflow_changed", path: "decide" })
  })

  it("[RUN25] fails when the kind of a step that it executed is another, or a way that it went is gone", async () => {
    const second = workflow("deployed", { version: 1, input: NOTHING })
      .code("decide", () => ({ ok: true }))
      .approve("boss", { summary: "Old summary" })
      .output(({ decide }) => decide.ok)
    expect((await deployedTo(second)).engine.state.error).toMatchObject({ code: "workflow_changed", path: "decide" })

    const ways = (way: string) =>
      workflow("ways", { version: 1, input: NOTHING })
        .branch("fork", () => way, { [way]: (g) => g.sleep("nap", "1d") })
        .output(() => null)
    const run = await mortalRun(ways("left"), {}, { models })
    await run.settle({ skipTime: false })
    const revived = await run.revive({ workflow: ways("right") })
    await revived.settle()
    expect(revived.engine.state.error).toMatchObject({ code: "workflow_changed", path: "fork.left.nap" })
  })

  it("[RUN25] [RUN15] fails when a step is gone that was under way, before anything else is done; every step has an end", async () => {
    const paid = counting()
    const kid = workflow("kid", { version: 1, input: NOTHING })
      .waitFor("go")
      .output(() => null)
    const before = workflow("gone", { version: 1, input: NOTHING })
      .parallel("both", {
        boss: (g) => g.approve("agrees", { summary: "Pay?" }),
        kid: (g) => g.child("kid", kid, () => ({})),
      })
      .tool("pay", paid.tool, () => ({}))
      .output(() => null)
    const after = workflow("gone", { version: 2, input: NOTHING })
      .tool("pay", paid.tool, () => ({}))
      .output(() => null)
    const run = await mortalRun(before, {}, { workflows: [kid] })
    await run.settle({ skipTime: false })
    const revived = await run.revive({ workflow: after })
    await revived.settle({ skipTime: false })
    expect(revived.engine.state).toMatchObject({ ended: "failed", error: { code: "workflow_changed", path: "both" } })
    expect(paid.calls).toEqual([])
    expect([...revived.engine.state.steps.values()].map(({ status }) => status)).toEqual(["failed", "failed", "failed"])
    expect([...revived.children.values()].map(({ status }) => status)).toEqual(["cancelled"])
  })

  it("[RUN15] every step has an end also when the step that holds it has another shape", async () => {
    const naps = workflow("shapes", { version: 1, input: NOTHING })
      .map("each", { over: () => [1, 2], each: (g) => g.sleep("nap", "1d") })
      .output(() => null)
    const other = workflow("shapes", { version: 1, input: NOTHING })
      .loop("each", { max: 2, body: (g) => g.sleep("nap", "1d"), until: () => false })
      .output(() => null)
    const run = await mortalRun(naps, {})
    await run.settle({ skipTime: false })
    const again = await run.revive({ workflow: other })
    await again.settle()
    expect([...again.engine.state.steps.values()].filter(isOpen)).toEqual([])
    expect(again.engine.state).toMatchObject({ ended: "failed", error: { code: "workflow_changed", path: "each" } })
  })
})
