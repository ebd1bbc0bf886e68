/**
 * The closed list of ways in which an operation or an attempt can fail. What to do about each (try again, next candidate,
 * stop) is the gateway's table; here are only the names, so that the log, the routing conditions and the retry options share them.
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

/** One failure as the attempt that met it saw it. */
export interface Failure {
  readonly class: FailureClass
  /** What happened, with the provider's own words; never a secret. */
  readonly message: string
  /** HTTP status of the answer, when there was one. */
  readonly status?: number
  /** The provider's own error code or type. */
  readonly providerCode?: string
  /** How long the provider asked us to wait, milliseconds. */
  readonly retryAfterMs?: number
}
