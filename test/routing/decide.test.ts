/** Decisions: who is tried, in what order, and who is not. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { compileRouting } from "../../src/routing/compile.ts"
import { holds } from "../../src/routing/condition.ts"
import type { RoutingConfig } from "../../src/routing/config.ts"
import { decide } from "../../src/routing/decide.ts"
import type { CandidateFacts, RoutingFacts } from "../../src/routing/facts.ts"
import { chooseArm } from "../../src/routing/rules/split.ts"
import { condition, facts, routing, values } from "./arbitrary.ts"
import { naiveHolds } from "./naive-condition.ts"

/** Keys of the candidates in their order, the struck ones with their reason. */
function ranked(
  config: RoutingConfig,
  situation: RoutingFacts["values"],
  candidates: Record<string, CandidateFacts>,
  more: Partial<RoutingFacts> = {},
) {
  const ranking = decide({ values: { "step.kind": "plan", ...situation }, candidates, ...more }, compileRouting(config))
  return ranking?.candidates.map(({ candidate, struck }) =>
    struck ? `${candidate.model.key}: ${struck}` : candidate.model.key,
  )
}

const WELL = { "a/1": {}, "b/1": {}, "c/1": {} }
const plan = (route: object, rules: RoutingConfig["rules"] = []): RoutingConfig => ({
  routes: { plan: { try: ["a/1", "b/1"], ...route } },
  rules,
})

describe("conditions", () => {
  it("[ROUTE4] hold exactly when every one of their tests does", () => {
    fc.assert(
      fc.property(condition, values, (when, situation) => {
        expect(holds(when, situation)).toBe(naiveHolds(when, situation))
      }),
      { numRuns: 2_000 },
    )
  })
})

describe("routes", () => {
  it("are found by workflow and step, then by kind, then by default", () => {
    const config = { routes: { "w.s": { try: ["a/1"] }, plan: { try: ["b/1"] }, default: { try: ["c/1"] } } } as const
    expect(ranked(config, { workflow: "w", "step.name": "s" }, WELL)).toEqual(["a/1"])
    expect(ranked(config, { workflow: "w", "step.name": "t" }, WELL)).toEqual(["b/1"])
    expect(ranked(config, { "step.kind": "agent" }, WELL)).toEqual(["c/1"])
  })

  it("can be named by the step; a step may also name an alias or a model, and then gets no other", () => {
    const config = {
      models: { strong: "c/1" },
      routes: { plan: { try: ["a/1", "b/1"] }, cheap: { try: ["b/1"] } },
      rules: [{ use: "a/1" }],
    } as const
    expect(ranked(config, {}, WELL, { route: "cheap" })).toEqual(["a/1", "b/1"])
    expect(ranked(config, {}, WELL, { route: "strong" })).toEqual(["c/1"])
    expect(ranked(config, {}, WELL, { route: "b/1" })).toEqual(["b/1"])
    expect(ranked(config, {}, WELL, { route: "nonsense" })).toBeUndefined()
  })
})

describe("rules", () => {
  it("[ROUTE5] put the model of the first `use` that matches before the others", () => {
    const rules = [{ when: { "tenant.plan": "free" }, use: "c/1" }, { use: "b/1" }]
    expect(ranked(plan({}, rules), { "tenant.plan": "free" }, WELL)).toEqual(["c/1", "a/1", "b/1"])
    expect(ranked(plan({}, rules), {}, WELL)).toEqual(["b/1", "a/1"])
  })

  it("let a model chosen by hand go before every preference, but past no requirement", () => {
    const rules = [{ use: "b/1" }, { when: { "run.region": "eu" }, require: { region: "eu" } }]
    expect(ranked(plan({}, rules), {}, WELL, { model: "c/1" })).toEqual(["c/1", "b/1", "a/1"])
    const regional = { ...WELL, "a/1": { regions: ["eu"] } }
    expect(ranked(plan({}, rules), { "run.region": "eu" }, regional, { model: "c/1" })).toEqual([
      "c/1: region",
      "b/1: region",
      "a/1",
    ])
  })

  it("[ROUTE6] fail closed: no known region, several of which one is outside, or no value for the placeholder", () => {
    const rules = [{ require: { region: "{run.region}" } }]
    const candidates = { "a/1": { regions: ["eu", "us"] }, "b/1": {} }
    expect(ranked(plan({}, rules), { "run.region": "eu" }, candidates)).toEqual(["a/1: region", "b/1: region"])
    expect(ranked(plan({}, rules), {}, { "a/1": { regions: ["eu"] }, "b/1": { regions: ["*"] } })).toEqual([
      "a/1: region",
      "b/1",
    ])
  })

  it("order by price or latency when asked, unknown ones last, and strike what may cost too much", () => {
    const costs = { "a/1": { costNanoUsd: 900 }, "b/1": { costNanoUsd: 100 }, "c/1": {} }
    const three = { try: ["a/1", "c/1", "b/1"] }
    expect(ranked(plan({ ...three, prefer: "price" }), {}, costs)).toEqual(["b/1", "a/1", "c/1"])
    expect(ranked(plan({ ...three, maxUsd: 0.0000005 }), {}, costs)).toEqual(["a/1: price", "c/1: price", "b/1"])
    const times = { "a/1": {}, "b/1": { latencyMs: 9 }, "c/1": { latencyMs: 5 } }
    expect(ranked(plan({ ...three, prefer: "latency" }), {}, times)).toEqual(["c/1", "b/1", "a/1"])
  })

  it("strike a candidate whose `when` does not hold or whose breaker is open", () => {
    const config = plan({ try: [{ model: "a/1", when: { "step.failures": { $gte: 2 } } }, "b/1"] })
    expect(ranked(config, { "step.failures": 1 }, { ...WELL, "b/1": { openUntilMs: 9 } })).toEqual([
      "a/1: when",
      "b/1: breaker_open",
    ])
    expect(ranked(config, { "step.failures": 2 }, WELL)).toEqual(["a/1", "b/1"])
  })
})

describe("splits", () => {
  const split = { split: { experiment: "q4", by: "user.id", arms: { "a/1": 90, "b/1": 10 } } } as const

  it("[ROUTE7] send one key to the same arm always, in about the shares asked for, and record the exposure", () => {
    const routing = compileRouting(plan(split))
    const arms = Array.from(
      { length: 4_000 },
      (_, user) =>
        decide({ values: { "step.kind": "plan", "user.id": `u${user}` }, candidates: WELL }, routing)?.experiment?.arm,
    )
    const share = arms.filter((arm) => arm === "b/1").length / arms.length
    expect(share).toBeGreaterThan(0.08)
    expect(share).toBeLessThan(0.12)
    expect(decide({ values: { "step.kind": "plan", "user.id": "u1" }, candidates: WELL }, routing)?.experiment).toEqual(
      { name: "q4", arm: arms[1], key: "u1" },
    )
  })

  it("[ROUTE8] move only as many keys as a change of weights must", () => {
    const choose = (key: string, weight: number) =>
      chooseArm("e", key, [
        { name: "x", weight: 50 },
        { name: "y", weight: 50 },
        { name: "z", weight },
      ])?.name
    const moved = Array.from({ length: 3_000 }, (_, key) => [choose(`k${key}`, 0), choose(`k${key}`, 25)]).filter(
      ([before, after]) => before !== after,
    )
    expect(moved.every(([, after]) => after === "z")).toBe(true)
    expect(moved.length / 3_000).toBeGreaterThan(0.17)
    expect(moved.length / 3_000).toBeLessThan(0.23)
  })

  it("expose nobody without a key, nor whom a rule sends elsewhere", () => {
    const config = compileRouting(plan(split, [{ when: { "tenant.plan": "free" }, use: "c/1" }]))
    const exposed = (situation: RoutingFacts["values"]) =>
      decide({ values: { "step.kind": "plan", ...situation }, candidates: WELL }, config)?.experiment
    expect(exposed({})).toBeUndefined()
    expect(exposed({ "user.id": "u", "tenant.plan": "free" })).toBeUndefined()
    expect(exposed({ "user.id": "u" })).toBeDefined()
  })
})

describe("over random routings", () => {
  it("[ROUTE10] the same facts and version give the same decision for ever, also from JSON", () => {
    fc.assert(
      fc.property(routing, facts, (config, situation) => {
        const compiled = compileRouting(config)
        const first = decide(situation, compiled)
        const again = decide(JSON.parse(JSON.stringify(situation)), compileRouting(compiled.source))
        expect(again).toEqual(first)
      }),
      { numRuns: 1_000 },
    )
  })

  it("every candidate that is in meets every requirement that matches", () => {
    fc.assert(
      fc.property(routing, facts, (config, situation) => {
        const compiled = compileRouting(config)
        const demands = compiled.rules.filter(
          ({ require, when }) => require && (!when || naiveHolds(when, situation.values)),
        )
        for (const { candidate, struck } of decide(situation, compiled)?.candidates ?? []) {
          if (struck !== undefined) continue
          const { regions = [] } = situation.candidates[candidate.model.key] ?? {}
          for (const { require } of demands) {
            const allowed = require?.region?.map((region) =>
              region === "{run.region}" ? situation.values["run.region"] : region,
            )
            if (allowed)
              expect(regions.length > 0 && regions.every((region) => region === "*" || allowed.includes(region))).toBe(
                true,
              )
            if (require?.provider) expect(require.provider).toContain(candidate.model.provider)
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})
