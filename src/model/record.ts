/**
 * The record of one operation: how its candidate was chosen, every attempt, what it used and what it cost.
 * It is written to the log whole; cost reports, traces and explanations are all read from it. Plain JSON.
 */
import type { ErrorData } from "../lib/errors.ts"
import type { Json } from "../lib/json.ts"
import type { Failure } from "./failure.ts"
import type { Operation } from "./operation.ts"
import type { FinishReason, OperationResult, Usage } from "./result.ts"

/** One provider and model that could have served the operation, and what became of it. */
export interface CandidateVerdict {
  readonly provider: string
  readonly model: string
  /** `served`, `failed` (was tried), `skipped` (could not be tried), `spare` (was not needed). */
  readonly verdict: "served" | "failed" | "skipped" | "spare"
  /** A code such as `not_configured`, `no_vision`, `region`, `breaker_open`; or the failure class of its last attempt. */
  readonly reason: string
}

/** How the candidate was chosen. */
export interface Decision {
  /** Version of the routing configuration that decided. */
  readonly routingVersion: string
  /** The route that applied: a step kind, `<workflow>.<step>`, or `default`. */
  readonly route: string
  /** One sentence for people: which model, and why not the ones before it. */
  readonly reason: string
  /** In the order in which they would be tried. */
  readonly candidates: readonly CandidateVerdict[]
  /** Rules that changed the candidates, by the path at which they stand in the configuration. */
  readonly rules: readonly string[]
  readonly experiment?: { readonly name: string; readonly arm: string; readonly key: string }
  /** What the decision was made from: deciding again on these with the same version gives the same candidates. */
  readonly facts?: Json
}

/** One call to one provider. */
export interface Attempt {
  /** 1-based, counted over the whole operation. */
  readonly attempt: number
  readonly provider: string
  readonly model: string
  readonly startedAtMs: number
  readonly durationMs: number
  /** Time to the first output token, when the answer was streamed. */
  readonly firstTokenMs?: number
  /** How long we waited before this attempt because the one before it failed. */
  readonly waitedMs: number
  readonly outcome: "succeeded" | "failed" | "aborted"
  readonly failure?: Failure
  readonly finishReason?: FinishReason
  /** What the model said, where it could not be used: as it came, placeholders and all; a long one is cut. */
  readonly answer?: string
  readonly usage: Usage
  readonly costNanoUsd: number
  /** False when no price is known for the model: then `costNanoUsd` is 0 and reports say so. */
  readonly priced: boolean
  readonly status?: number
  /** Ids by which the provider knows this call. */
  readonly requestId?: string
  readonly responseId?: string
  readonly responseModel?: string
  /** `cf-aig-*` headers of the answer, when it came through Cloudflare's AI Gateway. */
  readonly gateway?: Readonly<Record<string, string>>
  readonly region?: string
  /** Why this call was made, beyond answering: `reask`, `hedge`, `instruct` (the schema was put into words, since the model does not take it as such). */
  readonly purpose?: string
  /** The answer was not JSON as it came, and was mended without asking again. */
  readonly repaired?: true
  /** `usage` is our estimate: the call ended before the provider said what it used, or it never does. */
  readonly estimated?: true
  /** AI Gateway answered out of its cache: nothing was used, and nobody charges for it. */
  readonly cached?: true
  /** Which of the provider's keys, 1-based, when it has several. */
  readonly key?: number
}

export interface OperationRecord {
  readonly type: Operation["type"]
  /** Digest of the operation as the step asked it. */
  readonly requestDigest: string
  readonly startedAtMs: number
  readonly durationMs: number
  readonly decision: Decision
  readonly attempts: readonly Attempt[]
  /** Sums over the attempts. */
  readonly usage: Usage
  readonly costNanoUsd: number
  readonly cache?: "hit" | "miss"
  /** How many values were redacted before the providers saw the request. */
  readonly redactions?: number
}

/** What the gateway returns: always a record, and either a result or an error. It does not throw for a provider's failure. */
export type OperationOutcome =
  | { readonly status: "succeeded"; readonly result: OperationResult; readonly record: OperationRecord }
  | {
      readonly status: "failed"
      readonly error: ErrorData
      readonly failure: Failure
      readonly record: OperationRecord
    }
