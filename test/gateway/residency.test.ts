/** Residency holds for every attempt of an operation, whatever it is for and whatever went wrong before it. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { openPurse, type Purse } from "../../src/gateway/purse.ts"
import { fakeClock } from "../../src/lib/fake-clock.ts"
import type { Operation } from "../../src/model/operation.ts"
import type { OperationOutcome } from "../../src/model/record.ts"
import type { RoutingConfig } from "../../src/routing/config.ts"
import { fail, hang, json, type Script, say } from "./wire.ts"
import { STRUCTURED, world } from "./world.ts"

const MODELS = ["alpha/1", "alpha/2", "beta/1", "beta/2", "gamma/1"] as const
const model = fc.constantFrom(...MODELS)
const region = fc.constantFrom("eu", "us", "ch")
const provider = fc.constantFrom("alpha", "beta", "gamma")

const anyRule = fc.oneof(
  fc.record({ use: model }),
  fc.record({ when: fc.record({ "step.failures": fc.record({ $gte: fc.nat(2) }) }), use: model }),
  fc.record({
    when: fc.constant({ "user.id": "u1" }),
    require: fc.record({ provider: fc.uniqueArray(provider, { minLength: 1 }) }),
  }),
)
const routing: fc.Arbitrary<RoutingConfig> = fc.record({
  models: fc.record({ pinned: fc.record({ model, region }) }),
  routes: fc.record({
    plan: fc.record(
      {
        try: fc.array(fc.oneof(model, fc.constant("pinned")), { minLength: 1, maxLength: 5 }),
        hedge: fc.constant({ after: "1s", max: 3 } as const),
        prefer: fc.constantFrom("price", "latency"),
        maxUsd: fc.constantFrom(0.000_000_2, 1),
        cache: fc.constant("1m" as const),
        split: fc.constant({ experiment: "e", by: "user.id", arms: { "beta/2": 1, "gamma/1": 1 } } as const),
      },
      { requiredKeys: ["try"] },
    ),
  }),
  rules: fc
    .array(anyRule, { maxLength: 3 })
    .map((rules) => [...rules, { when: { "run.region": { $ne: null } }, require: { region: "{run.region}" } }]),
})

const places = fc.dictionary(
  fc.constantFrom(...MODELS, "alpha", "beta", "gamma"),
  fc.uniqueArray(region, { maxLength: 2 }),
)

const OPERATIONS = {
  generate: STRUCTURED,
  embed: { type: "embed", texts: ["a", "b"] },
  moderate: { type: "moderate", texts: ["a", "b"] },
} as const satisfies Record<string, Operation>
type Asked = keyof typeof OPERATIONS

const vector = { object: "embedding", embedding: [1, 2] }
const scores = { flagged: false, categories: {}, category_scores: { violence: 0.1 } }
/** A good answer to each. */
const ANSWERS: Readonly<Record<Asked, Script>> = {
  generate: say('{"action":"answer","amountUsd":1}'),
  embed: () =>
    json({ object: "list", model: "m", data: [vector, vector], usage: { prompt_tokens: 2, total_tokens: 2 } }),
  moderate: () => json({ id: "m1", model: "m", results: [scores, scores] }),
}
const behaviour = fc.constantFrom<Script | "answer">(
  fail(503),
  fail(429, {}, { "retry-after": "1" }),
  fail(401),
  say("{bad"),
  "answer",
  "answer",
  "answer",
  hang,
)
const asks = fc.array(
  fc.record({ type: fc.constantFrom<Asked>("generate", "embed", "moderate"), region: fc.constantFrom("eu", "us") }),
  { minLength: 3, maxLength: 6 },
)
/** A purse that has nothing left for some models, and may allow another instead. */
const purse = fc.dictionary(model, fc.option(model, { nil: undefined }), { maxKeys: 2 }).map((refusals): Purse => {
  const open = openPurse(fakeClock())
  const failure = { class: "policy.budget", message: "The budget is used up." } as const
  return {
    async reserve(request) {
      if (!(request.model in refusals)) return open.reserve(request)
      const use = refusals[request.model]
      return { status: "refused", failure, ...(use === undefined ? {} : { use }) }
    },
  }
})
const price = (_: string, name: string) => ({ costNanoUsd: name === "1" ? 100 : 300, priced: true })

/** Who answered: by a call, or out of the cache. */
function servedBy({ record }: OperationOutcome): string | undefined {
  const served = record.decision.candidates.find(({ verdict }) => verdict === "served")
  return served && `${served.provider}/${served.model}`
}

describe("residency", () => {
  it("[GATE18] makes no attempt outside the region that the run asks for, in any routing, whatever is asked and fails", async () => {
    const seen = { hits: 0, answers: new Set<string>() }
    await fc.assert(
      fc.asyncProperty(
        routing,
        places,
        fc.array(behaviour, { minLength: 1, maxLength: 6 }),
        asks,
        purse,
        async (config, regions, behaviours, asked, limited) => {
          let type: Asked = "generate"
          const script: Script = (call) => {
            const next = behaviours[call.number % behaviours.length] ?? hang
            return (next === "answer" ? ANSWERS[type] : next)(call)
          }
          const { operate, calls } = world({ routing: config, regions, script, purse: limited, price })
          /** Whether a model is known to be in `wanted` and nowhere else. */
          const isInside = (name: string, wanted: string) => {
            const declared = Object.values(config.models ?? {}).find(
              (entry) => typeof entry === "object" && entry.model === name,
            )
            const known = regions[name] ?? regions[name.split("/")[0] ?? ""] ?? []
            const served = typeof declared === "object" ? [declared.region] : known
            return served.length > 0 && served.every((place) => place === wanted)
          }
          for (const ask of asked) {
            type = ask.type
            const before = calls.length
            const outcome = await operate(OPERATIONS[type], { region: ask.region })
            for (const call of calls.slice(before))
              expect(isInside(`${call.provider}/${call.model}`, ask.region), `${call.provider}/${call.model}`).toBe(
                true,
              )
            for (const attempt of outcome.record.attempts) expect(attempt.region).toBe(ask.region)
            const served = servedBy(outcome)
            if (served !== undefined) expect(isInside(served, ask.region), served).toBe(true)
            if (outcome.status === "succeeded") seen.answers.add(type)
            if (outcome.record.cache === "hit") seen.hits += 1
          }
        },
      ),
      { numRuns: 200 },
    )
    expect(seen.answers).toEqual(new Set(Object.keys(OPERATIONS)))
    expect(seen.hits).toBeGreaterThan(0)
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
