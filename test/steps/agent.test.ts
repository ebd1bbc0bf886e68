/** An agent: a model with tools, turn by turn. */
import { describe, expect, it } from "vitest"
import { tool, workflow } from "waybill"
import { createRun, runWorkflow, scriptedModel } from "waybill/testing"
import { z } from "zod"
import type { Message } from "../../src/model/message.ts"
import type { Script } from "../../src/testing/scripted-model.ts"
import { counting, mortalRun, NOTHING, until } from "../engine/helpers.ts"

const search = tool({
  name: "search",
  description: "Searches.",
  input: z.object({ query: z.string() }),
  output: z.object({ hits: z.number() }),
  effect: "read",
  run: ({ input }) => {
    if (input.query === "broken") throw new Error("The index is down.")
    return { hits: input.query.length }
  },
  retry: { attempts: 1 },
})

const flow = (more: object = {}, tools = [search]) =>
  workflow("researches", { version: 1, input: NOTHING })
    .agent("research", { prompt: "How many?", system: "Be brief.", tools, maxTurns: 3, ...more })
    .output(({ research }) => research)

const call = (query: unknown, name = "search") => ({ name, input: { query } as { query: string } })

/** What the agent was told about its calls before its last turn. */
function results(models: ReturnType<typeof scriptedModel>): unknown[] {
  const operation = models.calls.at(-1)?.operation
  const messages: readonly Message[] = operation?.type === "generate" ? operation.messages : []
  return messages.flatMap((message) =>
    message.role === "tool" ? message.content.map(({ output, isError }) => (isError ? { error: output } : output)) : [],
  )
}

const runOf = async (script: Script, more: object = {}) => {
  const models = scriptedModel(script)
  return { models, run: await runWorkflow(flow(more), {}, { models }) }
}

describe("an agent", () => {
  it("[STEP1] asks its model and calls its tools, each a step with its own path", async () => {
    const { run, models } = await runOf({ research: [{ calls: [call("abc"), call("x")] }, { text: "4 hits" }] })
    expect(run.output).toEqual({ text: "4 hits" })
    expect([...run.engine.state.steps.keys()]).toEqual([
      "research",
      "research[0].turn",
      "research[0].search",
      "research[0].search-2",
      "research[1].turn",
    ])
    expect(models.calls[0]?.operation).toMatchObject({
      tools: [{ name: "search", description: "Searches.", input: { properties: { query: { type: "string" } } } }],
    })
    expect(models.calls[0]?.context.step).toMatchObject({ name: "research", kind: "agent", path: "research[0].turn" })
    expect(results(models)).toEqual([{ hits: 3 }, { hits: 1 }])
  })

  it("[STEP2] hands the model's mistakes and its tools' failures back to it, and runs the other calls of the turn", async () => {
    const { run, models } = await runOf({
      research: [{ calls: [call(7), call("ok"), call("broken"), call("x", "serach")] }, { text: "done" }],
    })
    expect(run.status).toBe("succeeded")
    expect(results(models)).toEqual([
      {
        error: {
          error: "The arguments do not fit the tool's schema.",
          issues: [{ path: "search.query", message: expect.stringContaining("expected string") }],
        },
      },
      { hits: 2 },
      { error: { error: "The index is down." } },
      { error: { error: 'There is no tool "serach". The tools are: search.' } },
    ])
  })

  it("[STEP3] gives up after its last turn, or is made to answer in it", async () => {
    const stubborn = { research: { calls: [call("a")] } }
    const { run } = await runOf(stubborn)
    expect(run.engine.state.error).toMatchObject({ code: "agent_gave_up", path: "research" })
    expect([...run.engine.state.steps.keys()].filter((path) => path.endsWith(".search")).length).toBe(2)
    const script: Script = (operation) =>
      operation.type === "generate" && operation.toolChoice === "none" ? { text: "enough" } : { calls: [call("a")] }
    const made = await runOf(script, { onMaxTurns: "answer" })
    expect(made.run.output).toEqual({ text: "enough" })
    expect(made.models.calls.length).toBe(3)
  })

  it("[STEP4] answers in the shape asked for", async () => {
    const output = z.object({ hits: z.number() })
    const { run, models } = await runOf({ research: [{ calls: [call("a")] }, { value: { hits: 1 } }] }, { output })
    expect(run.output).toEqual({ hits: 1 })
    expect(models.calls[0]?.operation).toMatchObject({
      output: { schema: { properties: { hits: { type: "number" } } } },
    })
  })

  it("[STEP5] goes on after a crash without paying for a turn or calling a tool again", async () => {
    const slow = counting("idempotent", (_call, n) => (n === 2 ? new Promise<never>(() => {}) : undefined), {
      name: "slow",
    })
    const models = scriptedModel({
      research: [
        {
          calls: [
            { name: "slow", input: {} },
            { name: "slow", input: {} },
          ],
        },
        { text: "done" },
      ],
    })
    const made = workflow("crashes", { version: 1, input: NOTHING })
      .agent("research", { prompt: "x", tools: [slow.tool], maxTurns: 3 })
      .output(({ research }) => research.text)
    const run = await mortalRun(made, {}, { models })
    void run.settle().catch(() => {})
    await until(() => slow.calls.length === 2 && run.store.read().at(-1)?.type === "step.completed")
    const revived = await run.revive()
    await revived.settle()
    expect(revived.output).toBe("done")
    expect(models.calls.map(({ path }) => path)).toEqual(["research[0].turn", "research[1].turn"])
    expect(slow.calls.map(({ attempt }) => attempt)).toEqual([1, 1, 2])
  })

  it("[STEP6] parks before an unsafe tool is called a second time, and takes an output by hand", async () => {
    const pay = counting("unsafe", () => new Promise<never>(() => {}), { name: "pay" })
    const models = scriptedModel({ clerk: [{ calls: [{ name: "pay", input: {} }] }, { text: "paid" }] })
    const made = workflow("pays", { version: 1, input: NOTHING })
      .agent("clerk", { prompt: "x", tools: [pay.tool], maxTurns: 3 })
      .output(({ clerk }) => clerk.text)
    const run = await mortalRun(made, {}, { models })
    void run.settle().catch(() => {})
    await until(() => pay.calls.length === 1)
    const revived = await run.revive()
    await revived.settle()
    expect(revived.status).toBe("waiting")
    const { commands } = revived.engine
    await expect(commands.resolve("clerk[0].pay", { action: "complete", output: {} })).rejects.toMatchObject({
      code: "output_refused",
    })
    await commands.resolve("clerk[0].pay", { action: "complete", output: { n: 1 } })
    await revived.settle()
    expect(revived.output).toBe("paid")
    expect(pay.calls.length).toBe(1)
  })

  it("[STEP7] takes the routes of its own name and kind, whatever its turns are called", async () => {
    const models = scriptedModel({ research: { text: "hi" } })
    const run = await createRun(flow({ route: "cheap", tags: ["night"] }), {}, { models })
    await run.settle()
    expect(models.calls[0]?.context).toMatchObject({ route: "cheap", tags: ["night"], step: { kind: "agent" } })
  })

  it("[GRAPH3] refuses tools whose names cannot be steps, or are taken", () => {
    const named = (name: string) => ({ ...search, name })
    expect(() => flow({}, [named("search web")])).toThrow(expect.objectContaining({ code: "graph_invalid" }))
    expect(() => flow({}, [named("turn")])).toThrow('found the tool name "turn", which is taken')
    expect(() => flow({}, [search, search])).toThrow('found the tool name "search", which is taken')
  })
})
