/**
 * The contract of a dialect: how one family of wire formats says that it failed, how its answers end, and what they
 * used. Dialects are code and few; providers are data and many. A dialect judges bytes, never an SDK's error object:
 * packages label a network drop "status 200, not retryable" and pass truncated streams as success.
 */
import type { Failure } from "../model/failure.ts"
import type { Usage } from "../model/result.ts"
import type { WireBody } from "./wire/body.ts"

/** An answer that says it failed: by its status, or (status 200) by an error document or event inside it. */
export interface ErrorAnswer {
  /** A 2xx: the error was told inside, and with no status of its own. */
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly nowMs: number
}

export interface Dialect {
  readonly id: string
  /** Reads an error answer: class, the provider's own code, and the wait it asks for. */
  classify(answer: ErrorAnswer): Failure
  /** Whether a 2xx body holds its terminator, and why the answer ended: so that nothing of it is missing. */
  ended(body: WireBody): boolean
  /** A failure inside a 2xx body: an error event, a refusal, a blocked prompt, an end that is not the answer's own. */
  hidden(body: WireBody, answer: Omit<ErrorAnswer, "body">): Failure | undefined
  /** Reads what a binding threw instead of answering; `undefined` when it says nothing of the provider. */
  thrown?(error: unknown, nowMs: number): Failure | undefined
  /** What the body says was used so far; also of answers that broke off or were refused. */
  usage(body: WireBody): Usage | undefined
}
