/**
 * One HTTP call to the business (billing and helpdesk), and what its answer means for the step that asked: done, refused
 * for good, or worth another try. Knows no endpoint.
 */
import { NonRetryableError, RetryAfterError, type ToolCall } from "waybill"
import { z } from "zod"

export interface BusinessRequest {
  readonly method: "GET" | "POST"
  readonly path: string
  /** Sent as JSON, under the step's idempotency key. */
  readonly body?: unknown
}

/** What came back. A refusal is the business's decision (not found, already refunded): asking again would not change it. */
export type BusinessReply =
  | { readonly ok: true; readonly body: unknown }
  | { readonly ok: false; readonly status: number; readonly code: string; readonly message: string }

const problem = z.object({ error: z.object({ code: z.string(), message: z.string() }) })

/** The code for a key whose first request is still at work: its answer will be ours too. */
const KEY_IN_USE = "idempotency_key_in_use"

/** Throws what the engine retries for a network failure, 429, 5xx and a key in use; `NonRetryableError` without SANDBOX_URL. */
export async function askBusiness(call: ToolCall<unknown>, request: BusinessRequest): Promise<BusinessReply> {
  const base = call.secrets.SANDBOX_URL
  if (!base)
    throw new NonRetryableError(
      "SANDBOX_URL is not set: give it the address of the billing and helpdesk service, as `npm start` does.",
    )
  const { method, path, body } = request
  const response = await call.fetch(`${base.replace(/\/+$/, "")}${path}`, {
    method,
    signal: call.signal,
    headers: {
      accept: "application/json",
      "idempotency-key": call.idempotencyKey,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const answer: unknown = await response.json().catch(() => undefined)
  if (response.ok) return { ok: true, body: answer }
  const { code, message } = problem.safeParse(answer).data?.error ?? { code: "unknown", message: "no reason given" }
  const { status } = response
  const told = `${method} ${path} answered ${status} ${code}: ${message}`
  if (status === 429 || status >= 500 || code === KEY_IN_USE) throw passing(told, response)
  return { ok: false, status, code, message }
}

/** The body of a successful answer. Throws `NonRetryableError` for a refusal. */
export function bodyOf(reply: BusinessReply): unknown {
  if (reply.ok) return reply.body
  throw new NonRetryableError(`The business refused with ${reply.status} ${reply.code}: ${reply.message}`)
}

function passing(message: string, response: Response): Error {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN)
  if (Number.isFinite(seconds) && seconds >= 0) return new RetryAfterError(message, seconds * 1_000)
  return response.status === 409 ? new RetryAfterError(message, "1s") : new Error(message)
}
