/**
 * The contract of a run's log. Everything here is synchronous, because appending must be one transaction with no gap in
 * which the object could die half-written; the platform's output gates make it durable before anything leaves.
 *
 * Invariants, checked by one contract suite over every implementation:
 * 1. Appending is the only write; `append` takes all of its events or none.
 * 2. `seq` counts from 1 without gaps, and `hash` chains each event to the one before.
 * 3. What is read is what was appended: canonical JSON in, the same canonical JSON out.
 */

import type { EventRow, Head } from "../run/chain.ts"
import type { NewEvent, RunEvent } from "../run/event.ts"

export interface EventStore {
  /**
   * Appends `events` in order at `atMs` and returns them numbered and chained.
   * Throws `not_json` (nothing is written) when an event's data is not plain JSON.
   */
  append(events: readonly NewEvent[], atMs: number): readonly RunEvent[]
  /** Events with `seq > after`, oldest first, at most `limit` (default: all). */
  read(after?: number, limit?: number): readonly RunEvent[]
  /** The event numbered `seq`. */
  get(seq: number): RunEvent | undefined
  /** The rows as they are stored, for export and verification. */
  rows(after?: number, limit?: number): readonly EventRow[]
  /** Number and hash of the newest event; `EMPTY_HEAD` when there is none. */
  head(): Head
}
