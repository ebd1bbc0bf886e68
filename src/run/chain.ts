/**
 * The hash chain of a log: each event's hash covers the hash before it, so that no event can be altered, removed or
 * inserted without every later hash changing. Export and verification recompute it from here.
 */
import { sha256 } from "../lib/digest.ts"

/** What the first event is chained to. */
export const CHAIN_START = "0".repeat(64)

/** The columns of an event as text: the exact bytes that the hash covers. `data` is canonical JSON. */
export interface EventRow {
  readonly seq: number
  readonly at_ms: number
  readonly type: string
  readonly path: string
  readonly attempt: number
  readonly data: string
  readonly hash: string
}

/** SHA-256 of the previous hash and the event. Fields are joined by line feeds; only `data`, the last, may be of any length. */
export function chainHash(previousHash: string, row: Omit<EventRow, "hash">): string {
  return sha256(`${previousHash}\n${row.seq}\n${row.at_ms}\n${row.type}\n${row.path}\n${row.attempt}\n${row.data}`)
}

/** Where a log ends: the number and the hash of its newest event. */
export interface Head {
  readonly seq: number
  readonly hash: string
}

/** The head of a log without events. */
export const EMPTY_HEAD: Head = { seq: 0, hash: CHAIN_START }

/**
 * The first broken place of a chain, or undefined when it is intact from `CHAIN_START` on. A log that was cut short, or
 * written anew from some place on, is intact in itself: only `head`, as the run itself tells it, shows that.
 */
export function verifyChain(
  rows: Iterable<EventRow>,
  head?: Head,
): { readonly seq: number; readonly problem: string } | undefined {
  let hash = CHAIN_START
  let expectedSeq = 1
  for (const row of rows) {
    if (row.seq !== expectedSeq)
      return {
        seq: row.seq,
        problem: `found event ${row.seq}, expected ${expectedSeq}: events are missing or out of order`,
      }
    hash = chainHash(hash, row)
    if (row.hash !== hash)
      return { seq: row.seq, problem: `event ${row.seq} or one before it was altered: its hash does not match` }
    expectedSeq += 1
  }
  const lastSeq = expectedSeq - 1
  if (head && lastSeq !== head.seq)
    return { seq: lastSeq, problem: `the log ends with event ${lastSeq}, expected ${head.seq}: it was cut short` }
  if (head && hash !== head.hash)
    return { seq: lastSeq, problem: "the hash of the last event is not the run's: the log was written anew" }
  return undefined
}
