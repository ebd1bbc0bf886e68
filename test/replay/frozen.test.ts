/** Frozen replay: the same code gives the same run, and what was changed is named. */
import { describe, expect, it } from "vitest"
import { tool, workflow } from "waybill"
import { createRun, runWorkflow, scriptedModel } from "waybill/testing"
import { z } from "zod"
import { differences, lookup, replayOf } from "./gallery.ts"

interface Variant {
  readonly prompt?: string
  readonly output?: z.ZodType<{ amount: number }>
  readonly tool?: typeof lookup
  readonly id?: string
  readonly limit?: number
}

const desk = ({ prompt = "Decide", output = z.object({ amount: z.number() }), limit = 50, ...variant }: Variant = {}) =>
  workflow("desk", { version: 1, input: z.object({ message: z.string() }) })
    .classify("topic", { text: ({ input }) => input.message, labels: { kind: ["billing", "other"] } })
    .tool("customer", variant.tool ?? lookup, () => ({ id: variant.id ?? "c1" }))
    .plan("decision", { prompt: ({ topic, customer }) => `${prompt} ${topic.kind} for ${customer.name}`, output })
    .branch("outcome", ({ decision }) => (decision.amount > limit ? "ask" : "pay"), {
      ask: (g) => g.approve("manager", { summary: ({ decision }) => `Pay ${decision.amount}?`, expires: "2d" }),
      pay: (g) => g.tool("payment", lookup, ({ decision }) => ({ id: `ch_${decision.amount}` })),
    })
    .output(({ outcome, decision }) => ({ case: outcome.case, amount: decision.amount }))

const models = (amount: number) =>
  scriptedModel({ topic: { value: { kind: "billing" } }, decision: { value: { amount } } })

describe("a replay of the same code", () => {
  it("[REPLAY1] is the same, step by step, and calls nobody", async () => {
    const run = await runWorkflow(desk(), { message: "twice!" }, { models: models(10) })
    const report = await replayOf(run, desk())
    expect(report).toMatchObject({ verdict: "same", outsideCalls: 0, counts: { same: 5 } })
    expect(report.steps.map(({ path }) => path)).toEqual([
      "topic",
      "customer",
      "decision",
      "outcome",
      "outcome.pay.payment",
    ])
  })

  it("[REPLAY1] answers a person's decision from the recording", async () => {
    const run = await createRun(desk(), { message: "twice!" }, { models: models(90) })
    await run.settle({ skipTime: false })
    await run.engine.commands.approve("outcome.ask.manager", { approved: true, by: "ann" })
    await run.settle()
    expect(run.status).toBe("succeeded")
    expect(await replayOf(run, desk())).toMatchObject({ verdict: "same", end: { replayed: { status: "succeeded" } } })
  })
})

describe("a replay of a run whose own time was over", () => {
  it("[REPLAY1] is the same when the run waited for somebody then", async () => {
    const flow = workflow("patient", { version: 1, input: z.object({}), timeout: "1d" })
      .waitFor("letter")
      .output(({ letter }) => letter.payload)
    const run = await runWorkflow(flow, {}, { models: scriptedModel({}) })
    expect(run.engine.state.error?.code).toBe("run_timeout")
    expect(await replayOf(run, flow)).toMatchObject({ verdict: "same", end: { changes: [] } })
  })
})

describe("a replay of a run that tried again after a while that was left to chance", () => {
  it("[REPLAY1] tries again when the run did, so that time is over later when it was", async () => {
    const flaky = tool({
      ...lookup,
      run: ({ attempt }) => (attempt < 3 ? Promise.reject(new Error("no")) : { name: "n", level: 1 }),
    })
    const flow = workflow("flow", { version: 1, input: z.object({}) })
      .tool("flaky", flaky, () => ({ id: "c1" }), { retry: { attempts: 3, delay: "1m", jitter: true } })
      .branch("way", () => "only", { only: (g) => g.waitFor("letter") }, { timeout: "1h" })
      .output(() => null)
    for (let seed = 1; seed <= 10; seed += 1) {
      const run = await runWorkflow(flow, {}, { models: models(1), seed })
      expect(run.engine.state.error?.code).toBe("step_timeout")
      const { verdict, end } = await replayOf(run, flow)
      expect({ seed, verdict, end: end.changes }).toEqual({ seed, verdict: "same", end: [] })
    }
  })
})

describe("a replay of steps that failed side by side", () => {
  it("[REPLAY1] lets each fail of its own, also where they failed in one moment", async () => {
    const inner = workflow("inner", { version: 1, input: z.object({ n: z.number() }) })
      .code("fail", ({ input }) => {
        throw new Error(`No ${input.n}`)
      })
      .output(() => null)
    const outer = workflow("outer", { version: 1, input: z.object({}) })
      .map("items", { over: () => [1, 2, 3], each: (g) => g.child("one", inner, ({ item }) => ({ n: item })) })
      .output(() => null)
    const run = await runWorkflow(outer, {}, { models: models(1), workflows: [inner] })
    const failures = run.events.filter((event) => event.type === "step.failed" && event.path.endsWith(".one"))
    expect(failures.length).toBe(3)
    expect(differences(await replayOf(run, outer))).toEqual({})
  })

  it("[REPLAY1] names the one that came first in their order, though another failed a moment before", async () => {
    const flow = workflow("both", { version: 1, input: z.object({}) })
      .map("items", { over: () => [1, 2], each: (g) => g.generate("one", { prompt: ({ item }) => `Item ${item}` }) })
      .output(() => null)
    for (let moments = 0; moments < 8; moments += 1) {
      const down = scriptedModel(async (_operation, { step }) => {
        if (step.path === "items[0].one") for (let left = moments; left > 0; left -= 1) await undefined
        return { failure: { class: "provider.outage", message: "Down." } }
      })
      const run = await runWorkflow(flow, {}, { models: down })
      const { verdict, end } = await replayOf(run, flow)
      expect({ moments, verdict, end: end.changes }).toEqual({ moments, verdict: "same", end: [] })
    }
  })
})

describe("a replay of changed code names the step and the field", () => {
  const recorded = () => runWorkflow(desk(), { message: "twice!" }, { models: models(10) })

  it("[REPLAY2] of a prompt", async () => {
    const report = await replayOf(await recorded(), desk({ prompt: "Judge" }))
    expect(differences(report)).toEqual({ decision: "request-changed" })
    expect(report.steps.find(({ path }) => path === "decision")?.changes).toEqual([
      {
        of: "request",
        operation: 0,
        path: "messages[0].content[0].text",
        before: "Decide billing for Name of c1",
        after: "Judge billing for Name of c1",
      },
    ])
  })

  it("[REPLAY2] of a schema", async () => {
    const report = await replayOf(await recorded(), desk({ output: z.object({ amount: z.number().max(5) }) }))
    expect(report.firstDifference).toBe("decision")
    const changes = report.steps.find(({ path }) => path === "decision")?.changes
    expect(changes).toContainEqual({
      of: "request",
      operation: 0,
      path: "output.schema.properties.amount.maximum",
      after: 5,
    })
  })

  it("[REPLAY2] of a tool, and of what it is given", async () => {
    const other = tool({ ...lookup, name: "find" })
    const renamed = await replayOf(await recorded(), desk({ tool: other }))
    expect(differences(renamed)).toEqual({ customer: "request-changed" })
    expect(renamed.steps[1]?.changes).toEqual([{ of: "tool", path: "tool", before: "lookup", after: "find" }])
    const asked = await replayOf(await recorded(), desk({ id: "c2" }))
    expect(differences(asked)).toEqual({ customer: "request-changed" })
    expect(asked.steps[1]?.changes).toEqual([{ of: "input", path: "id", before: "c1", after: "c2" }])
  })

  it("[REPLAY2] of a branch's condition", async () => {
    const report = await replayOf(await recorded(), desk({ limit: 5 }))
    expect(report.firstDifference).toBe("outcome")
    expect(differences(report)).toEqual({
      outcome: "request-changed",
      "outcome.pay.payment": "missing",
      "outcome.ask.manager": "extra",
    })
    expect(report.steps.find(({ path }) => path === "outcome")?.changes).toContainEqual({
      of: "input",
      path: "case",
      before: "pay",
      after: "ask",
    })
  })
})
