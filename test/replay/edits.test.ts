/** Edits of single steps: on live runs, before a step starts and when it is held; and how replays treat them. */
import { describe, expect, it } from "vitest"
import { workflow } from "waybill"
import { createRun, scriptedModel } from "waybill/testing"
import { z } from "zod"
import { lookup, replayOf } from "./gallery.ts"

const flow = workflow("flow", { version: 1, input: z.object({ id: z.string() }) })
  .tool("customer", lookup, ({ input }) => ({ id: input.id }))
  .generate("reply", { system: "Be kind.", prompt: ({ customer }) => `Write to ${customer.name}` })
  .map("parts", {
    over: () => ["a", "b"],
    each: (g) => g.plan("cut", { prompt: ({ item }) => `Cut ${item}`, output: z.object({ n: z.number() }) }),
  })
  .output(({ customer, reply, parts }) => ({
    level: customer.level,
    reply: reply?.text,
    cuts: parts.map(({ cut }) => cut.n),
  }))

async function start(breakpoints: readonly { step: string }[] = []) {
  const models = scriptedModel({ reply: (operation) => ({ text: textOf(operation) }), cut: { value: { n: 1 } } })
  const run = await createRun(flow, { id: "c1" }, { models, header: { breakpoints } })
  return { run, models }
}

/** The text of the last message. */
function textOf(operation: unknown): string {
  const { messages } = operation as { messages: { content: { text: string }[] }[] }
  return messages.at(-1)?.content[0]?.text ?? ""
}

describe("an edit of a step that has not started", () => {
  it("[DEBUG1] gives the step another input", async () => {
    const { run } = await start()
    await run.engine.commands.edit("customer", { input: { id: "c9" } }, { by: "ann" })
    await run.settle()
    expect(run.output).toMatchObject({ reply: "Write to Name of c9" })
    expect(await replayOf(run, flow)).toMatchObject({ verdict: "same" })
  })

  it("[DEBUG1] gives an output in the step's place, and nothing is done", async () => {
    const { run, models } = await start()
    await run.engine.commands.edit("customer", { output: { name: "Maya", level: 7 } })
    await run.engine.commands.edit("parts[1].cut", { output: { n: 5 } })
    await run.settle()
    expect(run.output).toEqual({ level: 7, reply: "Write to Maya", cuts: [1, 5] })
    expect(models.calls.map(({ path }) => path)).toEqual(["reply", "parts[0].cut"])
    expect(await replayOf(run, flow)).toMatchObject({ verdict: "same" })
  })

  it("[DEBUG1] replaces the prompt, and leaves the rest of the request as it was", async () => {
    const { run, models } = await start()
    await run.engine.commands.edit("reply", { prompt: "Write a poem" })
    await run.settle()
    expect(run.output).toMatchObject({ reply: "Write a poem" })
    expect(models.calls[0]?.operation).toMatchObject({
      messages: [{ role: "system", content: "Be kind." }, { role: "user" }],
    })
    expect(await replayOf(run, flow)).toMatchObject({ verdict: "same" })
  })

  it("[DEBUG1] chooses the model and the route, also for all steps inside one", async () => {
    const { run, models } = await start()
    await run.engine.commands.edit("reply", { model: "openai/gpt-5.5" })
    await run.engine.commands.edit("parts", { route: "careful" })
    await run.settle()
    const asked = models.calls.map(({ path, context: { model, route } }) => ({ path, model, route }))
    expect(asked).toEqual([
      { path: "reply", model: "openai/gpt-5.5", route: undefined },
      { path: "parts[0].cut", model: undefined, route: "careful" },
      { path: "parts[1].cut", model: undefined, route: "careful" },
    ])
  })

  it("[DEBUG1] leaves the step out", async () => {
    const { run } = await start()
    await run.engine.commands.edit("reply", { skip: true })
    await run.settle()
    expect(run.output).toEqual({ level: 3, cuts: [1, 1] })
    expect(run.engine.state.steps.get("reply")?.status).toBe("skipped")
    expect(await replayOf(run, flow)).toMatchObject({ verdict: "same" })
  })
})

describe("an edit is refused", () => {
  it.each([
    ["for a step that the workflow does not have", "nobody", { skip: true }, "step_not_found"],
    ["when it changes nothing", "reply", {}, "edit_invalid"],
    ["when it says two things", "customer", { input: { id: "x" }, output: null }, "edit_invalid"],
    ["when the tool's input schema refuses it", "customer", { input: { id: 5 } }, "edit_invalid"],
    ["when the tool's output schema refuses it", "customer", { output: { name: 5 } }, "output_refused"],
  ] as const)("[DEBUG2] %s", async (_why, path, edit, code) => {
    const { run } = await start()
    await expect(run.engine.commands.edit(path, edit)).rejects.toMatchObject({ code })
    expect(run.engine.state.edits.size).toBe(0)
  })

  it("[DEBUG2] by the place of its value in the request", async () => {
    const { run } = await start()
    const refused = run.engine.commands.edit("customer", { input: { id: 5 } })
    await expect(refused).rejects.toMatchObject({ details: { path: "body.input.id" } })
  })

  it("[DEBUG2] when the step has ended", async () => {
    const { run } = await start([{ step: "reply" }])
    await run.settle()
    await expect(run.engine.commands.edit("customer", { skip: true })).rejects.toMatchObject({ code: "edit_invalid" })
  })
})
