/**
 * Which runs of a tenant may be busy. A run asks when it is new; it goes at once while there is a place, and queues
 * otherwise. Higher priorities go first; within a priority the users take turns; runs of one user go in the order in which
 * they came. Children of runs go before all others, among themselves by the priority that they have from their parents: these
 * were admitted, and what has begun should end.
 *
 * A place is held by every run whose row in the index is `running`. So a run that waits, for a person, a time or a child,
 * holds none: no queue can ever stand still because of waits, and a tree of runs cannot block itself. The price: a run that
 * wakes goes on without asking, so for a while more runs may be busy than the limit says; no new one starts until then.
 *
 * Invariants: places are counted from the index's rows and from nothing else. A run that was given a place is `running`
 * there from that moment on, and stays in `waiting_run` until it was heard of, so that it can be told again.
 */
import type { RunSummary } from "../protocol/summary.ts"
import type { Sql } from "../store/sql.ts"
import type { RunIndex } from "./run-index.ts"

export interface AdmissionRequest {
  readonly summary: RunSummary
  /** Default 0. */
  readonly priority?: number
  readonly isChild?: boolean
  /** Busy runs of this workflow at once, as today's code says. Default: no limit but the tenant's. */
  readonly concurrency?: number
}

export type Admitted = "go" | "queued"

/** Where a run stands in the queue. */
export interface QueuePlace {
  /** 1 is the next to go. Of those that wait for the same limit. */
  readonly position: number
  /** The limit that it waits for. */
  readonly limit: "tenant" | "workflow"
  readonly concurrency: number
}

const CREATE = [
  `CREATE TABLE IF NOT EXISTS waiting_run (
    run_id TEXT PRIMARY KEY, workflow TEXT NOT NULL, user TEXT NOT NULL, rank INTEGER NOT NULL, turn INTEGER NOT NULL,
    concurrency INTEGER, go_ms INTEGER) STRICT, WITHOUT ROWID`,
  `CREATE INDEX IF NOT EXISTS waiting_run_by_workflow ON waiting_run (workflow, rank DESC, turn, run_id)
    WHERE go_ms IS NULL`,
  "CREATE INDEX IF NOT EXISTS waiting_run_by_user ON waiting_run (rank, user, turn) WHERE go_ms IS NULL",
  "CREATE INDEX IF NOT EXISTS waiting_run_by_turn ON waiting_run (rank, turn) WHERE go_ms IS NULL",
]
const CHILD_RANK = 1_000

interface Waiting {
  readonly runId: string
  readonly workflow: string
  readonly rank: number
  readonly turn: number
}

export class Admission {
  readonly #sql: Sql
  readonly #index: RunIndex
  readonly #tenantLimit: number
  /** Busy and waiting runs by workflow; kept in step with the rows, so that a start reads none of them. */
  readonly #busy: Map<string, number>
  readonly #waiting = new Map<string, number>()
  #busyInAll = 0
  /** Runs that were given a place and not heard of since. */
  readonly #told: Set<string>
  /** What today's code says, as far as a run of the workflow asked since this object came to memory. */
  readonly #limits = new Map<string, number>()

  constructor(sql: Sql, index: RunIndex, tenantLimit: number) {
    this.#sql = sql
    this.#index = index
    this.#tenantLimit = tenantLimit
    for (const statement of CREATE) sql.exec(statement)
    this.#busy = new Map(index.countByWorkflow("running"))
    for (const runs of this.#busy.values()) this.#busyInAll += runs
    const waiting = "SELECT workflow, COUNT(*) AS runs FROM waiting_run WHERE go_ms IS NULL GROUP BY workflow"
    for (const { workflow, runs } of sql.exec(waiting)) this.#waiting.set(String(workflow), Number(runs))
    this.#told = new Set(
      sql.exec("SELECT run_id FROM waiting_run WHERE go_ms IS NOT NULL").map(({ run_id }) => `${run_id}`),
    )
  }

  /** Runs that have a place and may not know it. */
  get unheard(): readonly string[] {
    return [...this.#told]
  }

  /** Gives the run a place, or puts it into the queue. Asked again, answers the same, or that its turn has come. */
  ask(request: AdmissionRequest, nowMs: number): Admitted {
    const { summary, concurrency = Number.POSITIVE_INFINITY } = request
    const { runId, workflow } = summary
    this.#limits.set(workflow, concurrency)
    // A limit that was raised lets those in who came before.
    this.fill(nowMs)
    const status = this.#index.statusOf(runId)
    if (status !== undefined && status !== "queued" && status !== "paused") return "go"
    if (this.#isWaiting(runId)) return "queued"
    if (this.#busyInAll >= this.#tenantLimit || this.#busyOf(workflow) >= concurrency) {
      this.#enqueue(request)
      return "queued"
    }
    if (status === undefined) this.#index.record({ ...summary, status: "running" })
    else this.#index.setStatus(runId, "running")
    this.#count(workflow, 1)
    return "go"
  }

  /** Takes what a run tells of itself; what it no longer holds becomes free. */
  record(summary: RunSummary): void {
    const { runId, workflow, status } = summary
    const before = this.#index.statusOf(runId)
    // It was given a place that it does not know of yet.
    const kept = status === "queued" && before === "running" ? "running" : status
    if (!this.#index.record({ ...summary, status: kept })) return
    if (before !== "running" && kept === "running") this.#count(workflow, 1)
    if (before === "running" && kept !== "running") this.#count(workflow, -1)
    if (status !== "queued") this.#forget(runId, workflow)
  }

  /** Gives free places to those who wait. They are among the `unheard` then. */
  fill(nowMs: number): void {
    while (this.#waiting.size > 0 && this.#busyInAll < this.#tenantLimit) {
      const next = this.#next()
      if (!next) return
      this.#sql.transaction(() => {
        this.#sql.exec("UPDATE waiting_run SET go_ms = ? WHERE run_id = ?", nowMs, next.runId)
        this.#index.setStatus(next.runId, "running")
      })
      this.#wait(next.workflow, -1)
      this.#count(next.workflow, 1)
      this.#told.add(next.runId)
    }
  }

  /** Takes the place from a run that cannot go. When it can, it asks by itself. */
  giveBack(runId: string): void {
    const [row] = this.#sql.exec("SELECT workflow FROM waiting_run WHERE run_id = ? AND go_ms IS NOT NULL", runId)
    if (!row) return
    this.#sql.transaction(() => {
      this.#sql.exec("DELETE FROM waiting_run WHERE run_id = ?", runId)
      this.#index.setStatus(runId, "queued")
    })
    this.#told.delete(runId)
    this.#count(String(row.workflow), -1)
  }

  /** Where the run stands in the queue; undefined when it does not wait in it. */
  placeOf(runId: string): QueuePlace | undefined {
    const [row] = this.#sql.exec("SELECT * FROM waiting_run WHERE run_id = ? AND go_ms IS NULL", runId)
    if (!row) return undefined
    const { workflow, rank, turn } = waitingOf(row)
    const own = this.#limitOf(workflow, row.concurrency)
    const byWorkflow = own <= this.#busyOf(workflow)
    const [ahead] = this.#sql.exec(
      `SELECT COUNT(*) AS runs FROM waiting_run WHERE go_ms IS NULL ${byWorkflow ? "AND workflow = ?4" : ""}
        AND (rank > ?1 OR (rank = ?1 AND (turn, run_id) < (?2, ?3)))`,
      ...[rank, turn, runId, ...(byWorkflow ? [workflow] : [])],
    )
    const position = Number(ahead?.runs ?? 0) + 1
    return byWorkflow
      ? { position, limit: "workflow", concurrency: own }
      : { position, limit: "tenant", concurrency: this.#tenantLimit }
  }

  #enqueue({ summary, priority = 0, isChild = false, concurrency }: AdmissionRequest): void {
    const { runId, workflow, user = "" } = summary
    const rank = isChild ? CHILD_RANK + priority : priority
    this.#sql.transaction(() => {
      this.#index.record(summary)
      this.#sql.exec(
        "INSERT INTO waiting_run (run_id, workflow, user, rank, turn, concurrency) VALUES (?, ?, ?, ?, ?, ?)",
        ...[runId, workflow, user, rank, this.#turnFor(rank, user), concurrency ?? null],
      )
    })
    this.#wait(workflow, 1)
  }

  /** One run of each user has each turn: the one after the user's last, or, for one who has none waiting, the turn that is on. */
  #turnFor(rank: number, user: string): number {
    const from = "FROM waiting_run WHERE go_ms IS NULL AND rank = ?"
    const [last] = this.#sql.exec(`SELECT MAX(turn) AS turn ${from} AND user = ?`, rank, user)
    if (typeof last?.turn === "number") return last.turn + 1
    const [first] = this.#sql.exec(`SELECT MIN(turn) AS turn ${from}`, rank)
    return typeof first?.turn === "number" ? first.turn : 0
  }

  /** Who goes next, of all whose workflow has a place. */
  #next(): Waiting | undefined {
    const first = `SELECT * FROM waiting_run WHERE go_ms IS NULL AND workflow = ?
      ORDER BY rank DESC, turn, run_id LIMIT 1`
    let next: Waiting | undefined
    for (const workflow of this.#waiting.keys()) {
      const [row] = this.#sql.exec(first, workflow)
      if (!row || this.#busyOf(workflow) >= this.#limitOf(workflow, row.concurrency)) continue
      const waiting = waitingOf(row)
      if (!next || isBefore(waiting, next)) next = waiting
    }
    return next
  }

  #limitOf(workflow: string, stored: unknown): number {
    return this.#limits.get(workflow) ?? (typeof stored === "number" ? stored : Number.POSITIVE_INFINITY)
  }

  #busyOf(workflow: string): number {
    return this.#busy.get(workflow) ?? 0
  }

  #isWaiting(runId: string): boolean {
    if (this.#waiting.size === 0) return false
    return this.#sql.exec("SELECT run_id FROM waiting_run WHERE run_id = ? AND go_ms IS NULL", runId).length > 0
  }

  /** The run goes by itself, or never will: it is not in the queue any more. */
  #forget(runId: string, workflow: string): void {
    if (this.#waiting.size === 0 && !this.#told.has(runId)) return
    const [row] = this.#sql.exec("DELETE FROM waiting_run WHERE run_id = ? RETURNING go_ms", runId)
    if (row && row.go_ms === null) this.#wait(workflow, -1)
    this.#told.delete(runId)
  }

  #count(workflow: string, by: number): void {
    this.#busy.set(workflow, this.#busyOf(workflow) + by)
    this.#busyInAll += by
  }

  #wait(workflow: string, by: number): void {
    const runs = (this.#waiting.get(workflow) ?? 0) + by
    if (runs === 0) this.#waiting.delete(workflow)
    else this.#waiting.set(workflow, runs)
  }
}

function waitingOf({ run_id, workflow, rank, turn }: Readonly<Record<string, unknown>>): Waiting {
  return { runId: String(run_id), workflow: String(workflow), rank: Number(rank), turn: Number(turn) }
}

function isBefore(a: Waiting, b: Waiting): boolean {
  if (a.rank !== b.rank) return a.rank > b.rank
  return a.turn === b.turn ? a.runId < b.runId : a.turn < b.turn
}
