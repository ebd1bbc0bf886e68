/**
 * Policies for `moderate` steps: which scores are too high, and which rules of one's own a text must keep.
 * A policy is checked on recorded scores too, so that a new one can be tried on past runs without asking a model.
 */

/** `Facts` is what a rule may look at beside the text; the step hands it in. */
export interface PolicyRule<Facts = unknown> {
  readonly id: string
  readonly description: string
  /** The texts that it judges, by name; without it, all. */
  readonly texts?: readonly string[]
  /** Why the text breaks the rule, or undefined when it keeps it. Pure. */
  violated(text: string, facts: Facts): string | undefined
}

export interface Policy<Facts = unknown> {
  readonly name: string
  readonly version: number
  /** Highest score that passes, by category (`harassment`, `violence`, …; `*` for all others). */
  readonly thresholds: Readonly<Record<string, number>>
  readonly rules?: readonly PolicyRule<Facts>[]
}

/** A text to judge, with the name that the author gave it, if any. */
export interface PolicyText {
  readonly name?: string
  readonly text: string
}

export interface Violation {
  /** `category:<name>` or `rule:<id>`. */
  readonly rule: string
  readonly reason: string
  /** The name of the text that broke it, where texts are named. */
  readonly text?: string
}

export interface PolicyVerdict {
  readonly flagged: boolean
  readonly violations: readonly Violation[]
}

/** Makes a policy. */
export function definePolicy<Facts = unknown>(policy: Policy<Facts>): Policy<Facts> {
  return Object.freeze({ ...policy })
}

/** What the policy says of texts with the scores that a moderation model gave them, in the same order. Pure. */
export function checkPolicy<Facts>(
  policy: Policy<Facts>,
  texts: readonly PolicyText[],
  scores: readonly Readonly<Record<string, number>>[],
  facts: Facts,
): PolicyVerdict {
  const violations = texts.flatMap(({ name, text }, index) => {
    const found = [...tooHigh(policy, scores[index] ?? {}), ...broken(policy, name, text, facts)]
    return found.map((violation) => (name === undefined ? violation : { ...violation, text: name }))
  })
  return { flagged: violations.length > 0, violations }
}

function tooHigh(policy: Policy, scores: Readonly<Record<string, number>>): Violation[] {
  return Object.entries(scores).flatMap(([category, score]) => {
    const limit = policy.thresholds[category] ?? policy.thresholds["*"]
    if (limit === undefined || score <= limit) return []
    return { rule: `category:${category}`, reason: `${category} scored ${shown(score, limit)}, allowed is ${limit}` }
  })
}

/** `score` with two digits, or with as many as show that it is above `limit`. */
function shown(score: number, limit: number): string {
  for (let digits = 2; digits <= 10; digits += 1)
    if (Number(score.toFixed(digits)) > limit) return score.toFixed(digits)
  return String(score)
}

function broken<Facts>(policy: Policy<Facts>, name: string | undefined, text: string, facts: Facts): Violation[] {
  return (policy.rules ?? []).flatMap((rule) => {
    if (rule.texts && (name === undefined || !rule.texts.includes(name))) return []
    const reason = rule.violated(text, facts)
    return reason === undefined ? [] : { rule: `rule:${rule.id}`, reason }
  })
}
