/** `moderate`: a model scores texts by category, and a policy says whether they pass. */
import { z } from "zod"
import type { FreshName, Maybe, Next } from "../graph/builder.ts"
import { sourceDigest } from "../graph/compile.ts"
import { checkPolicy, type Policy, type Violation } from "../graph/policy.ts"
import { jsonSchema } from "../graph/schema.ts"
import type { ModerateOperation } from "../model/operation.ts"
import { type Closure, closure, readStep } from "./shared/fields.ts"
import { defineStepKind } from "./step-kind.ts"

interface ModerateConfig {
  readonly text: Closure<string | readonly string[]>
  readonly policy?: Policy | undefined
}

/** What a `moderate` step gives. */
export interface Moderation {
  readonly flagged: boolean
  readonly violations: readonly Violation[]
  /** The highest score of each category over all texts. */
  readonly scores: Readonly<Record<string, number>>
}

const config = z.strictObject({
  text: closure<string | readonly string[]>(),
  policy: z
    .custom<Policy>(
      (value) => typeof value === "object" && value !== null && "thresholds" in value,
      "expected a policy made by definePolicy({ … })",
    )
    .optional(),
})

const output = z.object({
  flagged: z.boolean(),
  violations: z.array(z.object({ rule: z.string(), reason: z.string() })),
  scores: z.record(z.string(), z.number()),
})

export const moderate = defineStepKind<ModerateConfig, ModerateOperation>({
  kind: "moderate",
  model: true,
  define(name, [given]) {
    const step = readStep<ModerateConfig>(name, config, given)
    const { policy } = step.config
    const rules = policy?.rules?.map((rule) => `${rule.id}@${sourceDigest(rule.violated)}`) ?? []
    const summary = policy ? { policy: `${policy.name}@${policy.version}`, thresholds: policy.thresholds, rules } : {}
    return { ...step, outputSchema: jsonSchema(output), summary }
  },
  resolve(own, values) {
    const texts = own.text(values)
    return { type: "moderate", texts: typeof texts === "string" ? [texts] : texts }
  },
  async execute(own, operation, context): Promise<Moderation> {
    const { results } = await context.operate(operation)
    const scores: Record<string, number> = {}
    for (const result of results)
      for (const [category, score] of Object.entries(result.scores))
        scores[category] = Math.max(scores[category] ?? 0, score)
    if (own.policy)
      return {
        ...checkPolicy(
          own.policy,
          operation.texts,
          results.map((result) => result.scores),
        ),
        scores,
      }
    const flagged = results.some((result) => result.flagged)
    return {
      flagged,
      violations: flagged ? [{ rule: "provider", reason: "the moderation model flagged the text" }] : [],
      scores,
    }
  },
})

declare module "../graph/builder.ts" {
  interface StepMethods<Outer, Local, At extends Level> {
    /** Checks texts against a policy; without one, the moderation model's own judgement holds. Flagging does not stop the run. */
    moderate<const Name extends string, When extends boolean = true>(
      name: FreshName<Name, Outer & Local>,
      step: {
        readonly text: (values: Outer & Local) => string | readonly string[]
        readonly policy?: Policy
      } & Options<Outer & Local, When>,
    ): Next<Outer, Local, At, Name, Maybe<Moderation, When>>
  }
}
