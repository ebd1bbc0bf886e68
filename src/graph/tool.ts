/**
 * Tools: what a workflow may do to the world. A tool says what kind of effect it has, and the engine keeps the promise
 * that goes with it over crashes: reads and idempotent calls are tried again, an unsafe one never silently.
 */

import type { Duration } from "../lib/duration.ts"
import type { RetryPolicy } from "./node.ts"
import type { Schema } from "./schema.ts"

/** `read` changes nothing; `idempotent` may be sent again with the same key; `unsafe` must not be sent twice. */
export type Effect = "read" | "idempotent" | "unsafe"

export interface ToolCall<Input> {
  readonly input: Input
  /** The same for this step over attempts, crashes and resumes: send it as the `Idempotency-Key` of the request. */
  readonly idempotencyKey: string
  /** Aborts when the step times out or the run is cancelled. */
  readonly signal: AbortSignal
  /** 1-based. */
  readonly attempt: number
  /** Configuration and secrets of the deployment by name (environment variables). */
  readonly secrets: Readonly<Record<string, string | undefined>>
  /** The network; the same as the global `fetch`, but a test can hand in its own. */
  readonly fetch: typeof fetch
}

export interface ToolDefinition<Input, Output> {
  readonly name: string
  readonly description: string
  readonly input: Schema<Input>
  readonly output: Schema<Output>
  readonly effect: Effect
  readonly retry?: RetryPolicy
  readonly timeout?: Duration
  /** Does the work. Throw `NonRetryableError` to stop at once, `RetryAfterError` to say when to try again. */
  run(call: ToolCall<Input>): Promise<Output> | Output
  /** Undoes a completed call, when the run fails later or is cancelled with compensation. */
  compensate?(call: ToolCall<Input> & { readonly output: Output }): Promise<unknown> | unknown
}

/** A tool as steps hold it. */
export interface Tool<Input = unknown, Output = unknown> extends ToolDefinition<Input, Output> {}

/** Makes a tool. Input and output are checked on every call: a wrong output fails the step instead of spoiling the next one. */
export function tool<Input, Output>(definition: ToolDefinition<Input, Output>): Tool<Input, Output> {
  return Object.freeze({ ...definition })
}
