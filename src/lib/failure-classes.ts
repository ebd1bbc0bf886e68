/**
 * The closed list of ways in which an operation, an attempt or a step can fail. What to do about each (try again, next
 * candidate, stop) is decided by the gateway's table and the engine's; here are only the names, so that the log, the routing
 * conditions and the retry options of steps share them.
 */

export const FAILURE_CLASSES = [
  "provider.rate_limited",
  "provider.overloaded",
  "provider.outage",
  "provider.timeout",
  "provider.quota",
  "provider.auth",
  "provider.model_gone",
  "provider.bad_response",
  "provider.stream_cut",
  "request.invalid",
  "request.too_long",
  "request.unsupported",
  "request.content_blocked",
  "output.invalid_json",
  "output.schema_mismatch",
  "output.refusal",
  "output.truncated",
  "output.empty",
  "policy.budget",
  "policy.rate",
  "policy.residency",
  "policy.redaction",
  "policy.guardrail",
  "own_code.config",
  "own_code.tool",
  "own_code.exception",
  "cancelled",
] as const

export type FailureClass = (typeof FAILURE_CLASSES)[number]

/** The part of a class before its dot: it stands for all that begin with it. */
export type FailureFamily = FailureClass extends infer Class
  ? Class extends `${infer Family}.${string}`
    ? Family
    : never
  : never

/** Whether `text` is a failure class, or the family of some. */
export function isFailureName(text: string): text is FailureClass | FailureFamily {
  return FAILURE_CLASSES.some((known) => known === text || known.startsWith(`${text}.`))
}
