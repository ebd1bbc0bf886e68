/** One failure of an attempt, as it is logged. */
import type { FailureClass } from "../lib/failure-classes.ts"

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
