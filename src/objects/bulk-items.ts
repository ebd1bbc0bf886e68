/** The runs of bulk forks, one row each, in SQL. Part of `bulk-forks.ts`, which says what their states mean. */
import type { ErrorData } from "../lib/errors.ts"
import type { RunStatus } from "../run/run-state.ts"
import type { Sql, SqlRow } from "../store/sql.ts"

export type ItemState = "pending" | "asked" | "planned" | "started" | "told" | "ended" | "refused"

export interface Item {
  /** 0-based place in the order in which they are forked. */
  readonly place: number
  readonly runId: string
  readonly forkId: string
  readonly state: ItemState
  /** The step that the fork starts from. */
  readonly at?: string
  /** What the fork may cost; `high` is what is reserved for it. */
  readonly lowNanoUsd?: number
  readonly highNanoUsd?: number
  /** How the fork ended. */
  readonly outcome?: RunStatus
  readonly costNanoUsd?: number
  readonly error?: ErrorData
}

const CREATE = [
  `CREATE TABLE IF NOT EXISTS bulk_item (
    bulk_id TEXT NOT NULL, place INTEGER NOT NULL, state TEXT NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (bulk_id, place)) STRICT, WITHOUT ROWID`,
  "CREATE INDEX IF NOT EXISTS bulk_item_by_state ON bulk_item (bulk_id, state, place)",
]
const UNDER_WAY = "state IN ('asked', 'planned', 'started', 'told')"

export class BulkItems {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
    for (const statement of CREATE) sql.exec(statement)
  }

  write(bulkId: string, item: Item): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO bulk_item (bulk_id, place, state, data) VALUES (?, ?, ?, ?)",
      ...[bulkId, item.place, item.state, JSON.stringify(item)],
    )
  }

  /** Changes an item that is `from`; one that has gone on meanwhile stays as it is. */
  move(bulkId: string, place: number, from: ItemState, change: Partial<Item>): void {
    const [row] = this.#sql.exec(
      "SELECT data FROM bulk_item WHERE bulk_id = ? AND place = ? AND state = ?",
      ...[bulkId, place, from],
    )
    if (row) this.write(bulkId, { ...itemOf(row), ...change })
  }

  /** Nothing of these was done yet, and nothing will be. */
  release(bulkId: string): void {
    this.#sql.exec(
      `UPDATE bulk_item SET state = 'pending', data = json_set(data, '$.state', 'pending')
        WHERE bulk_id = ? AND state IN ('asked', 'planned')`,
      bulkId,
    )
  }

  pending(bulkId: string, limit: number): readonly Item[] {
    const query = "SELECT data FROM bulk_item WHERE bulk_id = ? AND state = 'pending' ORDER BY place LIMIT ?"
    return this.#sql.exec(query, bulkId, limit).map(itemOf)
  }

  underWay(bulkId: string): readonly Item[] {
    const query = `SELECT data FROM bulk_item WHERE bulk_id = ? AND ${UNDER_WAY} ORDER BY place`
    return this.#sql.exec(query, bulkId).map(itemOf)
  }

  /** A page in their order, from the `offset`th on. */
  page(bulkId: string, offset: number, limit: number): readonly Item[] {
    const query = "SELECT data FROM bulk_item WHERE bulk_id = ? AND place >= ? ORDER BY place LIMIT ?"
    return this.#sql.exec(query, bulkId, offset, limit).map(itemOf)
  }

  /** How many stand where: by their state, and those that have ended by how. */
  counts(bulkId: string): ReadonlyMap<string, number> {
    const rows = this.#sql.exec(
      `SELECT coalesce(json_extract(data, '$.outcome'), state) AS status, COUNT(*) AS items FROM bulk_item
        WHERE bulk_id = ? GROUP BY status`,
      bulkId,
    )
    return new Map(rows.map(({ status, items }) => [String(status), Number(items)]))
  }

  drop(bulkId: string): void {
    this.#sql.exec("DELETE FROM bulk_item WHERE bulk_id = ?", bulkId)
  }
}

function itemOf(row: SqlRow): Item {
  return JSON.parse(String(row.data))
}
