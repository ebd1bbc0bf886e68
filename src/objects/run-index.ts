/**
 * The index of a tenant's runs, in SQL: what lists show and what filters look at. It is a copy of what the runs' logs say,
 * sent by the runs themselves, at least once and in any order.
 *
 * Invariant: the row with the highest `seq` wins; an older or repeated one changes nothing.
 */
import { firstId } from "../lib/id.ts"
import type { RunsBelow } from "../protocol/run-tree.ts"
import type { RunSummary } from "../protocol/summary.ts"
import { placesOf } from "../run/places.ts"
import type { Sql, SqlRow } from "../store/sql.ts"

export interface RunFilter {
  readonly workflow?: string
  readonly status?: RunSummary["status"]
  readonly user?: string
  readonly tag?: string
  readonly errorCode?: string
  /** The path of the step that failed the run, with or without the numbers of items and rounds, or its name. */
  readonly failedAt?: string
  /** `own_code.tool`, or all of `own_code`. */
  readonly failureClass?: string
  /** Child runs of this run. */
  readonly parent?: string
  /** Forks of this run. */
  readonly forkedFrom?: string
  /** Rehearsals of this run. */
  readonly replayOf?: string
  /**
   * Originals that nobody has mended: neither forks nor rehearsals, and without a fork, or a fork of a fork, that succeeded
   * or is under way.
   */
  readonly unmended?: true
  /** Created at or after, milliseconds since the epoch. */
  readonly fromMs?: number
  /** Created before. */
  readonly toMs?: number
  /** `nextCursor` of the page before. */
  readonly cursor?: string
  readonly limit: number
}

/** What a filter says of the runs themselves. */
export type RunCriteria = Omit<RunFilter, "cursor" | "limit">

export interface RunPage {
  readonly runs: readonly RunSummary[]
  /** Absent on the last page. */
  readonly nextCursor?: string
}

// Run ids sort by the time of creation, so every index ends with the id and no list ever sorts.
const CREATE = [
  `CREATE TABLE IF NOT EXISTS run (
    run_id TEXT PRIMARY KEY, seq INTEGER NOT NULL, workflow TEXT NOT NULL, status TEXT NOT NULL,
    user TEXT, error_code TEXT, failure_class TEXT, parent TEXT, forked_from TEXT,
    replay_of TEXT, data TEXT NOT NULL) STRICT, WITHOUT ROWID`,
  "CREATE INDEX IF NOT EXISTS run_by_workflow ON run (workflow, run_id)",
  "CREATE INDEX IF NOT EXISTS run_by_status ON run (status, run_id)",
  "CREATE INDEX IF NOT EXISTS run_by_user ON run (user, run_id) WHERE user IS NOT NULL",
  "CREATE INDEX IF NOT EXISTS run_by_error ON run (error_code, run_id) WHERE error_code IS NOT NULL",
  "CREATE INDEX IF NOT EXISTS run_by_parent ON run (parent, run_id) WHERE parent IS NOT NULL",
  "CREATE INDEX IF NOT EXISTS run_by_original ON run (forked_from, run_id) WHERE forked_from IS NOT NULL",
  "CREATE INDEX IF NOT EXISTS run_by_recording ON run (replay_of, run_id) WHERE replay_of IS NOT NULL",
  `CREATE TABLE IF NOT EXISTS run_failure (
    place TEXT NOT NULL, run_id TEXT NOT NULL, PRIMARY KEY (place, run_id)) STRICT, WITHOUT ROWID`,
  `CREATE TABLE IF NOT EXISTS run_tag (
    tag TEXT NOT NULL, run_id TEXT NOT NULL, PRIMARY KEY (tag, run_id)) STRICT, WITHOUT ROWID`,
]
const UPSERT = `INSERT INTO run
    (run_id, seq, workflow, status, user, error_code, failure_class, parent, forked_from, replay_of, data)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (run_id) DO UPDATE SET
    seq = excluded.seq, status = excluded.status, error_code = excluded.error_code,
    failure_class = excluded.failure_class, data = excluded.data
  WHERE excluded.seq > run.seq
  RETURNING run_id`
const FAILURE = "INSERT INTO run_failure (place, run_id) VALUES (?, ?) ON CONFLICT DO NOTHING"
const UNMENDED = `forked_from IS NULL AND replay_of IS NULL AND NOT EXISTS (
  WITH RECURSIVE made (run_id, status) AS (
    SELECT fork.run_id, fork.status FROM run AS fork WHERE fork.forked_from = run.run_id
    UNION SELECT fork.run_id, fork.status FROM made JOIN run AS fork ON fork.forked_from = made.run_id)
  SELECT 1 FROM made WHERE status NOT IN ('failed', 'cancelled'))`
const TAG = "INSERT INTO run_tag (tag, run_id) VALUES (?, ?) ON CONFLICT DO NOTHING"

export class RunIndex {
  readonly #sql: Sql

  /** Opens the index in `sql`, and makes its tables when there are none. */
  constructor(sql: Sql) {
    this.#sql = sql
    for (const statement of CREATE) sql.exec(statement)
  }

  /** Returns whether it was news. */
  record(summary: RunSummary): boolean {
    const { runId, seq, workflow, status, user, errorCode, failureClass, parent, forkedFrom, replayOf, tags } = summary
    const others = [parent, forkedFrom, replayOf].map((other) => other?.runId)
    const nullable = [user, errorCode, failureClass, ...others].map((value) => value ?? null)
    const data = JSON.stringify(summary)
    return this.#sql.transaction(() => {
      const written = this.#sql.exec(UPSERT, runId, seq, workflow, status, ...nullable, data)
      for (const place of summary.failedAt === undefined ? [] : placesOf(summary.failedAt))
        this.#sql.exec(FAILURE, place, runId)
      for (const tag of tags) this.#sql.exec(TAG, tag, runId)
      return written.length > 0
    })
  }

  /** How the run stands, as far as it was told; undefined for one that is not known. */
  statusOf(runId: string): RunSummary["status"] | undefined {
    const [row] = this.#sql.exec("SELECT status FROM run WHERE run_id = ?", runId)
    return row ? (String(row.status) as RunSummary["status"]) : undefined
  }

  /** Changes the status of a run that is known; whatever the run itself tells next goes over it. */
  setStatus(runId: string, status: RunSummary["status"]): void {
    const set = "UPDATE run SET status = ?1, data = json_set(data, '$.status', ?1) WHERE run_id = ?2"
    this.#sql.exec(set, status, runId)
  }

  /** How many runs have `status`, by workflow. */
  countByWorkflow(status: RunSummary["status"]): ReadonlyMap<string, number> {
    const rows = this.#sql.exec("SELECT workflow, COUNT(*) AS runs FROM run WHERE status = ? GROUP BY workflow", status)
    return new Map(rows.map(({ workflow, runs }) => [String(workflow), Number(runs)]))
  }

  /** The runs that fit every part of `filter`, newest first. */
  list({ limit, cursor, ...criteria }: RunFilter): RunPage {
    const rows = this.#select("data", criteria, limit + 1, cursor)
    const runs = rows.slice(0, limit).map((row): RunSummary => JSON.parse(String(row.data)))
    const last = runs.at(-1)
    return { runs, ...(rows.length > limit && last ? { nextCursor: last.runId } : {}) }
  }

  /** Ids of the runs that fit every part of `criteria`, newest first, at most `limit` of them. */
  idsOf(criteria: RunCriteria, limit: number): readonly string[] {
    return this.#select("run_id", criteria, limit).map(({ run_id }) => String(run_id))
  }

  /** The row of a run that is known. */
  get(runId: string): RunSummary | undefined {
    const [row] = this.#sql.exec("SELECT data FROM run WHERE run_id = ?", runId)
    return row && JSON.parse(String(row.data))
  }

  /** The runs below `rootId`, generation by generation, at most `limit` of them. */
  below(rootId: string, limit: number): RunsBelow {
    const query = "SELECT data FROM run WHERE parent = ? ORDER BY run_id LIMIT ?"
    const runs: RunSummary[] = []
    const truncated: string[] = []
    const ids = [rootId]
    // It grows while it is gone through: those that were found are looked below in their turn.
    for (const id of ids) {
      const left = limit - runs.length
      const rows = this.#sql.exec(query, id, left + 1)
      if (rows.length > left) truncated.push(id)
      for (const row of rows.slice(0, left)) {
        const run: RunSummary = JSON.parse(String(row.data))
        runs.push(run)
        ids.push(run.runId)
      }
    }
    return { runs, truncated }
  }

  #select(columns: string, criteria: RunCriteria, limit: number, cursor?: string): readonly SqlRow[] {
    const { conditions, params } = conditionsOf(criteria)
    if (cursor !== undefined) {
      conditions.push("run_id < ?")
      params.push(cursor)
    }
    const clause = conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : ""
    return this.#sql.exec(`SELECT ${columns} FROM run ${clause} ORDER BY run_id DESC LIMIT ?`, ...params, limit)
  }
}

function conditionsOf(criteria: RunCriteria): { readonly conditions: string[]; readonly params: string[] } {
  const conditions: string[] = []
  const params: string[] = []
  const where = (condition: string, value: string | undefined): void => {
    if (value === undefined) return
    conditions.push(condition)
    params.push(value)
  }
  where("run_id IN (SELECT run_id FROM run_tag WHERE tag = ?)", criteria.tag)
  where("workflow = ?", criteria.workflow)
  where("status = ?", criteria.status)
  where("user = ?", criteria.user)
  where("error_code = ?", criteria.errorCode)
  where("run_id IN (SELECT run_id FROM run_failure WHERE place = ?)", criteria.failedAt)
  where("instr(failure_class || '.', ? || '.') = 1", criteria.failureClass)
  where("parent = ?", criteria.parent)
  where("forked_from = ?", criteria.forkedFrom)
  where("replay_of = ?", criteria.replayOf)
  where("run_id >= ?", criteria.fromMs === undefined ? undefined : firstId("run", criteria.fromMs))
  where("run_id < ?", criteria.toMs === undefined ? undefined : firstId("run", criteria.toMs))
  if (criteria.unmended) conditions.push(UNMENDED)
  return { conditions, params }
}
