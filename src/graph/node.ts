/**
 * What a graph is made of: steps, in scopes. Plain frozen data plus the author's closures; no kind of step is known here.
 */
import type { Duration } from "../lib/duration.ts"
import type { FailureClass, FailureFamily } from "../lib/failure-classes.ts"
import type { JsonObject } from "../lib/json.ts"

/** What a closure of a step sees: the run's `input` and the outputs of the steps before it, by name. */
export type Values = Readonly<Record<string, unknown>>

/** When and how often a step that failed is tried again. `attempts` counts all tries, the first included. */
export interface RetryPolicy {
  readonly attempts?: number
  /** Wait before the second attempt. Default 1 s. */
  readonly delay?: Duration
  /** Each further wait is this many times the one before. Default 2. */
  readonly factor?: number
  /** No wait is longer. Default 60 s. */
  readonly maxDelay?: Duration
  /** Whether waits are drawn at random from zero to their length, so that many runs do not return at once. Default true. */
  readonly jitter?: boolean
  /** Failures that are tried again, by class (`own_code.exception`) or family (`own_code`); default: those that may pass by themselves. */
  readonly on?: readonly (FailureClass | FailureFamily)[]
}

/** Options that every step takes. */
export interface StepOptions {
  /** The step is skipped, and its output undefined, when this is false. */
  readonly when?: (values: never) => boolean
  readonly retry?: RetryPolicy
  /** Of one attempt, or `{ attempt, total }` for one attempt and for all of them with their waits. */
  readonly timeout?: Duration | { readonly attempt?: Duration; readonly total?: Duration }
  /** The route that a model step takes instead of the one of its kind. */
  readonly route?: string
  readonly tags?: readonly string[]
}

/** A sequence of steps with its own names: a workflow's body, a branch's case, a loop's round. */
export interface Scope {
  readonly steps: readonly StepNode[]
  /** Maps the values of the scope to its result; without it, the result is the outputs of its steps by name. */
  readonly output?: (values: Values) => unknown
}

export interface StepNode {
  readonly name: string
  readonly kind: string
  /** Checked and understood by the step kind alone. */
  readonly config: unknown
  readonly options: StepOptions
  /** The scopes inside the step, by the name that they add to the path (a branch's cases; `each` of a map). */
  readonly scopes: Readonly<Record<string, Scope>>
  /** Whose routes the step's operations take, when not its own: the turns of an agent are asked as the agent. */
  readonly routeAs?: { readonly name: string; readonly kind: string }
  /** JSON Schema of the output, where it is known. */
  readonly outputSchema?: JsonObject
  /** What can be shown of the config: labels, tool name, digests of closures. */
  readonly summary: JsonObject
  /** Digest of what a recording depends on: kind and output schema. */
  readonly shape: string
  /** Digest of the whole definition, closures' source included. */
  readonly digest: string
}
