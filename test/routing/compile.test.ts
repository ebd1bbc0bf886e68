/** Loading a routing configuration: what is taken, what is refused and where it says the mistake is. */
import { describe, expect, it } from "vitest"
import { compileRouting } from "../../src/routing/compile.ts"
import type { RoutingIssue } from "../../src/routing/schema.ts"

const MINIMAL = { routes: { plan: { try: ["openai/gpt-5"] } } }

/** What is wrong with `source`; empty when it loads. */
function issues(source: unknown, providers?: readonly string[]): RoutingIssue[] {
  try {
    compileRouting(source, providers)
    return []
  } catch (error) {
    expect(error).toMatchObject({ code: "routing_invalid" })
    return Reflect.get(Reflect.get(Object(error), "details"), "issues")
  }
}

describe("a routing configuration", () => {
  it("[ROUTE1] compiles to plain JSON whose version is the digest of its source", () => {
    const compiled = compileRouting(MINIMAL)
    expect(JSON.parse(JSON.stringify(compiled))).toEqual(compiled)
    expect(compileRouting({ routes: { plan: { try: ["openai/gpt-5"] } } }).version).toBe(compiled.version)
    expect(compileRouting({ routes: { plan: { try: ["openai/gpt-6"] } } }).version).not.toBe(compiled.version)
    expect(compileRouting(compiled.source)).toEqual(compiled)
  })

  it("resolves aliases and fills in what was not said", () => {
    const compiled = compileRouting({
      models: { strong: { model: "openrouter/anthropic/claude-opus-5", region: "eu", reasoningEffort: "high" } },
      routes: {
        plan: { try: ["strong", { model: "a/b", attempts: 4 }], timeout: "10s", cache: "10m", hedge: { after: "2s" } },
      },
    })
    expect(compiled.routes.plan).toMatchObject({
      try: [
        {
          model: {
            key: "openrouter/anthropic/claude-opus-5",
            provider: "openrouter",
            model: "anthropic/claude-opus-5",
            regions: ["eu"],
            reasoningEffort: "high",
          },
          attempts: 2,
        },
        { model: { key: "a/b" }, attempts: 4 },
      ],
      timeout: { totalMs: 10_000, attemptMs: 120_000 },
      cacheMs: 600_000,
      hedge: { afterMs: 2_000, max: 2 },
      onInvalid: ["repair", "reask", "next"],
      attempts: 8,
    })
  })

  it.each([
    ["no routes", {}, "routes"],
    ["an unknown key", { ...MINIMAL, ruels: [] }, "ruels"],
    ["an unknown key further in", { routes: { plan: { try: ["a/b"], tmeout: "3s" } } }, "routes.plan.tmeout"],
    [
      "an unknown key of a candidate",
      { routes: { plan: { try: ["a/b", { model: "a/b", tries: 2 }] } } },
      "routes.plan.try[1].tries",
    ],
    ["an unknown alias", { routes: { plan: { try: ["fast"] } } }, "routes.plan.try[0]"],
    ["an alias that leads nowhere", { models: { fast: "gpt" }, ...MINIMAL }, "models.fast"],
    ["half a model", { routes: { plan: { try: ["openai/"] } } }, "routes.plan.try[0]"],
    ["a slip in a step kind", { routes: { clasify: { try: ["a/b"] } } }, "routes.clasify"],
    ["an empty list", { routes: { plan: { try: [] } } }, "routes.plan.try"],
    ["a bad duration", { routes: { plan: { try: ["a/b"], timeout: { total: "3 s" } } } }, "routes.plan.timeout.total"],
    [
      "an unknown field",
      { ...MINIMAL, rules: [{ when: { "run.regoin": "eu" }, use: "a/b" }] },
      'rules[0].when["run.regoin"]',
    ],
    [
      "an unknown operator",
      { ...MINIMAL, rules: [{ when: { workflow: { $like: "x" } }, use: "a/b" }] },
      "rules[0].when.workflow.$like",
    ],
    [
      "a value of the wrong type",
      { ...MINIMAL, rules: [{ when: { "step.failures": "2" }, use: "a/b" }] },
      'rules[0].when["step.failures"]',
    ],
    [
      "a nested condition",
      { ...MINIMAL, rules: [{ when: { any: [{ not: { tag: "x" } }] }, use: "a/b" }] },
      "rules[0].when.any[0].not.tag",
    ],
    ["a rule without effect", { ...MINIMAL, rules: [{ when: { workflow: "x" } }] }, "rules[0]"],
    [
      "a catastrophic pattern",
      { ...MINIMAL, rules: [{ when: { workflow: { $regex: "(a+)+$" } }, use: "a/b" }] },
      "rules[0].when.workflow.$regex",
    ],
    [
      "an unknown placeholder",
      { ...MINIMAL, rules: [{ require: { region: "{run.place}" } }] },
      "rules[0].require.region",
    ],
    [
      "a split by an unknown field",
      { routes: { plan: { try: ["a/b"], split: { experiment: "e", by: "userId", arms: { "a/b": 1 } } } } },
      "routes.plan.split.by",
    ],
    [
      "a split without weight",
      { routes: { plan: { try: ["a/b"], split: { experiment: "e", by: "user.id", arms: { "a/b": 0 } } } } },
      "routes.plan.split.arms",
    ],
    [
      "an unknown arm",
      { routes: { plan: { try: ["a/b"], split: { experiment: "e", by: "user.id", arms: { strong: 1 } } } } },
      "routes.plan.split.arms.strong",
    ],
    [
      "a budget that falls back to nobody",
      { ...MINIMAL, budgets: [{ bucket: "user:{user.id}", usd: 5, per: "day", onExceed: { use: "fast" } }] },
      "budgets[0].onExceed.use",
    ],
    ["a limit that limits nothing", { ...MINIMAL, limits: [{ bucket: "x", per: "minute" }] }, "limits[0]"],
  ])("[ROUTE3] refuses %s, and says where", (_, source, path) => {
    expect(issues(source).map((issue) => issue.path)).toContain(path)
  })

  it("names an unknown provider when it knows which exist", () => {
    expect(issues(MINIMAL, ["openai"])).toEqual([])
    expect(issues({ routes: { plan: { try: ["opneai/gpt-5"] } } }, ["openai"])).toEqual([
      { path: "routes.plan.try[0]", message: expect.stringContaining('did you mean "openai"?') },
    ])
  })

  it("lists everything that is wrong at once", () => {
    expect(issues({ routes: { plan: { try: ["x", "y"] }, classify: { try: ["z"] } } })).toHaveLength(3)
  })
})
