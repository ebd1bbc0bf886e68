/**
 * Policies for `moderate` steps: which scores are too high, and which rules of one's own a text must keep.
 * A policy is checked on recorded scores too, so that a new one can be tried on past runs without asking a model.
 */

export interface PolicyRule {
  readonly id: string
  readonly description: string
  /** Why the text breaks the rule, or undefined when it keeps it. Pure. */
  violated(text: string): string | undefined
}

export interface Policy {
  readonly name: string
  readonly version: number
  /** Highest score that passes, by category (`harassment`, `violence`, …; `*` for all others). */
  readonly thresholds: Readonly<Record<string, number>>
  readonly rules?: readonly PolicyRule[]
}

export interface Violation {
  /** `category:<name>` or `rule:<id>`. */
  readonly rule: string
  readonly reason: string
}

export interface PolicyVerdict {
  readonly flagged: boolean
  readonly violations: readonly Violation[]
}

/** Makes a policy. */
export function definePolicy(policy: Policy): Policy {
  return Object.freeze({ ...policy })
}

/** What the policy says of texts with the scores that a moderation model gave them, in the same order. Pure. */
export function checkPolicy(
  policy: Policy,
  texts: readonly string[],
  scores: readonly Readonly<Record<string, number>>[],
): PolicyVerdict {
  const violations: Violation[] = []
  for (const [index, text] of texts.entries()) {
    for (const [category, score] of Object.entries(scores[index] ?? {})) {
      const limit = policy.thresholds[category] ?? policy.thresholds["*"]
      if (limit !== undefined && score > limit)
        violations.push({
          rule: `category:${category}`,
          reason: `${category} scored ${score.toFixed(2)}, allowed is ${limit}`,
        })
    }
    for (const rule of policy.rules ?? []) {
      const reason = rule.violated(text)
      if (reason !== undefined) violations.push({ rule: `rule:${rule.id}`, reason })
    }
  }
  return { flagged: violations.length > 0, violations }
}
