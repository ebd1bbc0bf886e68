/**
 * What a run sees of the gateway: one function. The engine is handed a `ModelClient` and knows nothing behind it,
 * so a scripted one, a replaying one and the real one are interchangeable.
 */
import type { BlobRef } from "../lib/blob-ref.ts"
import type { Operation } from "./operation.ts"
import type { Decision, OperationOutcome, OperationRecord } from "./record.ts"
import type { Usage } from "./result.ts"

/** Who asks, and on whose behalf: everything that routing rules may look at. */
export interface OperationContext {
  readonly runId: string
  readonly workflow: string
  readonly step: {
    /** The step's address in the run, such as `items[3].extract`. */
    readonly path: string
    readonly name: string
    readonly kind: string
    /** Failed attempts of this step so far in this run. */
    readonly failures: number
    readonly attempt: number
  }
  readonly tenant: { readonly id: string; readonly plan?: string }
  readonly user?: { readonly id: string }
  /** Residency that the run asks for, such as `eu`. */
  readonly region?: string
  readonly tags: readonly string[]
  /** The step's own route, when its author named one. */
  readonly route?: string
  /** One model, `provider/model`, that somebody chose for this attempt by hand: it goes before everything the routing prefers. */
  readonly model?: string
  /** When the step's time is over, milliseconds since the epoch: no attempt may begin that cannot end before it. */
  readonly deadlineMs?: number
}

export interface OperationOptions {
  readonly signal: AbortSignal
  /** The bytes behind a media part. */
  readonly loadMedia: (ref: BlobRef) => Promise<Uint8Array>
  /** Called with each piece of an answer as it streams in. */
  readonly onDelta?: (delta: Delta) => void
  /**
   * The pieces go to somebody who cannot take them back: once one was handed over, no other attempt is made.
   * Default false: a later attempt begins with `reset`.
   */
  readonly commitOnDelta?: boolean
  /** Called before `operate` rejects, with the record as far as it got: what was asked until then has its price. */
  readonly onReject?: (record: OperationRecord) => void
}

/** A piece of an answer. `reset`: what came before it was an attempt that failed; forget it. */
export type Delta = { readonly type: "text"; readonly text: string } | { readonly type: "reset" }

export interface ModelClient {
  /**
   * Serves one operation. Resolves with a record in every case, also when all candidates failed;
   * rejects only when `options.signal` aborted or for a fault of our own.
   */
  operate(operation: Operation, context: OperationContext, options: OperationOptions): Promise<OperationOutcome>
}

/** What is known of the health of the model `provider/model`: until when nobody may call it, and how quick it was of late. */
export type HealthOf = (model: string) => { readonly openUntilMs?: number; readonly latencyMs?: number }

/** Says what a client would do, calling nobody: for replays, dry runs and explanations. */
export interface Forecaster {
  /** What would be decided now, with a reason for every candidate; `health` is as it is when none is given. Throws `no_route`. */
  explain(context: OperationContext, operation: Operation, health?: HealthOf): Decision
  /** What `usage` costs on `provider/model` now; undefined when no price is known. */
  estimateNanoUsd(model: string, usage: Usage): number | undefined
  /** The most that one call costs of whoever would be asked first now; undefined when that is nobody, or no price is known. */
  worstNanoUsd(context: OperationContext, operation: Operation): number | undefined
}
