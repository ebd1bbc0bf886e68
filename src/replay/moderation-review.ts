/**
 * Recorded moderation decisions under another policy: which would have been made otherwise, and why. Scores, texts and facts
 * are read from the recording and nobody is asked; a decision that needs what the recording does not hold is left undecided.
 */

import { allNodes, nodeAt } from "../engine/locate.ts"
import { recordedInput, recordedOutput } from "../engine/playback.ts"
import type { RecordedStep, Recording } from "../engine/recording.ts"
import { eventOf } from "../engine/recording.ts"
import { resultOf } from "../engine/records.ts"
import type { Policy, PolicyVerdict, Violation } from "../graph/policy.ts"
import type { Workflow } from "../graph/workflow.ts"
import { errorData } from "../lib/errors.ts"
import type { Json } from "../lib/json.ts"
import type { ModerationScores } from "../model/result.ts"
import { placesOf } from "../run/places.ts"
import { judge, type ModerateInput, namedTexts } from "../steps/moderate.ts"
import type { StepKind } from "../steps/step-kind.ts"
import { internalize } from "../store/values.ts"
import type { Side } from "./compare.ts"

/** What is different about the policy of today's code. */
export interface PolicyChange {
  /** In the place of its thresholds. */
  readonly thresholds: Readonly<Record<string, number>>
  /** Ids of its rules that hold. Default: all. */
  readonly rules?: readonly string[]
}

/** One rule of which the recorded verdict and the new one differ. */
export interface Reason {
  /** `category:<name>`, `rule:<id>`, or `provider`: the moderation model's own judgement. */
  readonly rule: string
  readonly now: "violated" | "kept"
  /** The name of the text, where texts are named. */
  readonly text?: string
  /** Of a category: the highest score, and the highest that passes now; absent when the category has no threshold now. */
  readonly score?: number
  readonly threshold?: number
  /** In the words of the policy that it violates. */
  readonly reason?: string
}

export interface ReviewedDecision {
  readonly path: string
  readonly atMs: number
  readonly recorded: PolicyVerdict
  readonly reviewed: PolicyVerdict
  /** What the decision becomes; absent when it stays. */
  readonly flip?: "flagged" | "passed"
  readonly reasons: readonly Reason[]
}

export interface UndecidedDecision {
  readonly path: string
  readonly atMs: number
  readonly why: string
}

export interface ModerationReview {
  readonly decisions: readonly ReviewedDecision[]
  readonly undecided: readonly UndecidedDecision[]
  /** Categories of which the recorded model gave some decision a score. */
  readonly scored: readonly string[]
}

type Kinds = Readonly<Record<string, StepKind>>

/** The policy of the step called `step`: today's, changed as `change` says. Undefined when there is no such step. */
export function reviewedPolicy(
  { scope }: Workflow,
  kinds: Kinds,
  step: string,
  change?: PolicyChange,
): { readonly policy: Policy | undefined; readonly unknownRules: readonly string[] } | undefined {
  const node = nodeAt(scope, step, kinds) ?? [...allNodes(scope)].find(({ name }) => placesOf(step).has(name))
  if (node?.kind !== "moderate") return undefined
  // The config of a moderate step is what its own `define` made.
  const { policy: own } = node.config as { readonly policy?: Policy }
  if (!change) return { policy: own, unknownRules: [] }
  const { thresholds, rules: wanted } = change
  const rules = (own?.rules ?? []).filter(({ id }) => wanted?.includes(id) ?? true)
  const unknownRules = (wanted ?? []).filter((id) => !rules.some((rule) => rule.id === id))
  return { policy: { name: own?.name ?? step, version: own?.version ?? 0, thresholds, rules }, unknownRules }
}

/** Reviews the decisions that the run made itself at the step called `step`, a path or a name. Without a policy the moderation model's judgement holds. */
export async function reviewModeration(
  side: Side,
  step: string,
  policy: Policy | undefined,
): Promise<ModerationReview> {
  const decisions: ReviewedDecision[] = []
  const undecided: UndecidedDecision[] = []
  const scored = new Set<string>()
  for (const recorded of side.recording.steps.values()) {
    if (recorded.kind !== "moderate" || !placesOf(recorded.path).has(step)) continue
    if (isCopied(recorded, side.recording)) continue
    const place = { path: recorded.path, atMs: recorded.firstAtMs }
    const outcome = await review(recorded, side, policy, scored).catch((thrown: unknown) => errorData(thrown).message)
    if (typeof outcome === "string") undecided.push({ ...place, why: outcome })
    else decisions.push({ ...place, ...outcome })
  }
  return { decisions, undecided, scored: [...scored] }
}

/** What was copied was decided in the run that it comes from. */
function isCopied({ attempts, firstSeq }: RecordedStep, { forkedSeq = 0 }: Recording): boolean {
  return (attempts.at(-1)?.startSeq ?? firstSeq) < forkedSeq
}

/** The decision under the policy, or why there is none. The categories that were scored are added to `scored`. */
async function review(step: RecordedStep, side: Side, policy: Policy | undefined, scored: Set<string>) {
  const { recording, blobs } = side
  const seq = step.attempts.at(-1)?.operations.get(0)
  if (step.status !== "completed" || step.endSeq === undefined)
    return `The step ended ${step.status}, without a verdict.`
  if (seq === undefined || step.inputSeq === undefined)
    return "The recording has no scores: the verdict was given in the step's place."
  const result = await resultOf(eventOf(recording.source, seq, "operation.completed").data, blobs)
  if (result.type !== "moderate") return `The recording has an answer of type ${result.type}, and no scores.`
  for (const { scores } of result.results) for (const category of Object.keys(scores)) scored.add(category)
  // What a moderate step was given is what its own `resolve` made.
  const input = (await internalize(recordedInput(recording, step.inputSeq), blobs)) as Json & ModerateInput
  const recorded = verdictOf(await internalize(recordedOutput(recording.source, step.endSeq), blobs))
  const reviewed = judge(policy, input, result.results)
  const missing = reviewed.flagged ? [] : missingCategories(policy, result.results)
  if (missing.length > 0) return `The recorded model gave no score of ${missing.join(", ")}.`
  const { flagged, violations } = reviewed
  const names = namedTexts(input.operation.texts, input.names).map(({ name }) => name)
  const scoreOf = (violation: Violation) => scoreIn(violation, names, result.results)
  return {
    recorded,
    reviewed: { flagged, violations },
    ...(recorded.flagged === flagged ? {} : { flip: flagged ? ("flagged" as const) : ("passed" as const) }),
    reasons: reasonsOf(recorded, reviewed, policy, scoreOf),
  }
}

/** The verdict in a step's recorded output, whoever gave it. */
function verdictOf(output: Json): PolicyVerdict {
  const { flagged, violations } = output as unknown as PolicyVerdict
  return { flagged, violations }
}

function missingCategories(policy: Policy | undefined, results: readonly ModerationScores[]): readonly string[] {
  const named = Object.keys(policy?.thresholds ?? {}).filter((category) => category !== "*")
  return named.filter((category) => results.some(({ scores }) => scores[category] === undefined))
}

function reasonsOf(
  recorded: PolicyVerdict,
  reviewed: PolicyVerdict,
  policy: Policy | undefined,
  scoreOf: (violation: Violation) => number | undefined,
): readonly Reason[] {
  const isIn = (violations: readonly Violation[], { rule, text }: Violation): boolean =>
    violations.some((other) => other.rule === rule && other.text === text)
  const reason = (violation: Violation, now: Reason["now"]): Reason => {
    const { rule, text, reason: words } = violation
    const score = scoreOf(violation)
    const threshold = score === undefined ? undefined : thresholdOf(policy, rule)
    return {
      rule,
      now,
      ...(text === undefined ? {} : { text }),
      ...(score === undefined ? {} : { score }),
      ...(threshold === undefined ? {} : { threshold }),
      ...(now === "violated" ? { reason: words } : {}),
    }
  }
  return [
    ...reviewed.violations.filter((one) => !isIn(recorded.violations, one)).map((one) => reason(one, "violated")),
    ...recorded.violations.filter((one) => !isIn(reviewed.violations, one)).map((one) => reason(one, "kept")),
  ]
}

function thresholdOf(policy: Policy | undefined, rule: string): number | undefined {
  return policy?.thresholds[categoryOf(rule) ?? ""] ?? policy?.thresholds["*"]
}

/** The highest score of the category that the violation is about, in the text that it names. */
function scoreIn(
  { rule, text }: Violation,
  names: readonly (string | undefined)[],
  results: readonly ModerationScores[],
): number | undefined {
  const category = categoryOf(rule)
  if (category === undefined) return undefined
  const scores = results.flatMap(({ scores: each }, index) => (names[index] === text ? (each[category] ?? []) : []))
  return scores.length === 0 ? undefined : Math.max(...scores)
}

function categoryOf(rule: string): string | undefined {
  return rule.startsWith("category:") ? rule.slice("category:".length) : undefined
}
