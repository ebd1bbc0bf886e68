/** What a graph says of itself, and what it refuses when the types were not there to refuse it. */
import { describe, expect, it } from "vitest"
import { tool, workflow } from "waybill"
import { z } from "zod"
import type { AnyScope } from "../../src/graph/builder.ts"
import { workflowJson } from "../../src/graph/workflow.ts"
import { MAX_DEPTH, MAX_GRAPH_STEPS } from "../../src/lib/limits.ts"

const NOTHING = z.object({})

/** The builder as somebody without types sees it. */
type Untyped = { readonly [kind: string]: (...args: unknown[]) => Untyped }
const start = (name = "flow") => workflow(name, { version: 1, input: NOTHING })
const untyped = () => start() as unknown as Untyped

const look = tool({
  name: "look",
  description: "Looks.",
  input: z.object({ at: z.string() }),
  output: z.object({ seen: z.string() }),
  effect: "read",
  run: ({ input }) => ({ seen: input.at }),
})

describe("[GRAPH3] a mistake in a graph is an error with its path, before anything runs", () => {
  it.each<[string, () => unknown, string]>([
    [
      "a name that is taken",
      () =>
        untyped()
          .code?.("a", () => 1)
          .code?.("a", () => 2),
      "flow.a",
    ],
    [
      "a name that is taken outside",
      () =>
        untyped()
          .code?.("a", () => 1)
          .branch?.("way", () => "x", { x: (g: Untyped) => g.code?.("a", () => 2) }),
      "flow.way.x.a",
    ],
    ["a name that closures use for something else", () => untyped().code?.("item", () => 1), "flow.item"],
    ["a name that no path could hold", () => untyped().code?.("a.b", () => 1), "flow.a.b"],
    ["a step without its function", () => untyped().code?.("a"), "a.run"],
    ["a misspelt option", () => untyped().generate?.("a", { prompt: "x", sytem: "y" }), "a"],
    ["a duration that is none", () => untyped().sleep?.("a", "3 days"), "a.until"],
    ["a timeout that is none", () => untyped().code?.("a", () => 1, { timeout: "soon" }), "a.timeout"],
    ["a retry that is none", () => untyped().code?.("a", () => 1, { retry: { attempts: 0 } }), "a.retry.attempts"],
    [
      "a retry on a step that only holds others",
      () => untyped().loop?.("a", { max: 1, body: (g: Untyped) => g, retry: {} }),
      "a.retry",
    ],
    ["a loop without max", () => untyped().loop?.("a", { body: (g: Untyped) => g }), "a.max"],
    ["an agent without maxTurns", () => untyped().agent?.("a", { prompt: "x", tools: [] }), "a.maxTurns"],
    ["a map without a scope", () => untyped().map?.("a", { over: () => [] }), "a.each"],
    [
      "a scope that does not return its builder",
      () => untyped().map?.("a", { over: () => [], each: () => undefined }),
      "flow.a.each",
    ],
    ["a concurrency over the limit", () => untyped().parallel?.("a", {}, { concurrency: 1000 }), "a.concurrency"],
    ["a tool that is none", () => untyped().tool?.("a", {}, () => ({})), "a.tool"],
    ["a child that is no workflow", () => untyped().child?.("a", "other", () => ({})), "a.workflow"],
    [
      "a label group with one label",
      () => untyped().classify?.("a", { text: () => "", labels: { x: ["y"] } }),
      "a.labels.x",
    ],
    ["a wait with a wrong onTimeout", () => untyped().waitFor?.("a", { onTimeout: "explode" }), "a.onTimeout"],
    ["a workflow's name that is none", () => start("My Flow").output(() => null), "My Flow"],
    [
      "an example that does not fit the input",
      () =>
        workflow("flow", {
          version: 1,
          input: z.object({ n: z.number() }),
          examples: { one: { n: "1" as never } },
        }).output(() => null),
      "flow.examples.one.n",
    ],
  ])("%s", (_what, make, path) => {
    expect(make).toThrow(expect.objectContaining({ code: "graph_invalid", details: expect.objectContaining({ path }) }))
  })

  it("a graph over the limits of size and depth", () => {
    let many = start() as unknown as Untyped
    for (let step = 0; step <= MAX_GRAPH_STEPS; step += 1) many = many.code?.(`s${step}`, () => step) ?? many
    expect(() => many.output?.(() => null)).toThrow(`found ${MAX_GRAPH_STEPS + 1} steps, expected at most`)
    const nested = (g: Untyped, depth: number): Untyped =>
      depth === 0 ? g : (g.parallel?.(`p${depth}`, { way: (inner: Untyped) => nested(inner, depth - 1) }) ?? g)
    const deep = nested(start() as unknown as Untyped, MAX_DEPTH)
    expect(() => deep.output?.(() => null)).toThrow("found scopes nested deeper than 16")
  })
})

describe("[GRAPH4] a graph is data", () => {
  const flow = (prompt: string, output = z.object({ ok: z.boolean() })) =>
    workflow("flow", {
      version: 2,
      description: "Shows.",
      input: z.object({ at: z.string() }),
      examples: { one: { at: "x" } },
    })
      .tool("look", look, ({ input }) => input)
      .plan("decide", { prompt, output })
      .branch("way", ({ decide }) => (decide.ok ? "yes" : "no"), {
        yes: (g): AnyScope => g.sleep("nap", "1d"),
        no: (g) => g,
      })
      .output(({ decide }) => decide)

  it("with its steps, schemas and options as JSON", () => {
    const json = JSON.parse(JSON.stringify(workflowJson(flow("Decide."))))
    expect(json).toMatchObject({
      name: "flow",
      version: 2,
      description: "Shows.",
      examples: { one: { at: "x" } },
      input: { properties: { at: { type: "string" } } },
      steps: [
        {
          name: "look",
          kind: "tool",
          options: { tool: "look", effect: "read" },
          output: { properties: { seen: { type: "string" } } },
        },
        { name: "decide", kind: "plan", output: { properties: { ok: { type: "boolean" } } } },
        {
          name: "way",
          kind: "branch",
          scopes: { yes: [{ name: "nap", kind: "sleep", options: { for: "1d" } }], no: [] },
        },
      ],
    })
  })

  it("whose digests change with the step that changes, and with no other", () => {
    const digests = (made: ReturnType<typeof flow>) => made.scope.steps.map(({ digest }) => digest)
    const before = flow("Decide.")
    const after = flow("Decide now.")
    expect(digests(flow("Decide."))).toEqual(digests(before))
    expect(after.digest).not.toBe(before.digest)
    expect(digests(after).map((digest, index) => digest === digests(before)[index])).toEqual([true, false, true])
    expect(after.scope.steps[1]?.shape).toBe(before.scope.steps[1]?.shape)
    const reshaped = flow("Decide.", z.object({ ok: z.boolean(), why: z.string() }))
    expect(reshaped.scope.steps[1]?.shape).not.toBe(before.scope.steps[1]?.shape)
  })

  it("that nobody can change", () => {
    const made = flow("Decide.")
    expect(Object.isFrozen(made) && Object.isFrozen(made.scope) && made.scope.steps.every(Object.isFrozen)).toBe(true)
  })
})
