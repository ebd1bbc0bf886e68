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

export interface OperationFilter {
  /** The model that was asked for, or `provider/model` of one that was called. */
  readonly model?: string
  /** The route that decided. */
  readonly route?: string
  readonly status?: LoggedOperation["status"]
  readonly user?: string
  /** Asked at or after, milliseconds since the epoch. */
  readonly fromMs?: number
  /** Asked before. */
  readonly toMs?: number
  /** `nextCursor` of the page before. */
  readonly cursor?: string
  readonly limit: number
}

export interface OperationPage {
  readonly operations: readonly LoggedOperation[]
  /** Absent on the last page. */
  readonly nextCursor?: string
}

export interface OperationLogRpc {
  /** Keeps an operation that is over; safe to repeat. */
  logOperation(operation: LoggedOperation): Promise<void>
  /** Newest first. */
  operations(filter: OperationFilter): Promise<OperationPage>
  /** Throws `operation_not_found`. */
  operation(id: string): Promise<LoggedOperation>
}

const CREATE = [
  `CREATE TABLE IF NOT EXISTS operation (
    id TEXT PRIMARY KEY, status TEXT NOT NULL, route TEXT NOT NULL, user TEXT, data TEXT NOT NULL) STRICT, WITHOUT ROWID`,
  "CREATE INDEX IF NOT EXISTS operation_by_status ON operation (status, id)",
  "CREATE INDEX IF NOT EXISTS operation_by_route ON operation (route, id)",
  "CREATE INDEX IF NOT EXISTS operation_by_user ON operation (user, id) WHERE user IS NOT NULL",
  `CREATE TABLE IF NOT EXISTS operation_model (
    model TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (model, id)) STRICT, WITHOUT ROWID`,
]

export class OperationLog {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
    for (const statement of CREATE) sql.exec(statement)
  }

  /** Keeps an operation; `isNew` is called, in the same transaction, when it was not kept before. */
  add(operation: LoggedOperation, nowMs: number, isNew: () => void): void {
    const { id, status, user, record } = operation
    this.#sql.transaction(() => {
      const oldest = firstId("op", nowMs - OPERATIONS_KEEP_MS)
      const dropped = this.#sql.exec("DELETE FROM operation WHERE id < ? RETURNING id", oldest)
      if (dropped.length > 0) this.#sql.exec("DELETE FROM operation_model WHERE id < ?", oldest)
      const written = this.#sql.exec(
        "INSERT INTO operation (id, status, route, user, data) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id",
        ...[id, status, record.decision.route, user ?? null, JSON.stringify(withoutAnswers(operation))],
      )
      if (written.length === 0) return
      for (const model of modelsOf(operation)) this.#sql.exec("INSERT INTO operation_model VALUES (?, ?)", model, id)
      isNew()
    })
  }

  /** Those that fit every part of `filter`, newest first. */
  list({ limit, ...filter }: OperationFilter): OperationPage {
    const { model, route, status, user, fromMs, toMs, cursor } = filter
    const conditions = [
      { condition: "id IN (SELECT id FROM operation_model WHERE model = ?)", value: model },
      { condition: "route = ?", value: route },
      { condition: "status = ?", value: status },
      { condition: "user = ?", value: user },
      { condition: "id >= ?", value: fromMs === undefined ? undefined : firstId("op", fromMs) },
      { condition: "id < ?", value: toMs === undefined ? undefined : firstId("op", toMs) },
      { condition: "id < ?", value: cursor },
    ].flatMap(({ condition, value }) => (value === undefined ? [] : [{ condition, value }]))
    const where = conditions.length === 0 ? "" : `WHERE ${conditions.map(({ condition }) => condition).join(" AND ")}`
    const query = `SELECT data FROM operation ${where} ORDER BY id DESC LIMIT ?`
    const rows = this.#sql.exec(query, ...conditions.map(({ value }) => value), limit + 1)
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

/** What an operation is found by: the model asked for, and those that were called. */
function modelsOf({ asked, record }: LoggedOperation): ReadonlySet<string> {
  return new Set([asked, ...record.attempts.map(({ provider, model }) => `${provider}/${model}`)])
}
