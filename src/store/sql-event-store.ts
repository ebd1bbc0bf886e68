/**
 * The log in SQLite: one table, one row per event. It writes nothing but inserts and keeps the head in memory, so that
 * appending reads nothing and costs the same at the first event and at the hundred-thousandth.
 *
 * Invariant: this object is the only writer of its database while it lives. An `append` must not stand in an outer
 * transaction that is rolled back: the cached head would be ahead of the table.
 */
import { EMPTY_HEAD, type EventRow, type Head } from "../run/chain.ts"
import type { NewEvent, RunEvent } from "../run/event.ts"
import { chainEvents, fromRow } from "../run/event-row.ts"
import type { EventStore } from "./event-store.ts"
import type { Sql, SqlRow } from "./sql.ts"

const CREATE = `CREATE TABLE IF NOT EXISTS event (
  seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, type TEXT NOT NULL, path TEXT NOT NULL,
  attempt INTEGER NOT NULL, data TEXT NOT NULL, hash TEXT NOT NULL) STRICT`
const INSERT = "INSERT INTO event (seq, at_ms, type, path, attempt, data, hash) VALUES (?, ?, ?, ?, ?, ?, ?)"
const HEAD = "SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1"
const GET = "SELECT * FROM event WHERE seq = ?"
const PAGE = "SELECT * FROM event WHERE seq > ? ORDER BY seq LIMIT ?"

/** What SQLite takes for "no limit". */
const ALL = -1

export class SqlEventStore implements EventStore {
  readonly #sql: Sql
  #head: Head

  /** Opens the log in `sql`, and makes its table when there is none. */
  constructor(sql: Sql) {
    this.#sql = sql
    sql.exec(CREATE)
    const [last] = sql.exec(HEAD)
    this.#head = last ? { seq: Number(last.seq), hash: String(last.hash) } : EMPTY_HEAD
  }

  append(events: readonly NewEvent[], atMs: number): readonly RunEvent[] {
    // All text and hashes are made before the first insert: bad data is refused while nothing is written.
    const { rows, recorded } = chainEvents(this.#head, events, atMs)
    if (rows.length === 1) this.#insert(rows)
    else if (rows.length > 1) this.#sql.transaction(() => this.#insert(rows))
    const last = rows.at(-1)
    if (last) this.#head = { seq: last.seq, hash: last.hash }
    return recorded
  }

  read(after = 0, limit = ALL): readonly RunEvent[] {
    return this.rows(after, limit).map(fromRow)
  }

  get(seq: number): RunEvent | undefined {
    const [row] = this.#sql.exec(GET, seq)
    return row && fromRow(eventRow(row))
  }

  rows(after = 0, limit = ALL): readonly EventRow[] {
    return this.#sql.exec(PAGE, after, limit).map(eventRow)
  }

  head(): Head {
    return this.#head
  }

  #insert(rows: readonly EventRow[]): void {
    for (const row of rows)
      this.#sql.exec(INSERT, row.seq, row.at_ms, row.type, row.path, row.attempt, row.data, row.hash)
  }
}

function eventRow(row: SqlRow): EventRow {
  return {
    seq: Number(row.seq),
    at_ms: Number(row.at_ms),
    type: String(row.type),
    path: String(row.path),
    attempt: Number(row.attempt),
    data: String(row.data),
    hash: String(row.hash),
  }
}
