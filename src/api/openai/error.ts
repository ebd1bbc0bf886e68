/** Errors as OpenAI words them, with the statuses that its clients act on. */
import type { z } from "zod"
import { ERROR_CODES } from "../../lib/error-codes.ts"
import type { ErrorData } from "../../lib/errors.ts"
import type { FailureClass } from "../../lib/failure-classes.ts"
import type { Failure } from "../../model/failure.ts"
import type { OpenAIError } from "../../protocol/openai.ts"
import { json } from "../answer.ts"

type Headers = Readonly<Record<string, string>>
type Wording = readonly [status: number, code: string]

/** Failures that say something to the caller. All others are the provider's fault: 502, with the class as the code. */
const FAILURES: Partial<Record<FailureClass, Wording>> = {
  "provider.rate_limited": [429, "rate_limit_exceeded"],
  "provider.quota": [429, "insufficient_quota"],
  "provider.overloaded": [503, "overloaded"],
  "provider.outage": [503, "outage"],
  "provider.timeout": [504, "timeout"],
  "request.invalid": [400, "invalid_request"],
  "request.too_long": [400, "context_length_exceeded"],
  "request.unsupported": [400, "unsupported"],
  "request.content_blocked": [400, "content_filter"],
  "output.refusal": [400, "content_filter"],
  "policy.budget": [429, "insufficient_quota"],
  "policy.rate": [429, "rate_limit_exceeded"],
  "policy.residency": [403, "residency"],
  "policy.redaction": [400, "redaction_blocked"],
  "policy.guardrail": [400, "content_filter"],
  "own_code.config": [503, "not_configured"],
}

/** The answer to a request that was refused before any model was asked. */
export function refuse(error: ErrorData): Response {
  const { status } = ERROR_CODES[error.code]
  return answer([status === 422 ? 400 : status, error.code], error, {})
}

/** The answer when every candidate failed. The gateway has tried what could be tried: clients are told not to repeat it. */
export function failed(error: ErrorData, failure: Failure, headers: Headers): Response {
  const { retryAfterMs } = failure
  return answer(wordingOf(failure), error, {
    ...headers,
    "x-should-retry": "false",
    ...(retryAfterMs === undefined ? {} : { "retry-after": String(Math.ceil(retryAfterMs / 1_000)) }),
  })
}

/** The same as the last event of a stream that has begun. */
export function failedEvent(error: ErrorData, failure: Failure): z.infer<typeof OpenAIError> {
  return body(wordingOf(failure), error)
}

/** What went wrong inside us, as the last event of a stream. */
export function faultEvent(error: ErrorData): z.infer<typeof OpenAIError> {
  return body([500, error.code], error)
}

function wordingOf({ class: failureClass }: Failure): Wording {
  return FAILURES[failureClass] ?? [502, failureClass.slice(failureClass.indexOf(".") + 1)]
}

function answer(wording: Wording, error: ErrorData, headers: Headers): Response {
  return json(body(wording, error), wording[0], headers)
}

function body([status, code]: Wording, { message, path, code: own }: ErrorData): z.infer<typeof OpenAIError> {
  const { remedy } = ERROR_CODES[own]
  const param = path?.replace(/^body\.?/, "") ?? ""
  return { error: { message: `${message} ${remedy}`, type: typeOf(status), param: param === "" ? null : param, code } }
}

function typeOf(status: number): string {
  if (status === 401) return "authentication_error"
  if (status === 403) return "permission_error"
  if (status === 429) return "rate_limit_error"
  return status < 500 ? "invalid_request_error" : "server_error"
}
