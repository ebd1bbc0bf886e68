/** Edits that could have no effect, or that would fail the step: refused when they are made, by what the kind of the step takes. */
import { describe, expect, it } from "vitest"
import { workflow } from "waybill"
import { createRun, scriptedModel, type TestRun } from "waybill/testing"
import { z } from "zod"
import { lookup } from "./gallery.ts"

const kid = workflow("kid", { version: 1, input: z.object({ n: z.number() }) })
  .code("double", ({ input }) => input.n * 2)
  .output(({ double }) => double)

const flow = workflow("flow", { version: 1, input: z.object({ id: z.string() }) })
  .tool("customer", lookup, ({ input }) => ({ id: input.id }))
  .code("sum", () => 1)
  .branch("way", () => "yes", {
    yes: (g) => g.code("first", () => 1).code("last", () => 2),
    no: (g) => g.code("never", () => 3),
  })
  .map("parts", { over: () => [1, 2], each: (g) => g.generate("cut", { prompt: "Cut" }).code("round", () => 4) })
  .loop("rounds", { max: 2, body: (g) => g.code("round", () => 5) })
  .parallel("both", { left: (g) => g.code("l", () => 6), right: (g) => g.embed("r", { text: () => "r" }) })
  .agent("helper", { prompt: "Help", tools: [lookup], maxTurns: 3 })
  .moderate("check", { text: () => "fine?" })
  .child("kid", kid, () => ({ n: 1 }))
  .sleep("nap", "1s")
  .code("end", () => 7)
  .output(({ way, parts }) => ({ way, parts }))

const models = () =>
  scriptedModel((operation, { step }) => {
    if (operation.type === "embed") return { result: { type: "embed", embeddings: [[1]] } }
    if (operation.type === "moderate")
      return { result: { type: "moderate", results: [{ flagged: false, scores: {} }] } }
    if (step.path === "helper[0].turn") return { calls: [{ name: "lookup", input: { id: "x" } }] }
    return { text: "done" }
  })

/** A run of `flow` that stands before the step at `at`. */
async function standingAt(at?: string): Promise<TestRun> {
  const header = at === undefined ? {} : { breakpoints: [{ step: at }] }
  const run = await createRun(flow, { id: "c1" }, { models: models(), workflows: [kid], header })
  if (at !== undefined) {
    await run.settle()
    expect(run.engine.state.paused).toMatchObject({
      at: expect.stringMatching(new RegExp(`(^|\\.)${at.replace("[", "\\[")}$`)),
    })
  }
  return run
}

const generate = { type: "generate", messages: [{ role: "user", content: [{ type: "text", text: "Hi" }] }] } as const

describe("[DEBUG2] an edit is checked by what the kind of its step takes", () => {
  it.each([
    ["a model for a tool", "customer", { model: "openai/gpt-5.5" }, "edit_invalid"],
    ["a route for code", "sum", { route: "careful" }, "edit_invalid"],
    ["a model for a branch that holds no model step", "way", { model: "openai/gpt-5.5" }, "edit_invalid"],
    ["a model for a child run", "kid", { model: "openai/gpt-5.5" }, "edit_invalid"],
    ["a prompt for a tool", "customer", { prompt: "x" }, "edit_invalid"],
    ["a prompt for a map", "parts", { prompt: "x" }, "edit_invalid"],
    ["a prompt for an embedding", "both.right.r", { prompt: "x" }, "edit_invalid"],
    ["an input for code", "sum", { input: 1 }, "edit_invalid"],
    ["an input for a parallel", "both", { input: null }, "edit_invalid"],
    ["a way that a branch does not have", "way", { input: { case: "nope" } }, "edit_invalid"],
    ["no list for a map", "parts", { input: 7 }, "edit_invalid"],
    ["no operation for a model step", "parts[0].cut", { input: { foo: 1 } }, "edit_invalid"],
    ["another operation than the step asks", "both.right.r", { input: generate }, "edit_invalid"],
    ["no operation for the turn of an agent", "helper[0].turn", { input: { foo: 1 } }, "edit_invalid"],
    ["what a child's input schema refuses", "kid", { input: { n: "1" } }, "edit_invalid"],
    ["no time for a sleep", "nap", { input: {} }, "edit_invalid"],
    ["a path below a step that holds none", "customer.x.y", { skip: true }, "step_not_found"],
    ["a tool that an agent does not have", "helper[0].nosuch", { skip: true }, "step_not_found"],
    ["a turn that an agent will not make", "helper[3].turn", { skip: true }, "step_not_found"],
    ["a way that does not exist", "way.maybe.first", { skip: true }, "step_not_found"],
  ] as const)("refused: %s", async (_what, path, edit, code) => {
    const run = await standingAt()
    await expect(run.engine.commands.edit(path, edit)).rejects.toMatchObject({ code })
    expect(run.engine.state.edits.size).toBe(0)
  })

  it.each([
    ["a model for a map whose items ask models", "parts", { model: "openai/gpt-5.5" }],
    ["a route for an agent", "helper", { route: "careful" }],
    ["a prompt for an agent", "helper", { prompt: "Help again" }],
    ["a model for one turn", "helper[1].turn", { model: "openai/gpt-5.5" }],
    ["an output for a second call of a tool in one turn", "helper[1].lookup-2", { output: { name: "n", level: 1 } }],
    ["another way for a branch", "way", { input: { case: "no" } }],
    ["another list for a map", "parts", { input: [7] }],
    ["an operation for a model step", "parts[0].cut", { input: generate }],
    ["another input for a child", "kid", { input: { n: 4 } }],
  ] as const)("taken: %s", async (_what, path, edit) => {
    const run = await standingAt()
    await run.engine.commands.edit(path, edit)
    await run.settle()
    expect(run.engine.state.error).toBeUndefined()
    expect(run.status).toBe("succeeded")
  })
})

describe("[DEBUG2] an output is replaced as long as nobody has taken it", () => {
  it("of an inner step, while a step after it in its sequence is to come", async () => {
    const run = await standingAt("last")
    await run.engine.commands.edit("way.yes.first", { output: 9 })
    run.engine.commands.resume()
    await run.settle()
    expect(run.output).toMatchObject({ way: { case: "yes", first: 9, last: 2 } })
  })

  it("of the last step of a branch it is the branch's that has to be replaced", async () => {
    const run = await standingAt("parts")
    const asked = run.engine.commands.edit("way.yes.last", { output: 9 })
    await expect(asked).rejects.toMatchObject({ code: "edit_invalid", message: expect.stringContaining("way") })
    await run.engine.commands.edit("way", { output: { case: "yes", last: 9 } })
    run.engine.commands.resume()
    await run.settle()
    expect(run.output).toMatchObject({ way: { case: "yes", last: 9 } })
  })

  it.each([
    ["the last step of a round, which the loop has seen", "rounds[1].round", "rounds[0].round"],
    ["a turn, which the agent acts on already", "helper[0].lookup", "helper[0].turn"],
    ["a tool call, which the agent's next question holds", "helper[1].turn", "helper[0].lookup"],
  ])("not of %s", async (_what, at, path) => {
    const run = await standingAt(at)
    const output = { name: "n", level: 1 }
    await expect(run.engine.commands.edit(path, { output })).rejects.toMatchObject({ code: "edit_invalid" })
  })

  it("no step is edited inside one that has ended", async () => {
    const run = await standingAt("parts")
    const asked = run.engine.commands.edit("way.no.never", { output: 9 })
    await expect(asked).rejects.toMatchObject({ code: "edit_invalid", message: expect.stringContaining("way") })
  })
})

describe("[DEBUG2] a run goes on up to a step", () => {
  it("not to one that has ended", async () => {
    const run = await standingAt("way")
    const resume = (to: string) => run.engine.commands.resume({ mode: "run-to", to })
    expect(() => resume("customer")).toThrow(expect.objectContaining({ code: "request_invalid" }))
    expect(run.engine.state.paused).toBeDefined()
    resume("parts")
    await run.settle()
    expect(run.engine.state.paused).toMatchObject({ at: "parts" })
  })
})
