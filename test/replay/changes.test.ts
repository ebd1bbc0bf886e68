/** Replays of code that changed in every part that a step can have: what is named, by which field, and what is not. */
import { describe, expect, it } from "vitest"
import { tool, type Workflow, workflow } from "waybill"
import { exportRun, forkRun, replayRun, runWorkflow, scriptedModel, type TestRun } from "waybill/testing"
import { z } from "zod"
import type { ReplayReport } from "../../src/replay/replay.ts"
import type { ReplayedStep } from "../../src/replay/replayed-steps.ts"
import { differences, lookup, replayOf } from "./gallery.ts"

const Empty = z.object({})
const models = () =>
  scriptedModel({
    reply: { text: "Yes." },
    helper: [{ calls: [{ name: "lookup", input: { id: "c1" } }] }, { text: "Done." }],
  })

async function replayed(before: Workflow, after: Workflow, input: unknown = {}): Promise<ReplayReport> {
  const run = await runWorkflow(before, input, { models: models() })
  expect(run.status).toBe("succeeded")
  expect(await replayOf(run, before)).toMatchObject({ verdict: "same", outsideCalls: 0 })
  return replayOf(run, after)
}

function changesOf({ steps }: ReplayReport, path: string): ReplayedStep["changes"] | undefined {
  return steps.find((step) => step.path === path)?.changes
}

describe("[REPLAY2] a change is named", () => {
  it("of the parameters of a question, each by its field", async () => {
    const flow = (temperature?: number, maxOutputTokens?: number) =>
      workflow("flow", { version: 1, input: Empty })
        .generate("reply", {
          prompt: "Reply",
          ...(temperature === undefined ? {} : { temperature }),
          ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
        })
        .output(({ reply }) => reply.text)
    const report = await replayed(flow(0.5), flow(0.9, 200))
    expect(differences(report)).toEqual({ reply: "request-changed" })
    expect(changesOf(report, "reply")).toEqual([
      { of: "request", operation: 0, path: "temperature", before: 0.5, after: 0.9 },
      { of: "request", operation: 0, path: "maxOutputTokens", after: 200 },
    ])
  })

  it("of an agent's tools: at the agent and at each of its turns, not at the calls", async () => {
    const flow = (description: string) =>
      workflow("flow", { version: 1, input: Empty })
        .agent("helper", { prompt: "Help", tools: [tool({ ...lookup, description })], maxTurns: 3 })
        .output(({ helper }) => helper.text)
    const report = await replayed(flow("Looks up."), flow("Looks up a customer."))
    expect(report.firstDifference).toBe("helper")
    expect(differences(report)).toEqual({
      helper: "request-changed",
      "helper[0].turn": "request-changed",
      "helper[1].turn": "request-changed",
    })
    expect(changesOf(report, "helper")).toMatchObject([{ of: "input", path: "tools[0].description" }])
    const call = report.steps.find(({ path }) => path === "helper[0].lookup")
    expect(call).toMatchObject({ verdict: "same", definitionChanged: true })
  })

  it("of a condition: what is left out now is missing, what is done now is extra", async () => {
    const flow = (isWanted: boolean) =>
      workflow("flow", { version: 1, input: Empty })
        .code("level", () => 1, { when: () => isWanted })
        .code("after", ({ level }) => level ?? 0)
        .output(({ after }) => after)
    const dropped = await replayed(flow(true), flow(false))
    expect(differences(dropped)).toEqual({ level: "missing", after: "output-changed" })
    expect(dropped.firstDifference).toBe("level")
    expect(changesOf(dropped, "level")).toMatchObject([{ of: "status", after: { status: "skipped" } }])
    const added = await replayed(flow(false), flow(true))
    expect(differences(added)).toEqual({ level: "extra", after: "output-changed" })
    expect(added.firstDifference).toBe("level")
  })

  it("of a loop: the rounds that are left out, and those that are new", async () => {
    const flow = (rounds: number) =>
      workflow("flow", { version: 1, input: Empty })
        .loop("rounds", {
          body: (g) => g.code("count", ({ iteration }) => iteration + 1),
          until: ({ output }) => output.count >= rounds,
          max: 9,
        })
        .output(({ rounds: done }) => done.output.count)
    const shorter = await replayed(flow(3), flow(2))
    expect(differences(shorter)).toMatchObject({ "rounds[2].count": "missing", rounds: "output-changed" })
    const longer = await replayed(flow(2), flow(3))
    expect(differences(longer)).toMatchObject({ "rounds[2].count": "extra", rounds: "output-changed" })
  })

  it("of the items of a map: at the map, and at each item that is another one, or gone, or new", async () => {
    const flow = (extra: readonly number[]) =>
      workflow("flow", { version: 1, input: Empty })
        .map("items", {
          over: () => [1, ...extra],
          each: (g) => g.tool("one", lookup, ({ item }) => ({ id: `${item}` })),
        })
        .output(({ items }) => items.length)
    const report = await replayed(flow([2, 3]), flow([5]))
    expect(report.firstDifference).toBe("items")
    expect(differences(report)).toEqual({
      items: "request-changed",
      "items[1].one": "request-changed",
      "items[2].one": "missing",
    })
    expect(changesOf(report, "items")).toContainEqual({ of: "input", path: "[1]", before: 2, after: 5 })
  })

  it("of the input's schema: what it has against the recorded input", async () => {
    const flow = (least: number) =>
      workflow("flow", { version: 1, input: z.object({ amount: z.number().min(least) }) })
        .code("twice", ({ input }) => input.amount * 2)
        .output(({ twice }) => twice)
    const report = await replayed(flow(0), flow(50), { amount: 10 })
    expect(report).toMatchObject({ verdict: "changed", inputIssues: [{ path: "input.amount" }], counts: { same: 1 } })
  })

  it("of code that makes no difference here: only as another definition", async () => {
    const flow = (double: (n: number) => number) =>
      workflow("flow", { version: 1, input: Empty })
        .code("four", double === twice ? () => twice(2) : () => plus(2))
        .output(({ four }) => four)
    const twice = (n: number) => n * 2
    const plus = (n: number) => n + 2
    const report = await replayed(flow(twice), flow(plus))
    expect(report).toMatchObject({
      verdict: "same",
      steps: [{ path: "four", verdict: "same", definitionChanged: true }],
    })
    expect(report).not.toHaveProperty("firstDifference")
  })
})

describe("[REPLAY1] a run that was made of another", () => {
  const desk = workflow("desk", { version: 1, input: z.object({ id: z.string() }) })
    .tool("customer", lookup, ({ input }) => ({ id: input.id }))
    .generate("reply", { prompt: ({ customer }) => `Greet ${customer.name}` })
    .generate("thanks", { prompt: ({ reply }) => `Thank for ${reply.text}` })
    .output(({ reply, thanks }) => `${reply.text} ${thanks.text}`)
  const echo = () =>
    scriptedModel((operation) => ({ text: operation.type === "generate" ? JSON.stringify(operation.messages) : "" }))

  async function forked(): Promise<TestRun> {
    const run = await runWorkflow(desk, { id: "c1" }, { models: echo() })
    const edits = { customer: { output: { name: "Ann", level: 1 } }, thanks: { prompt: "Thank Ann", route: "kind" } }
    const fork = await forkRun(run, { from: "reply", edits, models: echo() })
    await fork.settle()
    expect(fork.output).toContain("Greet Ann")
    expect(fork.output).toContain("Thank Ann")
    return fork
  }

  it("with edits replays the same, edits and all, here and from a file", async () => {
    const fork = await forked()
    for (const again of [fork, await exportRun(fork), await exportRun(fork, { redact: true })])
      expect(await replayRun(again, { workflows: [desk] })).toMatchObject({ verdict: "same", outsideCalls: 0 })
  })
})
