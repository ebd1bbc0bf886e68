/**
 * The contract of a dialect: how one family of wire formats says that it failed, and how its answers end.
 * Dialects are code and few; providers are data and many. A dialect judges bytes, never an SDK's error object:
 * packages label a network drop "status 200, not retryable" and pass truncated streams as success.
 */
import type { Failure } from "../model/failure.ts"
import type { Exchange } from "./transport.ts"

/** An answer with an error status (or an error document inside a 200). */
export interface ErrorAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly nowMs: number
}

export interface Dialect {
  readonly id: string
  /** Reads an error answer: class, the provider's own code, and the wait it asks for. */
  classify(answer: ErrorAnswer): Failure
  /** Whether a complete 2xx body has its terminator. Not asked about bodies that broke off. */
  ended(exchange: Exchange): boolean
  /** A failure inside a 2xx body: an error event, a refusal, a blocked prompt. */
  hidden(exchange: Exchange, nowMs: number): Failure | undefined
}
