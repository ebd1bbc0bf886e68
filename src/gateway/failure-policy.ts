/**
 * The one table that says what a failure leads to. `retry`: the same candidate again, after a wait, while it has tries left;
 * `next`: the next candidate at once; `ladder`: the route's `onInvalid` decides; `refusal`: the route's `onRefusal` decides;
 * `stop`: no other model could help, or none may be asked.
 */
import type { FailureClass } from "../lib/failure-classes.ts"

export interface FailurePolicy {
  readonly then: "retry" | "next" | "ladder" | "refusal" | "stop"
  /** Speaks against the health of the provider and model: counts towards opening its breaker. */
  readonly unhealthy: boolean
  /** Another key of the same provider may fare better, at once. */
  readonly otherKey: boolean
}

const policy = (then: FailurePolicy["then"], also: Partial<FailurePolicy> = {}): FailurePolicy => ({
  then,
  unhealthy: false,
  otherKey: false,
  ...also,
})

export const FAILURE_POLICIES: Readonly<Record<FailureClass, FailurePolicy>> = {
  "provider.rate_limited": policy("retry", { otherKey: true }),
  "provider.overloaded": policy("retry", { unhealthy: true }),
  "provider.outage": policy("retry", { unhealthy: true }),
  "provider.timeout": policy("retry", { unhealthy: true }),
  // Money does not come back by waiting.
  "provider.quota": policy("next", { unhealthy: true, otherKey: true }),
  "provider.auth": policy("next", { unhealthy: true, otherKey: true }),
  "provider.model_gone": policy("next", { unhealthy: true }),
  "provider.bad_response": policy("retry", { unhealthy: true }),
  "provider.stream_cut": policy("retry", { unhealthy: true }),
  // What one provider will not take, another may: limits, parameters and filters differ.
  "request.invalid": policy("next"),
  "request.too_long": policy("next"),
  "request.unsupported": policy("next"),
  "request.content_blocked": policy("refusal"),
  "output.invalid_json": policy("ladder"),
  "output.schema_mismatch": policy("ladder"),
  "output.refusal": policy("refusal"),
  // The same model would be cut off at the same place.
  "output.truncated": policy("next"),
  "output.empty": policy("retry"),
  "policy.budget": policy("stop"),
  "policy.rate": policy("stop"),
  "policy.residency": policy("stop"),
  "policy.redaction": policy("stop"),
  "policy.guardrail": policy("stop"),
  "own_code.config": policy("next"),
  "own_code.tool": policy("stop"),
  "own_code.exception": policy("next"),
  cancelled: policy("stop"),
}
