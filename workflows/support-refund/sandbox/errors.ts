/**
 * The sandbox's one error class, shaped like Stripe's errors. The sandbox stands for a foreign company, so it shares no
 * code with the product: callers see only HTTP.
 */

export type ErrorType = "invalid_request_error" | "idempotency_error" | "rate_limit_error" | "api_error"

export interface ErrorBody {
  readonly error: {
    readonly type: ErrorType
    readonly code: string
    readonly message: string
    /** The parameter that is wrong, when it is one. */
    readonly param?: string
  }
}

export class SandboxError extends Error {
  override readonly name = "SandboxError"
  readonly status: number
  readonly body: ErrorBody

  constructor(status: number, code: string, message: string, more: { type?: ErrorType; param?: string } = {}) {
    super(message)
    const { type = status >= 500 ? "api_error" : "invalid_request_error", param } = more
    this.status = status
    this.body = { error: { type, code, message, ...(param === undefined ? {} : { param }) } }
  }
}

/** The 404 of an id that names nothing. */
export function missing(what: string, id: string, param: string): SandboxError {
  return new SandboxError(404, "resource_missing", `No such ${what}: '${id}'.`, { param })
}
