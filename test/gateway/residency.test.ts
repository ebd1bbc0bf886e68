/** Residency holds for every attempt of an operation, whatever it is for and whatever went wrong before it. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { RoutingConfig } from "../../src/routing/config.ts"
import { fail, hang, type Script, say } from "./wire.ts"
import { STRUCTURED, world } from "./world.ts"

const MODELS = ["alpha/1", "alpha/2", "beta/1", "beta/2", "gamma/1"] as const
const model = fc.constantFrom(...MODELS)
const region = fc.constantFrom("eu", "us", "ch")

const routing: fc.Arbitrary<RoutingConfig> = fc.record({
  models: fc.record({ pinned: fc.record({ model, region }) }),
  routes: fc.record({
    plan: fc.record(
      {
        try: fc.array(fc.oneof(model, fc.constant("pinned")), { minLength: 1, maxLength: 5 }),
        hedge: fc.constant({ after: "1s", max: 3 } as const),
        prefer: fc.constantFrom("price", "latency"),
        cache: fc.constant("1m" as const),
        split: fc.constant({ experiment: "e", by: "user.id", arms: { "beta/2": 1, "gamma/1": 1 } } as const),
      },
      { requiredKeys: ["try"] },
    ),
  }),
  rules: fc
    .array(
      fc.oneof(
        fc.record({ use: model }),
        fc.record({ when: fc.record({ "step.failures": fc.record({ $gte: fc.nat(2) }) }), use: model }),
      ),
      { maxLength: 2 },
    )
    .map((rules) => [...rules, { when: { "run.region": { $ne: null } }, require: { region: "{run.region}" } }]),
})

const places = fc.dictionary(
  fc.constantFrom(...MODELS, "alpha", "beta", "gamma"),
  fc.uniqueArray(region, { maxLength: 2 }),
)
const behaviour = fc.constantFrom<Script>(
  fail(503),
  fail(429, {}, { "retry-after": "1" }),
  fail(401),
  say("{bad"),
  say('{"action":"answer","amountUsd":1}'),
  hang,
)

describe("residency", () => {
  it("[GATE18] makes no attempt outside the region that the run asks for, in any routing, whatever fails", async () => {
    await fc.assert(
      fc.asyncProperty(
        routing,
        places,
        fc.array(behaviour, { minLength: 1, maxLength: 6 }),
        region,
        async (config, regions, behaviours, wanted) => {
          const script: Script = (call) => (behaviours[call.number % behaviours.length] ?? hang)(call)
          const { operate, calls } = world({ routing: config, regions, script })
          const outcome = await operate(STRUCTURED, { region: wanted })
          for (const { provider, model: name } of calls) {
            const declared = Object.values(config.models ?? {}).find(
              (entry) => typeof entry === "object" && entry.model === `${provider}/${name}`,
            )
            const known = regions[`${provider}/${name}`] ?? regions[provider] ?? []
            const served = typeof declared === "object" ? [declared.region] : known
            expect(
              served.length > 0 && served.every((place) => place === wanted),
              `${provider}/${name} in ${served}`,
            ).toBe(true)
          }
          for (const attempt of outcome.record.attempts) expect(attempt.region).toBe(wanted)
        },
      ),
      { numRuns: 150 },
    )
  }, 60_000)

  it("fails closed, naming why, when nobody is inside", async () => {
    const { operate, asked } = world({
      routing: { routes: { plan: { try: ["alpha/m"] } }, rules: [{ require: { region: "eu" } }] },
      regions: { alpha: ["us"] },
      script: say("no"),
    })
    expect(await operate()).toMatchObject({
      status: "failed",
      error: { code: "no_candidate", details: { candidates: [{ model: "alpha/m", reason: "region" }] } },
      failure: { class: "policy.residency" },
    })
    expect(asked()).toEqual([])
  })
})
