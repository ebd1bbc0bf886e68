/**
 * The call book: every call of a business endpoint, by endpoint and `Idempotency-Key`, with how it ended. Kept in the
 * database, so that a test may kill everything and still ask what was really done, and how often.
 */
import type { DatabaseSync } from "node:sqlite"

/**
 * `pending` has no end yet (or the sandbox died first); `executed` did the work; `replayed` repeated an earlier answer;
 * `failed` was refused or hit an injected error.
 */
export type Outcome = "pending" | "executed" | "replayed" | "failed"

/** Books a call as it arrives, before any work; returns its number. */
export function bookCall(db: DatabaseSync, endpoint: string, key: string | undefined): number {
  const insert = db.prepare("INSERT INTO call (endpoint, key, outcome) VALUES (?, ?, 'pending')")
  return Number(insert.run(endpoint, key ?? null).lastInsertRowid)
}

export function settleCall(db: DatabaseSync, call: number, outcome: Outcome): void {
  db.prepare("UPDATE call SET outcome = ? WHERE number = ?").run(outcome, call)
}

/** Counts by endpoint and key, in the order of first arrival; `calls` is all that arrived. */
export function countCalls(db: DatabaseSync, endpoint: string | undefined) {
  return db
    .prepare(
      `SELECT endpoint, key, count(*) AS calls, sum(outcome = 'executed') AS executed,
        sum(outcome = 'replayed') AS replayed, sum(outcome = 'failed') AS failed, sum(outcome = 'pending') AS pending
       FROM call WHERE ?1 IS NULL OR endpoint = ?1 GROUP BY endpoint, key ORDER BY min(number)`,
    )
    .all(endpoint ?? null)
}

export function forgetCalls(db: DatabaseSync): void {
  db.exec("DELETE FROM call")
}
