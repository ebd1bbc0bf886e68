/** `moderate`: a model scores texts by category, and a policy says whether they pass. */
import { z } from "zod"
import type { FreshName, Maybe, Next } from "../graph/builder.ts"
import { sourceDigest } from "../graph/compile.ts"
import { checkPolicy, type Policy, type PolicyText, type PolicyVerdict, type Violation } from "../graph/policy.ts"
import { jsonSchema } from "../graph/schema.ts"
import type { ModerateOperation } from "../model/operation.ts"
import { operationSchemas } from "../model/operation-schema.ts"
import type { ModerationScores } from "../model/result.ts"
import { type Closure, closure, readStep } from "./shared/fields.ts"
import { defineStepKind } from "./step-kind.ts"

/** One text, several, or several by name. */
type Texts = string | readonly string[] | Readonly<Record<string, string>>

interface ModerateConfig {
  readonly text: Closure<Texts>
  readonly policy?: Policy | undefined
  readonly facts?: Closure<unknown> | undefined
}

export interface ModerateInput {
  readonly operation: ModerateOperation
  /** The names of the operation's texts, in its order. */
  readonly names?: readonly string[]
  readonly facts?: unknown
}

/** What a `moderate` step gives. */
export interface Moderation {
  readonly flagged: boolean
  readonly violations: readonly Violation[]
  /** The highest score of each category over all texts. */
  readonly scores: Readonly<Record<string, number>>
}

const config = z.strictObject({
  text: closure<Texts>(),
  facts: closure<unknown>().optional(),
  policy: z
    .custom<Policy>(
      (value) => typeof value === "object" && value !== null && "thresholds" in value,
      "expected a policy made by definePolicy({ … })",
    )
    .optional(),
})

const output = z.object({
  flagged: z.boolean(),
  violations: z.array(z.object({ rule: z.string(), reason: z.string(), text: z.string().optional() })),
  scores: z.record(z.string(), z.number()),
})

export const moderate = defineStepKind<ModerateConfig, ModerateInput>({
  kind: "moderate",
  asks: "moderate",
  define(name, [given]) {
    const step = readStep<ModerateConfig>(name, config, given)
    const { policy } = step.config
    const rules = policy?.rules?.map((rule) => `${rule.id}@${sourceDigest(rule.violated)}`) ?? []
    const summary = policy ? { policy: `${policy.name}@${policy.version}`, thresholds: policy.thresholds, rules } : {}
    return { ...step, outputSchema: jsonSchema(output), summary }
  },
  output: () => output,
  input: () =>
    z.strictObject({
      operation: operationSchemas.moderate,
      names: z.array(z.string()).exactOptional(),
      facts: z.unknown().exactOptional(),
    }),
  operation: ({ operation }) => operation,
  resolve(own, values) {
    const given = own.text(values)
    const texts = typeof given === "string" ? [given] : Object.values(given)
    const named = typeof given === "object" && !Array.isArray(given)
    return {
      operation: { type: "moderate", texts },
      ...(named ? { names: Object.keys(given) } : {}),
      ...(own.facts ? { facts: own.facts(values) } : {}),
    }
  },
  async execute(own, input, context): Promise<Moderation> {
    const { results } = await context.operate(input.operation)
    const scores: Record<string, number> = {}
    for (const result of results)
      for (const [category, score] of Object.entries(result.scores))
        scores[category] = Math.max(scores[category] ?? 0, score)
    return { ...judge(own.policy, input, results), scores }
  },
})

/** What the policy says of a step's texts with the scores that they were given; without one, what the moderation model says. Pure. */
export function judge(
  policy: Policy | undefined,
  { operation, names, facts }: ModerateInput,
  results: readonly ModerationScores[],
): PolicyVerdict {
  if (policy) {
    const scores = results.map((result) => result.scores)
    return checkPolicy(policy, namedTexts(operation.texts, names), scores, facts)
  }
  const flagged = results.some((result) => result.flagged)
  return { flagged, violations: flagged ? [{ rule: "provider", reason: "the moderation model flagged the text" }] : [] }
}

/** The texts of a step in the order of its operation, with their names. */
export function namedTexts(texts: readonly string[], names: readonly string[] | undefined): PolicyText[] {
  return texts.map((text, index) => {
    const name = names?.[index]
    return name === undefined ? { text } : { name, text }
  })
}

/** Rules that look at facts must be given them. */
type FactsOption<Seen, Facts> = undefined extends Facts
  ? { readonly facts?: (values: Seen) => Facts }
  : { readonly facts: (values: Seen) => NoInfer<Facts> }

declare module "../graph/builder.ts" {
  interface StepMethods<Outer, Local, At extends Level> {
    /** Checks texts against a policy; without one, the moderation model's own judgement holds. Flagging does not stop the run. */
    moderate<const Name extends string, Facts = unknown, When extends boolean = true>(
      name: FreshName<Name, Outer & Local>,
      step: {
        /** A text, several, or several by name: a rule of the policy may say which ones it judges. */
        readonly text: (values: Outer & Local) => string | readonly string[] | Readonly<Record<string, string>>
        readonly policy?: Policy<Facts>
      } & FactsOption<Outer & Local, Facts> &
        Options<Outer & Local, When>,
    ): Next<Outer, Local, At, Name, Maybe<Moderation, When>>
  }
}
