/** Random conditions, situations and routings, small enough that they often match. */
import fc from "fast-check"
import type { Condition, Operators } from "../../src/routing/condition.ts"
import type { RoutingConfig, RuleConfig } from "../../src/routing/config.ts"
import type { CandidateFacts, RoutingFacts } from "../../src/routing/facts.ts"
import type { FieldValues } from "../../src/routing/fields.ts"

const word = fc.constantFrom("a", "b", "ab", "")
const small = fc.integer({ min: 0, max: 3 })

/** A record of which any member may be missing. */
function some<Shape extends Record<string, fc.Arbitrary<unknown>>>(shape: Shape) {
  return fc.record(shape, { requiredKeys: [] })
}

function operators<Value extends string | number>(value: fc.Arbitrary<Value>): fc.Arbitrary<Operators<Value>> {
  const nullable = fc.option(value, { freq: 4 })
  const list = fc.array(nullable, { maxLength: 3 })
  return some({ $eq: nullable, $ne: nullable, $gt: value, $gte: value, $lt: value, $lte: value, $in: list, $nin: list })
}

const text = fc.oneof(
  word,
  fc.constant(null),
  operators(word),
  fc.constantFrom("^a", "b$", "").map(($regex) => ({ $regex })),
)
const number = fc.oneof(small, operators(small))

export const condition: fc.Arbitrary<Condition> = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { depthSize: "small" },
    some({ "run.region": text, "user.id": text, tags: text, "step.failures": number, "operation.tools": fc.boolean() }),
    some({
      workflow: text,
      all: fc.array(tie("condition"), { minLength: 1, maxLength: 3 }),
      any: fc.array(tie("condition"), { minLength: 1, maxLength: 3 }),
      not: tie("condition"),
    }),
  ),
})).condition

export const values: fc.Arbitrary<FieldValues> = some({
  "run.region": word,
  "user.id": word,
  workflow: word,
  tags: fc.array(word, { maxLength: 3 }),
  "step.failures": small,
  "operation.tools": fc.boolean(),
})

const MODELS = ["p/1", "p/2", "q/1", "q/2", "r/1"] as const
const REGIONS = ["eu", "us", "a", "b"] as const
const model = fc.constantFrom(...MODELS)

const rule: fc.Arbitrary<RuleConfig> = fc.oneof(
  fc.record({ when: condition, use: model }),
  fc.record({ when: condition, require: fc.record({ region: fc.constantFrom(...REGIONS, "{run.region}") }) }),
  fc.record({ require: fc.record({ provider: fc.subarray(["p", "q", "r"], { minLength: 1 }) }) }),
)

export const routing: fc.Arbitrary<RoutingConfig> = fc.record({
  routes: fc.record({
    default: fc.record(
      {
        try: fc.array(fc.oneof(model, fc.record({ model, when: condition })), { minLength: 1, maxLength: 4 }),
        prefer: fc.constantFrom("price", "latency"),
        maxUsd: fc.constantFrom(0.000001, 1),
        split: fc.record({
          experiment: fc.constant("e"),
          by: fc.constant("user.id"),
          arms: fc.record({ "p/1": fc.constant(1), "q/2": small }),
        }),
      },
      { requiredKeys: ["try"] },
    ),
  }),
  rules: fc.array(rule, { maxLength: 4 }),
})

const candidate: fc.Arbitrary<CandidateFacts> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ unfit: "not_configured" }) },
  { weight: 1, arbitrary: fc.constant({ openUntilMs: 5, regions: ["eu"] }) },
  {
    weight: 6,
    arbitrary: some({
      regions: fc.array(fc.constantFrom(...REGIONS, "*"), { maxLength: 2 }),
      costNanoUsd: fc.constantFrom(10, 2_000),
      latencyMs: small,
    }),
  },
)

export const facts: fc.Arbitrary<RoutingFacts> = fc.record({
  values,
  candidates: fc.record({ "p/1": candidate, "p/2": candidate, "q/1": candidate, "q/2": candidate, "r/1": candidate }),
})
