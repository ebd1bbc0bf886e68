/** Runs side by side, and one step's question beside the answers of several models. */
import { describe, expect, it } from "vitest"
import { workflow } from "waybill"
import { compareRuns, runWorkflow, scriptedModel, type TestRun } from "waybill/testing"
import { z } from "zod"
import { readRecording } from "../../src/engine/recording.ts"
import type { OperationContext } from "../../src/model/client.ts"
import { counterfactual } from "../../src/replay/counterfactual.ts"

const flow = workflow("flow", { version: 1, input: z.object({ n: z.number() }) })
  .plan("decision", { prompt: ({ input }) => `Decide ${input.n}`, output: z.object({ amount: z.number() }) })
  .generate("reply", {
    prompt: ({ decision }) => `Reply ${decision.amount}`,
    when: ({ decision }) => decision.amount > 5,
  })
  .code("add", ({ decision }) => decision.amount + 1)
  .output(({ decision }) => decision.amount)

const run = (n: number, amount: number, costNanoUsd: number) =>
  runWorkflow(
    flow,
    { n },
    { models: scriptedModel({ decision: { value: { amount } }, reply: { text: "Yes" } }, { costNanoUsd }) },
  )

describe("[DEBUG5] two runs side by side", () => {
  it("tell of each step what it gave, by which model, and what it cost", async () => {
    const [left, right] = [await run(1, 9, 1_000), await run(1, 3, 50)]
    const { steps, ...runs } = await compareRuns(left, right)
    expect(runs).toMatchObject({ left: { costNanoUsd: 2_000 }, right: { costNanoUsd: 50 }, input: [] })
    expect(steps).toMatchObject([
      {
        path: "decision",
        left: { status: "completed", model: "scripted/scripted", costNanoUsd: 1_000, output: { amount: 9 } },
        right: { status: "completed", costNanoUsd: 50, output: { amount: 3 } },
        changes: [{ of: "output", path: "amount", before: 9, after: 3 }],
      },
      { path: "reply", left: { status: "completed" }, right: { status: "skipped" }, changes: [{ of: "status" }] },
      { path: "add", left: { output: 10 }, right: { output: 4 } },
    ])
  })

  it("tell how the runs ended, what they gave and how long they took", async () => {
    const ended = await run(1, 9, 1)
    const failed = await runWorkflow(
      flow,
      { n: 1 },
      { models: scriptedModel({ decision: { failure: { class: "output.refusal", message: "no" } } }) },
    )
    const { left, right } = await compareRuns(ended, failed)
    expect(left).toMatchObject({ status: "succeeded", output: 9, durationMs: 0 })
    expect(right).toMatchObject({ status: "failed", error: { code: "operation_failed", path: "decision" } })
    expect(right).not.toHaveProperty("output")
  })

  it("show the beginning of what is too large to be shown", async () => {
    const wide = workflow("wide", { version: 1, input: z.object({ size: z.number() }) })
      .code("text", ({ input }) => "x".repeat(input.size))
      .output(({ text }) => text)
    const of = (size: number) => runWorkflow(wide, { size }, { models: scriptedModel({}) })
    const { left, steps } = await compareRuns(await of(300_000), await of(300_001))
    expect(JSON.stringify({ left, steps }).length).toBeLessThan(5_000)
    expect(steps[0]).toMatchObject({ left: { excerpt: expect.stringContaining("{") }, changes: [{ of: "output" }] })
    expect(left).not.toHaveProperty("output")
  })

  it("tell how their inputs and requests differ", async () => {
    const [left, right] = [await run(1, 9, 1), await run(2, 9, 1)]
    const { input, steps } = await compareRuns(left, right)
    expect(input).toEqual([{ path: "n", before: 1, after: 2 }])
    expect(steps[0]?.changes).toMatchObject([{ of: "request", before: "Decide 1", after: "Decide 2" }])
    expect(steps[1]?.changes).toEqual([])
  })
})

describe("[DEBUG6] a step's recorded question, asked of other models", () => {
  const others = scriptedModel((_operation, { route }) => {
    if (route === "b/bad") return { failure: { class: "output.schema_mismatch", message: "no amount" } }
    if (route === "c/down") return { failure: { class: "provider.outage", message: "down" } }
    return { value: { amount: 4 } }
  })

  async function ask(path: string, models: readonly string[], of?: TestRun) {
    const recorded = of ?? (await run(1, 9, 1_000))
    const head = recorded.store.head()
    const told: string[] = []
    const host = {
      side: { recording: readRecording(recorded.store), blobs: recorded.blobs },
      models: others,
      kindName: (at: string) => ({ name: at, kind: "plan" }),
      loadMedia: () => Promise.reject(new Error("There are no media.")),
      signal: new AbortController().signal,
      onOutcome: async (asked: string) => void told.push(asked),
    }
    const found = await counterfactual(host, { path, models })
    expect(recorded.store.head()).toEqual(head)
    expect(told.toSorted()).toEqual(models.toSorted())
    return found
  }

  it("shows the answers beside the recorded one: output, cost, and whether they fit the schema", async () => {
    const before = others.calls.length
    const found = await ask("decision", ["a/good", "b/bad", "c/down"])
    expect(found).toMatchObject({
      attempt: 1,
      operation: 0,
      request: { messages: [{ content: [{ text: "Decide 1" }] }] },
      recorded: { status: "succeeded", output: { amount: 9 }, fitsSchema: true, costNanoUsd: 1_000 },
      answers: [
        {
          asked: "a/good",
          output: { amount: 4 },
          fitsSchema: true,
          changes: [{ path: "amount", before: 9, after: 4 }],
        },
        { asked: "b/bad", status: "failed", fitsSchema: false, failureClass: "output.schema_mismatch" },
        { asked: "c/down", status: "failed", failureClass: "provider.outage" },
      ],
    })
    expect(found.answers[2]).not.toHaveProperty("fitsSchema")
    const contexts: OperationContext[] = others.calls.slice(before).map(({ context }) => context)
    expect(contexts.map(({ step: { path }, route }) => `${path} ${route}`)).toEqual([
      "decision a/good",
      "decision b/bad",
      "decision c/down",
    ])
  })

  it("says of a recorded answer that was refused that it does not fit", async () => {
    const failing = scriptedModel({ decision: { failure: { class: "output.invalid_json", message: "no JSON" } } })
    const recorded = await runWorkflow(flow, { n: 1 }, { models: failing })
    expect(recorded.status).toBe("failed")
    const found = await ask("decision", ["a/good"], recorded)
    expect(found.recorded).toMatchObject({ status: "failed", fitsSchema: false, failureClass: "output.invalid_json" })
  })

  it("of a step that holds others is one of theirs, and which ones there are is said", async () => {
    const helpers = workflow("helpers", { version: 1, input: z.object({ n: z.number() }) })
      .agent("helper", { prompt: "Help", tools: [], maxTurns: 2 })
      .output(({ helper }) => helper.text)
    const recorded = await runWorkflow(helpers, { n: 1 }, { models: scriptedModel({ helper: { text: "Done." } }) })
    await expect(ask("helper", ["a/good"], recorded)).rejects.toMatchObject({
      code: "no_operation",
      message: expect.stringContaining("helper[0].turn"),
    })
    expect(await ask("helper[0].turn", ["a/good"], recorded)).toMatchObject({ recorded: { output: "Done." } })
  })

  it("is refused for a step that there is not, and for one that asked nobody", async () => {
    await expect(ask("nobody", ["a/good"])).rejects.toMatchObject({ code: "step_not_found" })
    await expect(ask("add", ["a/good"])).rejects.toMatchObject({ code: "no_operation" })
  })
})
