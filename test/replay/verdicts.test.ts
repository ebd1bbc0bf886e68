/** What a replay says of code that changed in ways that bring the run elsewhere, or to a stop: causes, not consequences. */
import { describe, expect, it } from "vitest"
import { tool, type Workflow, workflow } from "waybill"
import { runWorkflow, scriptedModel } from "waybill/testing"
import { z } from "zod"
import type { ReplayReport } from "../../src/replay/replay.ts"
import type { ReplayedStep } from "../../src/replay/replayed-steps.ts"
import { differences, lookup, replayOf } from "./gallery.ts"

const Empty = z.object({})
const models = scriptedModel({ decision: { value: { amount: 10 } }, reply: { text: "Yes." } })

async function replayed(before: Workflow, after: Workflow, input: unknown = {}): Promise<ReplayReport> {
  const run = await runWorkflow(before, input, { models })
  expect(await replayOf(run, before)).toMatchObject({ verdict: "same", outsideCalls: 0 })
  return replayOf(run, after)
}

function stepOf({ steps }: ReplayReport, path: string): ReplayedStep | undefined {
  return steps.find((step) => step.path === path)
}

describe("[REPLAY2] an answer that today's code refuses", () => {
  const desk = (find = lookup, attempts = 3) =>
    workflow("desk", { version: 1, input: Empty })
      .tool("customer", find, () => ({ id: "c1" }), { retry: { attempts } })
      .code("level", ({ customer }) => customer.level)
      .output(({ level }) => level)

  it("of a tool ends the step as the schema says, and the run with it", async () => {
    const strict = tool({ ...lookup, output: z.object({ name: z.string(), level: z.number().max(2) }) })
    const report = await replayed(desk(), desk(strict))
    expect(stepOf(report, "customer")?.changes).toEqual([
      {
        of: "status",
        path: "",
        before: { status: "completed" },
        after: {
          status: "failed",
          code: "tool_output_invalid",
          message: "customer.level: Too big: expected number to be <=2",
          path: "customer.level",
          failureClass: "own_code.tool",
        },
      },
    ])
    expect(differences(report)).toEqual({ customer: "output-changed", level: "unreached" })
    expect(report).toMatchObject({
      firstDifference: "customer",
      end: { replayed: { status: "failed", error: { code: "tool_output_invalid", path: "customer.level" } } },
    })
  })

  it("of a model is not asked for again, however often its author lets it be tried", async () => {
    const plan = (most: number) =>
      workflow("plan", { version: 1, input: Empty })
        .plan("decision", {
          prompt: () => "Decide",
          output: z.object({ amount: z.number().refine((amount) => amount < most) }),
          retry: { attempts: 4, on: ["own_code.exception"] },
        })
        .output(({ decision }) => decision.amount)
    const report = await replayed(plan(50), plan(5))
    expect(stepOf(report, "decision")?.changes).toMatchObject([
      { of: "status", before: { status: "completed" }, after: { status: "failed", code: "output_invalid" } },
    ])
    expect(report.end.replayed.status).toBe("failed")
  })
})

describe("[REPLAY2] an input that today's code refuses", () => {
  const desk = (find = lookup) =>
    workflow("desk", { version: 1, input: Empty })
      .tool("customer", find, () => ({ id: "c1" }))
      .output(({ customer }) => customer.name)

  it("is a failure of the step, which is the same tool's as before", async () => {
    const strict = tool({ ...lookup, input: z.object({ id: z.string().startsWith("cus_") }) })
    const step = stepOf(await replayed(desk(), desk(strict)), "customer")
    expect(step).toMatchObject({ verdict: "output-changed", definitionChanged: true })
    expect(step?.changes).toMatchObject([
      { of: "status", after: { status: "failed", code: "tool_input_invalid", path: "lookup.id" } },
    ])
  })

  it("shows as another definition even where it makes no difference", async () => {
    const wider = tool({ ...lookup, input: z.object({ id: z.string(), hint: z.string().optional() }) })
    const report = await replayed(desk(), desk(wider))
    expect(report.verdict).toBe("same")
    expect(stepOf(report, "customer")).toMatchObject({ verdict: "same", definitionChanged: true })
  })
})

describe("[REPLAY2] the first difference is a cause", () => {
  it("a step that is new goes before what it changed", async () => {
    const before = workflow("flow", { version: 1, input: Empty })
      .generate("reply", { prompt: () => "Reply" })
      .code("length", ({ reply }) => reply.text.length)
      .output(({ length }) => length)
    const after = workflow("flow", { version: 1, input: Empty })
      .code("tone", () => "kindly")
      .generate("reply", { prompt: ({ tone }) => `Reply ${tone}` })
      .code("length", ({ reply }) => reply.text.length)
      .output(({ length }) => length)
    const report = await replayed(before, after)
    expect(differences(report)).toEqual({ tone: "extra", reply: "request-changed" })
    expect(report.firstDifference).toBe("tone")
  })

  it("what a step holds goes before what that makes of the step", async () => {
    const flow = (factor: number) =>
      workflow("flow", { version: 1, input: z.object({ numbers: z.array(z.number()) }) })
        .map("items", {
          over: ({ input }) => input.numbers,
          each: (g) => g.code("scaled", ({ item }) => item * factor),
        })
        .code("count", ({ items }) => items.length)
        .output(({ count }) => count)
    const report = await replayed(flow(2), flow(3), { numbers: [1, 2] })
    expect(report.firstDifference).toBe("items[0].scaled")
    expect(differences(report)).toEqual({
      items: "output-changed",
      "items[0].scaled": "output-changed",
      "items[1].scaled": "output-changed",
    })
  })

  it("a step that today's code leaves out is missing, whatever fails after it", async () => {
    const before = workflow("flow", { version: 1, input: Empty })
      .code("one", () => 1)
      .code("two", ({ one }) => one + 1)
      .code("three", ({ two }) => two + 1)
      .output(({ three }) => three)
    const after = workflow("flow", { version: 1, input: Empty })
      .code("two", (): number => {
        throw new Error("broken")
      })
      .code("three", ({ two }) => two + 1)
      .output(({ three }) => three)
    const report = await replayed(before, after)
    expect(differences(report)).toEqual({ one: "missing", two: "output-changed", three: "unreached" })
    expect(report.firstDifference).toBe("one")
  })

  it("what stood beside a failure and was not begun for it is unreached", async () => {
    const flow = (broken: number) =>
      workflow("flow", { version: 1, input: z.object({ numbers: z.array(z.number()) }) })
        .map("items", {
          over: ({ input }) => input.numbers,
          concurrency: 1,
          each: (g) =>
            g
              .code("checked", ({ item }) => {
                if (item === broken) throw new Error("broken")
                return item
              })
              .code("kept", ({ checked }) => checked),
        })
        .output(({ items }) => items.length)
    const report = await replayed(flow(0), flow(2), { numbers: [1, 2, 3] })
    expect(report.firstDifference).toBe("items[1].checked")
    expect(differences(report)).toEqual({
      items: "output-changed",
      "items[1].checked": "output-changed",
      "items[1].kept": "unreached",
      "items[2].checked": "unreached",
      "items[2].kept": "unreached",
    })
  })
})
