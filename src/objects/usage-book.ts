/**
 * What a tenant's runs and operations used and paid, in SQL, summed up by day, user, workflow, step, model and category.
 * Runs tell all of theirs each time, at least once and in any order.
 *
 * Invariant: of what a run told, that with the highest `seq` is in the sums, once.
 */
import { type UsageRow, type UsageSums, usageDelta } from "../ledger/usage.ts"
import type { UsageDimension, UsageFilter } from "../protocol/usage.ts"
import type { Sql, SqlRow } from "../store/sql.ts"

export interface UsageQuery extends UsageFilter {
  readonly groupBy: readonly UsageDimension[]
  readonly limit: number
}

/** Sums, with the part that bought nothing. */
export interface UsageTotal extends UsageSums {
  readonly wastedNanoUsd: number
}

export interface UsageReport {
  readonly total: UsageTotal
  /** Dearest first. */
  readonly groups: readonly (UsageTotal & { readonly key: Readonly<Record<string, string>> })[]
}

const CREATE = [
  `CREATE TABLE IF NOT EXISTS usage (
    day TEXT NOT NULL, user TEXT NOT NULL, workflow TEXT NOT NULL, step TEXT NOT NULL, model TEXT NOT NULL,
    category TEXT NOT NULL, calls INTEGER NOT NULL, cost INTEGER NOT NULL, input INTEGER NOT NULL,
    output INTEGER NOT NULL, unpriced INTEGER NOT NULL,
    PRIMARY KEY (day, user, workflow, step, model, category)) STRICT, WITHOUT ROWID`,
  "CREATE TABLE IF NOT EXISTS run_usage (run_id TEXT PRIMARY KEY, seq INTEGER NOT NULL, data TEXT NOT NULL) STRICT, WITHOUT ROWID",
]
const ADD = `INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, cost = cost + excluded.cost, input = input + excluded.input,
    output = output + excluded.output, unpriced = unpriced + excluded.unpriced`
const SUMS = `coalesce(SUM(calls), 0) AS calls, coalesce(SUM(cost), 0) AS cost, coalesce(SUM(input), 0) AS input,
  coalesce(SUM(output), 0) AS output, coalesce(SUM(unpriced), 0) AS unpriced,
  coalesce(SUM(cost) FILTER (WHERE category IN ('wasted', 'hedged', 'unknown')), 0) AS wasted`

export class UsageBook {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
    for (const statement of CREATE) sql.exec(statement)
  }

  /** Takes in all that a run used until its event `seq`. */
  recordRun(runId: string, seq: number, rows: readonly UsageRow[]): void {
    this.#sql.transaction(() => {
      const [known] = this.#sql.exec("SELECT seq, data FROM run_usage WHERE run_id = ?", runId)
      if (known && Number(known.seq) >= seq) return
      this.add(usageDelta(known ? JSON.parse(String(known.data)) : [], rows))
      this.#sql.exec("INSERT OR REPLACE INTO run_usage VALUES (?, ?, ?)", runId, seq, JSON.stringify(rows))
    })
  }

  /** Takes in what was used, once for each call of this. */
  add(rows: readonly UsageRow[]): void {
    for (const { day, user, workflow, step, model, category, ...sums } of rows) {
      const { calls, costNanoUsd, inputTokens, outputTokens, unpricedCalls } = sums
      this.#sql.exec(
        ADD,
        ...[day, user, workflow, step, model, category],
        ...[calls, costNanoUsd, inputTokens, outputTokens, unpricedCalls],
      )
    }
  }

  /** Adds up what fits the query, and each group of it apart, at most `limit` of them. */
  report({ groupBy, limit, from, to, ...equal }: UsageQuery): UsageReport {
    const filters = [
      ...(from === undefined ? [] : [{ condition: "day >= ?", value: from }]),
      ...(to === undefined ? [] : [{ condition: "day < ?", value: to }]),
      ...Object.entries(equal).map(([column, value]) => ({ condition: `${column} = ?`, value })),
    ]
    const where = filters.length === 0 ? "" : `WHERE ${filters.map(({ condition }) => condition).join(" AND ")}`
    const params = filters.map(({ value }) => value)
    const columns = groupBy.join(", ")
    const query = `SELECT ${columns}, ${SUMS} FROM usage ${where} GROUP BY ${columns} ORDER BY cost DESC, ${columns} LIMIT ?`
    const groups = columns === "" ? [] : this.#sql.exec(query, ...params, limit)
    const [total = {}] = this.#sql.exec(`SELECT ${SUMS} FROM usage ${where}`, ...params)
    return {
      total: totalOf(total),
      groups: groups.map((row) => ({
        key: Object.fromEntries(groupBy.map((dimension) => [dimension, String(row[dimension])])),
        ...totalOf(row),
      })),
    }
  }
}

function totalOf({ calls, cost, input, output, unpriced, wasted }: SqlRow): UsageTotal {
  return {
    calls: Number(calls),
    costNanoUsd: Number(cost),
    inputTokens: Number(input),
    outputTokens: Number(output),
    unpricedCalls: Number(unpriced),
    wastedNanoUsd: Number(wasted),
  }
}
