/** Failures of what belongs to no attempt of a step: conditions, selectors, lists, ends of loops and agents, outputs. */
import { describe, expect, it } from "vitest"
import { type Workflow, workflow } from "waybill"
import { createRun, scriptedModel, type TestRun } from "waybill/testing"
import { z } from "zod"
import type { StepEdit } from "../../src/run/event.ts"
import { forkOf, lookup, replayOf } from "./gallery.ts"

const begin = (name: string) => workflow(name, { version: 1, input: z.object({}) }).code("first", () => ({ n: 1 }))

/** Breaks unless `n` was made 2. */
function picky<Result>({ first }: { readonly first: { readonly n: number } }, result: Result): Result {
  if (first.n !== 2) throw new Error("n is not 2")
  return result
}

const models = () => scriptedModel(() => ({ calls: [{ name: "lookup", input: { id: "x" } }] }))

interface Case {
  readonly flow: Workflow
  /** Where the run stands. */
  readonly at: string
  /** What mends it there. */
  readonly edit: readonly [string, StepEdit]
  readonly output: unknown
}

const cases: readonly [string, Case][] = [
  [
    "a branch's selector",
    {
      flow: begin("selector")
        .branch("way", (values) => picky(values, "yes" as const), { yes: (g) => g.code("inner", () => 1) })
        .output(({ way }) => way.case),
      at: "way",
      edit: ["way", { input: { case: "yes" } }],
      output: "yes",
    },
  ],
  [
    "a step's condition",
    {
      flow: begin("condition")
        .code("second", () => 5, { when: (values) => picky(values, true) })
        .output(({ second }) => second),
      at: "second",
      edit: ["second", { output: 7 }],
      output: 7,
    },
  ],
  [
    "a map's list",
    {
      flow: begin("list")
        .map("items", { over: (values) => picky(values, [1]), each: (g) => g.code("one", ({ item }) => item) })
        .output(({ items }) => items.length),
      at: "items",
      edit: ["items", { input: [1, 2, 3] }],
      output: 3,
    },
  ],
  [
    "the end of a loop",
    {
      flow: begin("until")
        .loop("rounds", { max: 3, body: (g) => g.code("round", () => 1), until: (values) => picky(values, true) })
        .output(({ rounds }) => rounds.iterations),
      at: "rounds",
      edit: ["rounds", { output: { output: { round: 1 }, iterations: 1, done: true } }],
      output: 1,
    },
  ],
  [
    "an agent that gives up",
    {
      flow: begin("agent")
        .agent("helper", { prompt: "Help", tools: [lookup], maxTurns: 2 })
        .output(({ helper }) => helper.text),
      at: "helper",
      edit: ["helper", { output: { text: "by hand" } }],
      output: "by hand",
    },
  ],
  [
    "the output of the workflow",
    {
      flow: begin("output").output((values) => picky(values, "fine")),
      at: "output",
      edit: ["first", { output: { n: 2 } }],
      output: "fine",
    },
  ],
  [
    "an output that its schema refuses",
    {
      flow: workflow("checked", { version: 1, input: z.object({}), output: z.object({ n: z.literal(2) }) })
        .code("first", (): { n: number } => ({ n: 1 }))
        .output(({ first }) => first as { n: 2 }),
      at: "output",
      edit: ["first", { output: { n: 2 } }],
      output: { n: 2 },
    },
  ],
  [
    "the output of a branch's way",
    {
      flow: begin("way")
        .branch("way", () => "yes", {
          yes: (g) => g.code("inner", () => ({ n: 1 })).output(({ inner }) => picky({ first: inner }, { good: true })),
        })
        .output(({ way }) => way.good),
      at: "way.yes.output",
      edit: ["way.yes.inner", { output: { n: 2 } }],
      output: true,
    },
  ],
]

async function standing({ flow, at }: Case): Promise<TestRun> {
  const run = await createRun(flow, {}, { models: models(), header: { breakpoints: [{ on: "error" }] } })
  await run.settle()
  expect(run.engine.state.paused).toEqual({ reason: "breakpoint", at })
  return run
}

describe.each(cases)("%s fails", (_what, one) => {
  it("[DEBUG7] and a breakpoint on any error stops the run there, where it can be mended", async () => {
    const run = await standing(one)
    await run.engine.commands.edit(...one.edit)
    run.engine.commands.resume()
    await run.settle()
    expect(run.engine.state.error).toBeUndefined()
    expect(run.output).toEqual(one.output)
    expect(await replayOf(run, one.flow)).toMatchObject({ verdict: "same" })
  })

  it("[DEBUG7] and to go on without mending it is to let the run fail", async () => {
    const run = await standing(one)
    run.engine.commands.resume()
    await run.settle()
    expect(run.status).toBe("failed")
    expect(await replayOf(run, one.flow)).toMatchObject({ verdict: "same" })
  })

  it("[FORK8] and the run is forked from there without saying where", async () => {
    const run = await createRun(one.flow, {}, { models: models() })
    await run.settle()
    const { failedAt = "" } = run.engine.state
    expect(failedAt).not.toBe("")
    const [path, edit] = one.edit
    const fork = await forkOf(run, one.flow, failedAt, { edits: { [path]: edit }, options: { models: models() } })
    await fork.settle()
    expect(fork.engine.state.error).toBeUndefined()
    expect(fork.output).toEqual(one.output)
  })
})

describe("[DEBUG7] a step that is held because its condition failed", () => {
  const [, { flow }] = cases[1] as (typeof cases)[number]
  it("is left out, or done, as somebody decides", async () => {
    for (const [action, output] of [
      ["skip", undefined],
      ["retry", 5],
    ] as const) {
      const run = await createRun(flow, {}, { models: models(), header: { breakpoints: [{ on: "error" }] } })
      await run.settle()
      await run.engine.commands.resolve("second", { action })
      run.engine.commands.resume()
      await run.settle()
      expect(run.output ?? undefined).toEqual(output)
    }
  })
})
