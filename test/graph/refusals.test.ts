/** What authors without types write by mistake, and would find out only when a run went wrong. */
import { describe, expect, it } from "vitest"
import { tool, workflow } from "waybill"
import { runWorkflow } from "waybill/testing"
import { z } from "zod"
import { noModels } from "../engine/helpers.ts"

/** The builder, and what it is given, as somebody without types sees them. */
type Untyped = { readonly [kind: string]: (...args: unknown[]) => Untyped }
const start = workflow as unknown as (name: string, options?: unknown) => Untyped
const untyped = (): Untyped => start("flow", { version: 1, input: z.object({}) })
const inner = (g: Untyped): Untyped => g

const toolOf = (wrong: object) =>
  tool({
    name: "pay",
    description: "Pays.",
    input: z.object({}),
    output: z.number(),
    effect: "unsafe",
    run: () => 1,
    ...wrong,
  })

type Case = [what: string, make: () => unknown, path: string]

function refused(cases: Case[]): void {
  it.each<Case>(cases)("%s", (_what, make, path) => {
    expect(make).toThrow(expect.objectContaining({ code: "graph_invalid", details: expect.objectContaining({ path }) }))
  })
}

describe("[GRAPH3] options of a workflow", () => {
  const option = (more: object) => () => start("flow", { version: 1, input: z.object({}), ...more })
  refused([
    ["no options at all", () => start("flow"), "flow"],
    ["no input", () => start("flow", { version: 1 }), "flow.input"],
    ["a version that is no number", option({ version: "x" }), "flow.version"],
    ["a concurrency of nothing", option({ concurrency: 0 }), "flow.concurrency"],
    ["a concurrency below nothing", option({ concurrency: -1 }), "flow.concurrency"],
    ["a concurrency that is no number", option({ concurrency: "x" }), "flow.concurrency"],
    ["a budget that is no number", option({ budgetUsd: Number.NaN }), "flow.budgetUsd"],
    ["a timeout that is none", option({ timeout: "soon" }), "flow.timeout"],
    ["an output that is no schema", option({ output: {} }), "flow.output"],
    ["an input that the log could not hold", option({ input: z.object({ at: z.date() }) }), "flow.input"],
    ["an option that there is not", option({ timout: "1s" }), "flow"],
  ])
})

describe("[GRAPH3] options of a step", () => {
  const code = (more: object) => () => untyped().code?.("a", () => 1, more)
  refused([
    ["one that there is not", code({ retires: 3 }), "a"],
    ["one that there is not, of a sleep", () => untyped().sleep?.("a", "1s", { until: "2s" }), "a"],
    ["one that there is not, of a branch", () => untyped().branch?.("a", () => "x", { x: inner }, { onError: 1 }), "a"],
    ["a retry on a failure that there is not", code({ retry: { on: ["own_code.tol"] } }), "a.retry.on[0]"],
    ["a branch that leads nowhere", () => untyped().branch?.("a", () => "x", {}), "a.cases"],
    ["a case that no path could hold", () => untyped().branch?.("a", () => "a.b", { "a.b": inner }), "a.cases.a.b"],
    [
      "an onTimeout without a time",
      () => untyped().approve?.("a", { summary: "?", onTimeout: "reject" }),
      "a.onTimeout",
    ],
    ["the same of a wait", () => untyped().waitFor?.("a", { onTimeout: "continue" }), "a.onTimeout"],
    [
      "a form that the log could not hold",
      () => untyped().approve?.("a", { summary: "?", form: z.object({ due: z.coerce.date() }) }),
      "a.form",
    ],
    ["an output without its function", () => untyped().output?.(), "flow.output"],
    [
      "the same inside a step",
      () => untyped().branch?.("a", () => "x", { x: (g: Untyped) => g.output?.("y") }),
      "flow.a.x.output",
    ],
  ])
})

describe("[GRAPH3] tools", () => {
  const step = (wrong: object) => () => untyped().tool?.("a", toolOf(wrong), () => ({}))
  const agent = (wrong: object) => () => untyped().agent?.("a", { prompt: "x", maxTurns: 1, tools: [toolOf(wrong)] })
  refused([
    [
      "an effect that there is not: it could be taken for one that may happen twice",
      step({ effect: "Unsafe" }),
      "a.tool.effect",
    ],
    ["the same, of an agent's tool", agent({ effect: "Unsafe" }), "a.tools[0].effect"],
    ["a timeout that is none", step({ timeout: "soon" }), "a.tool.timeout"],
    ["a retry that is none", step({ retry: { attempts: -1 } }), "a.tool.retry.attempts"],
    ["a part that there is not: it could be meant to undo", step({ compensat: () => 1 }), "a.tool"],
    ["an output that the log could not hold", step({ output: z.date() }), "a.tool.output"],
    ["an agent's tool with a name that closures use for something else", agent({ name: "output" }), "a.tools"],
  ])
})

describe("[STEP16] the case of a branch", () => {
  it("is its own, whatever its way gives", async () => {
    const flow = workflow("flow", { version: 1, input: z.object({}) })
      .branch("way", () => "left", {
        left: (g) => g.branch("deeper", () => "down", { down: (h) => h }).output(({ deeper }) => deeper),
        right: (g) => g.output(() => ({ text: "not gone" })),
      })
      .output(({ way }) => (way.case === "left" ? [way.case, way.output.case] : way.text))
    const run = await runWorkflow(flow, {}, { models: noModels })
    expect(run.output).toEqual(["left", "down"])
  })
})

describe("[WAIT1] a form", () => {
  it("may make something else of what was filled in", async () => {
    const form = z.object({ due: z.iso.date().transform((text) => text.replaceAll("-", "/")) })
    const flow = workflow("flow", { version: 1, input: z.object({}) })
      .approve("ok", { summary: "?", form })
      .output(({ ok }) => ok.form?.due)
    const run = await runWorkflow(flow, {}, { models: noModels })
    await run.engine.commands.approve("ok", { approved: true, form: { due: "2026-01-02" } })
    await run.settle()
    expect(run.output).toBe("2026/01/02")
  })
})
