/** When a failed step is tried again, and when not. Pure: the random draw is handed in. */
import type { RetryPolicy } from "../graph/node.ts"
import { durationMs } from "../lib/duration.ts"
import type { FailureClass } from "../lib/failure-classes.ts"
import { DEFAULT_STEP_ATTEMPTS } from "../lib/limits.ts"
import type { Random } from "../lib/random.ts"
import type { StepJob } from "./step-run.ts"

/** Failures that a second try cannot mend, whatever the policy says. */
const FINAL = new Set<FailureClass>([
  "own_code.config",
  "cancelled",
  "policy.residency",
  "policy.redaction",
  "policy.guardrail",
  "policy.budget",
])

/** Failures that do not pass by themselves: tried again only when the policy names them. */
const LASTING = ["request", "provider.auth", "provider.quota", "provider.model_gone"]

export interface StepFailure {
  readonly failureClass: FailureClass
  /** The author threw `NonRetryableError`. */
  readonly final: boolean
  /** The author threw `RetryAfterError`, milliseconds. */
  readonly retryAfterMs?: number
}

/** The author's policy, else the kind's, else once: what may be tried again without harm only its author or its kind can know. */
export function policyOf({ kind, node }: Pick<StepJob, "kind" | "node">): RetryPolicy {
  return node.options.retry ?? kind.retry?.(node.config) ?? { attempts: 1 }
}

/** Milliseconds to wait before the next attempt, or undefined when there is none. `failures` counts this one. */
export function retryDelayMs(
  policy: RetryPolicy,
  failures: number,
  failure: StepFailure,
  random: Random,
): number | undefined {
  const attempts = policy.attempts ?? DEFAULT_STEP_ATTEMPTS
  if (failure.final || failures >= attempts || FINAL.has(failure.failureClass)) return undefined
  const named = (classes: readonly string[]) => classes.some((wanted) => matches(wanted, failure.failureClass))
  if (policy.on ? !named(policy.on) : named(LASTING)) return undefined
  const base = durationMs(policy.delay ?? "1s", "retry.delay") * (policy.factor ?? 2) ** (failures - 1)
  const capped = Math.min(base, durationMs(policy.maxDelay ?? "60s", "retry.maxDelay"))
  const drawn = (policy.jitter ?? true) ? capped * random.next() : capped
  return Math.max(Math.round(drawn), failure.retryAfterMs ?? 0)
}

/** `own_code.tool` matches itself and `own_code`. */
function matches(wanted: string, failureClass: FailureClass): boolean {
  return failureClass === wanted || failureClass.startsWith(`${wanted}.`)
}
