/**
 * The operations of a tenant that no run asked for, in SQL: what came through the OpenAI-compatible door, and counterfactuals. A row is written
 * once, when its operation is over, and is dropped after `OPERATIONS_KEEP_MS`. It holds how the model was chosen, every
 * attempt and what it cost; neither question nor answer.
 */
import type { ErrorData } from "../lib/errors.ts"
import { WaybillError } from "../lib/errors.ts"
import { firstId } from "../lib/id.ts"
import { OPERATIONS_KEEP_MS } from "../lib/limits.ts"
import type { OperationRecord } from "../model/record.ts"
import type { Sql } from "../store/sql.ts"

export interface LoggedOperation {
  /** Sorts by the time at which it was asked. */
  readonly id: string
  readonly endpoint: "chat.completions" | "embeddings" | "moderations" | "counterfactual"
  /** The model that was asked for, as the caller wrote it. */
  readonly asked: string
  /** `cancelled`: the caller went away. */
  readonly status: "succeeded" | "failed" | "cancelled"
  readonly user?: string
  readonly error?: ErrorData
  readonly record: OperationRecord
}

export interface OperationPage {
  readonly operations: readonly LoggedOperation[]
  /** Absent on the last page. */
  readonly nextCursor?: string
}

export interface OperationLogRpc {
  /** Keeps an operation that is over; safe to repeat. */
  logOperation(operation: LoggedOperation): Promise<void>
  /** Newest first; `cursor` is `nextCursor` of the page before. */
  operations(limit: number, cursor?: string): Promise<OperationPage>
  /** Throws `operation_not_found`. */
  operation(id: string): Promise<LoggedOperation>
}

const CREATE = "CREATE TABLE IF NOT EXISTS operation (id TEXT PRIMARY KEY, data TEXT NOT NULL) STRICT, WITHOUT ROWID"

export class OperationLog {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
    sql.exec(CREATE)
  }

  add(operation: LoggedOperation, nowMs: number): void {
    this.#sql.transaction(() => {
      this.#sql.exec("DELETE FROM operation WHERE id < ?", firstId("op", nowMs - OPERATIONS_KEEP_MS))
      this.#sql.exec(
        "INSERT INTO operation (id, data) VALUES (?, ?) ON CONFLICT DO NOTHING",
        ...[operation.id, JSON.stringify(withoutAnswers(operation))],
      )
    })
  }

  list(limit: number, cursor = "op~"): OperationPage {
    const rows = this.#sql.exec("SELECT data FROM operation WHERE id < ? ORDER BY id DESC LIMIT ?", cursor, limit + 1)
    const operations = rows.slice(0, limit).map((row): LoggedOperation => JSON.parse(String(row.data)))
    const last = operations.at(-1)
    return { operations, ...(rows.length > limit && last ? { nextCursor: last.id } : {}) }
  }

  /** Throws `operation_not_found`. */
  get(id: string): LoggedOperation {
    const [row] = this.#sql.exec("SELECT data FROM operation WHERE id = ?", id)
    if (!row) throw new WaybillError("operation_not_found", `There is no operation ${JSON.stringify(id)}.`)
    return JSON.parse(String(row.data))
  }
}

function withoutAnswers({ record, ...operation }: LoggedOperation): LoggedOperation {
  const attempts = record.attempts.map(({ answer: _answer, ...attempt }) => attempt)
  return { ...operation, record: { ...record, attempts } }
}
