/**
 * Idempotency keys of a tenant: which run a key started, so that the same request sent twice starts one run.
 *
 * Invariant: a key is bound before its run is started. Whoever finds it bound to a run that does not exist yet starts that
 * very run, which does no harm when somebody else is doing the same.
 */
import { WaybillError } from "../lib/errors.ts"
import { IDEMPOTENCY_KEEP_MS } from "../lib/limits.ts"
import type { Sql } from "../store/sql.ts"

export interface KeyedRequest {
  readonly key: string
  /** Digest of the request: another one under the same key is a mistake of the caller. */
  readonly digest: string
}

export interface Claim extends KeyedRequest {
  /** The run that the key is bound to, unless it is bound already. */
  readonly runId: string
}

export interface Claimed {
  readonly runId: string
  /** The key was bound before. */
  readonly replayed: boolean
}

const CREATE = [
  `CREATE TABLE IF NOT EXISTS idempotency_key (
    key TEXT PRIMARY KEY, digest TEXT NOT NULL, run_id TEXT NOT NULL, at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
  "CREATE INDEX IF NOT EXISTS idempotency_key_by_time ON idempotency_key (at_ms)",
]

export class IdempotencyKeys {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
    for (const statement of CREATE) sql.exec(statement)
  }

  /** The run that `request.key` is bound to, if any. Throws `idempotency_conflict` when that was another request. */
  claimedBy({ key, digest }: KeyedRequest, nowMs: number): string | undefined {
    const [bound] = this.#sql.exec(
      "SELECT digest, run_id FROM idempotency_key WHERE key = ? AND at_ms >= ?",
      ...[key, nowMs - IDEMPOTENCY_KEEP_MS],
    )
    if (!bound) return undefined
    const runId = String(bound.run_id)
    if (bound.digest === digest) return runId
    throw new WaybillError(
      "idempotency_conflict",
      `The Idempotency-Key ${JSON.stringify(key)} started ${runId} with another request.`,
      { runId },
    )
  }

  /** Binds `claim.key`, or says what it is bound to. Throws as `claimedBy` does. */
  claim(claim: Claim, nowMs: number): Claimed {
    return this.#sql.transaction(() => {
      this.#sql.exec("DELETE FROM idempotency_key WHERE at_ms < ?", nowMs - IDEMPOTENCY_KEEP_MS)
      const bound = this.claimedBy(claim, nowMs)
      if (bound !== undefined) return { runId: bound, replayed: true }
      const { key, digest, runId } = claim
      this.#sql.exec(
        "INSERT INTO idempotency_key (key, digest, run_id, at_ms) VALUES (?, ?, ?, ?)",
        ...[key, digest, runId, nowMs],
      )
      return { runId, replayed: false }
    })
  }
}
