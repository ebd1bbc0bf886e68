/**
 * What a decision is made from: the situation (field values) and what is known of each candidate at this moment.
 * Plain JSON (type aliases, which the type checker knows to be that): it is recorded with the decision, so that `decide` on the record gives the recorded choice for ever.
 */
import type { FieldValues } from "./fields.ts"

/** What is known of one candidate. Everything that is not said is in the candidate's favour, except regions. */
export type CandidateFacts = {
  /** Why it cannot serve this operation at all: `not_configured`, `no_vision`, `no_tools`, `too_large`, … */
  readonly unfit?: string
  /** Residency regions that it is known to be served from; absent or empty is "unknown", which meets no requirement. */
  readonly regions?: readonly string[]
  /** When its breaker lets a probe through, milliseconds since the epoch; absent when it is closed or probing is free. */
  readonly openUntilMs?: number
  /** Worst-case cost of this operation; absent when no price is known. */
  readonly costNanoUsd?: number
  /** Recent mean latency. */
  readonly latencyMs?: number
}

export type RoutingFacts = {
  /** The route that the step asks for: a route's name, an alias, or a model in full. */
  readonly route?: string
  /** A model in full that somebody chose by hand: it goes before everything that the configuration prefers. */
  readonly model?: string
  readonly values: FieldValues
  /** By candidate key. A candidate that is missing here is unfit. */
  readonly candidates: Readonly<Record<string, CandidateFacts>>
}
