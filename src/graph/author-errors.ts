/** Errors that authors throw from tools and code steps to steer the retry. */
import { type Duration, durationMs } from "../lib/duration.ts"

/** Stops the retries of the step: trying again could not help. */
export class NonRetryableError extends Error {
  override readonly name = "NonRetryableError"
}

/** Says when the next attempt may begin, such as a service's `Retry-After`. */
export class RetryAfterError extends Error {
  override readonly name = "RetryAfterError"
  readonly retryAfterMs: number

  constructor(message: string, after: Duration, options?: ErrorOptions) {
    super(message, options)
    this.retryAfterMs = durationMs(after, "RetryAfterError")
  }
}
