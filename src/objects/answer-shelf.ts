/**
 * One tenant's answers in SQL: kept until their time is over, the oldest dropped first when there are too many. Whoever
 * asks has been told the key by the gateway; what an answer is to whom is no concern of this file.
 */
import type { Kept } from "../gateway/cache.ts"
import type { Sql } from "../store/sql.ts"

const CREATE = [
  `CREATE TABLE IF NOT EXISTS answer (
    key TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, bytes INTEGER NOT NULL,
    data TEXT NOT NULL) STRICT, WITHOUT ROWID`,
  "CREATE INDEX IF NOT EXISTS answer_by_age ON answer (at_ms, bytes)",
  "CREATE INDEX IF NOT EXISTS answer_by_end ON answer (until_ms)",
]

/** Rows that one call may delete: it must not take long. */
const DELETED_AT_ONCE = 500

/** An answer that is larger is not kept: a row of the platform holds 2 MB. */
const MAX_ANSWER_BYTES = 1024 * 1024
/** Of all answers of a tenant in a region. */
const MAX_SHELF_BYTES = 256 * 1024 * 1024

export class AnswerShelf {
  readonly #sql: Sql
  readonly #maxBytes: number
  #bytes: number

  constructor(sql: Sql, maxBytes = MAX_SHELF_BYTES) {
    this.#sql = sql
    this.#maxBytes = maxBytes
    for (const statement of CREATE) sql.exec(statement)
    this.#bytes = Number(sql.exec("SELECT COALESCE(SUM(bytes), 0) AS bytes FROM answer")[0]?.bytes)
  }

  get(key: string, nowMs: number): Kept | undefined {
    const [row] = this.#sql.exec("SELECT data FROM answer WHERE key = ? AND until_ms > ?", key, nowMs)
    return row && JSON.parse(String(row.data))
  }

  put(key: string, kept: Kept, nowMs: number): void {
    const data = JSON.stringify(kept)
    const bytes = new TextEncoder().encode(data).length
    if (bytes > MAX_ANSWER_BYTES || kept.untilMs <= nowMs) return
    this.#sql.transaction(() => {
      this.sweep(nowMs)
      this.#delete("key = ?", key)
      this.#sql.exec(
        "INSERT INTO answer (key, at_ms, until_ms, bytes, data) VALUES (?, ?, ?, ?, ?)",
        ...[key, kept.atMs, kept.untilMs, bytes, data],
      )
      this.#bytes += bytes
      while (this.#bytes > this.#maxBytes) this.#delete("key = (SELECT key FROM answer ORDER BY at_ms, key LIMIT 1)")
    })
  }

  /** Deletes answers whose time is over. Gives when the next one's is, if there is any. */
  sweep(nowMs: number): number | undefined {
    this.#delete(
      "key IN (SELECT key FROM answer WHERE until_ms <= ? ORDER BY until_ms LIMIT ?)",
      nowMs,
      DELETED_AT_ONCE,
    )
    const [next] = this.#sql.exec("SELECT until_ms FROM answer ORDER BY until_ms LIMIT 1")
    return next && Number(next.until_ms)
  }

  #delete(where: string, ...params: (string | number)[]): void {
    for (const { bytes } of this.#sql.exec(`DELETE FROM answer WHERE ${where} RETURNING bytes`, ...params))
      this.#bytes -= Number(bytes)
  }
}
