/**
 * A tenant's schedules, in SQL: when each is due, and what was started for it. It decides; whoever holds it starts the runs.
 *
 * Invariants: a start is in storage (`pendingMs`) before it is made, together with the next time that the schedule is due;
 * and the id of its run follows from the schedule's key and the time that it was due at. So a crash between any two of
 * these steps neither loses a start nor makes one twice.
 *
 * Of the times that pass while nobody is there, the first is made up for, once; the others are gone.
 */
import { sha256 } from "../lib/digest.ts"
import { type ErrorData, WaybillError } from "../lib/errors.ts"
import { firstId, markedId } from "../lib/id.ts"
import { MAX_EVENT_BYTES, MAX_SCHEDULES } from "../lib/limits.ts"
import type { Declared, Schedule } from "../protocol/schedule.ts"
import { nextDueMs } from "../protocol/schedule-time.ts"
import type { RunStart } from "../protocol/start.ts"
import type { Sql } from "../store/sql.ts"

/** A start to be made. */
export interface DueStart {
  readonly key: string
  readonly dueMs: number
  readonly run: RunStart
}

const CREATE = [
  `CREATE TABLE IF NOT EXISTS schedule (
    key TEXT PRIMARY KEY, next_ms INTEGER, pending_ms INTEGER, data TEXT NOT NULL) STRICT, WITHOUT ROWID`,
  "CREATE INDEX IF NOT EXISTS schedule_by_next ON schedule (next_ms) WHERE next_ms IS NOT NULL",
  "CREATE INDEX IF NOT EXISTS schedule_by_pending ON schedule (pending_ms) WHERE pending_ms IS NOT NULL",
]

/** What schedules have to know of runs. */
export interface ScheduledRuns {
  /** Whether a run has ended, as far as is known. */
  isOver(runId: string): boolean
  /** The mark of a new run's id, by the run's region. */
  mark(region: string | undefined): string | undefined
}

export class Schedules {
  readonly #sql: Sql
  readonly #runs: ScheduledRuns
  /** Whether any start is pending: asked whenever a run ends. */
  #hasPending: boolean

  constructor(sql: Sql, runs: ScheduledRuns) {
    this.#sql = sql
    this.#runs = runs
    for (const statement of CREATE) sql.exec(statement)
    this.#hasPending = this.#pending().length > 0
  }

  /** Declares a schedule; one with the same key becomes this one. Throws `limit_exceeded`. */
  put(declared: Declared, nowMs: number): { readonly schedule: Schedule; readonly created: boolean } {
    const before = this.#find(declared.key)
    if (!before) this.#checkCount()
    const paused = declared.paused ?? before?.paused ?? false
    const isSameTime = before?.cron === declared.cron && before.timezone === declared.timezone
    const nextMs = isSameTime && !paused && !before.paused ? before.nextMs : dueAfter(declared, paused, nowMs)
    const { key, cron, timezone, overlap, start } = declared
    const { nextMs: _replaced, ...kept } = before ?? { createdAtMs: nowMs }
    const schedule: Schedule = {
      ...kept,
      ...{ key, cron, timezone, overlap, start, paused, updatedAtMs: nowMs },
      ...(nextMs === undefined ? {} : { nextMs }),
    }
    if (JSON.stringify(schedule).length > MAX_EVENT_BYTES)
      throw new WaybillError("limit_exceeded", `input: found more than ${MAX_EVENT_BYTES} characters of JSON.`, {
        path: "input",
        limit: MAX_EVENT_BYTES,
      })
    this.#write(schedule)
    return { schedule, created: before === undefined }
  }

  /** Throws `schedule_not_found`, as all below do that take a key. */
  get(key: string): Schedule {
    const found = this.#find(key)
    if (found) return found
    throw new WaybillError("schedule_not_found", `There is no schedule ${JSON.stringify(key)}.`)
  }

  /** All, by key. */
  list(): readonly Schedule[] {
    return this.#sql.exec("SELECT data FROM schedule ORDER BY key").map(scheduleOf)
  }

  delete(key: string): Schedule {
    const gone = this.get(key)
    this.#sql.exec("DELETE FROM schedule WHERE key = ?", key)
    return gone
  }

  /** What is due while it is paused is gone. */
  setPaused(key: string, paused: boolean, nowMs: number): Schedule {
    return this.put({ ...this.get(key), paused }, nowMs).schedule
  }

  /** When something is next due; undefined when nothing ever is. */
  nextMs(): number | undefined {
    const [row] = this.#sql.exec("SELECT MIN(next_ms) AS next_ms FROM schedule WHERE next_ms IS NOT NULL")
    return typeof row?.next_ms === "number" ? row.next_ms : undefined
  }

  /** Decides about everything that is due. */
  tick(nowMs: number): void {
    const due = this.#sql.exec("SELECT data FROM schedule WHERE next_ms <= ? ORDER BY next_ms", nowMs).map(scheduleOf)
    for (const { nextMs: dueMs = nowMs, ...schedule } of due) {
      const nextMs = dueAfter(schedule, false, nowMs)
      const next = { ...schedule, ...(nextMs === undefined ? {} : { nextMs }) }
      const isBusy = schedule.last !== undefined && !this.#runs.isOver(schedule.last.runId)
      const isSkipped = schedule.pendingMs !== undefined || (schedule.overlap === "skip" && isBusy)
      this.#write({ ...next, ...(isSkipped ? { skippedMs: dueMs } : { pendingMs: dueMs }) })
    }
  }

  /** The starts that can be made now. */
  ready(tenantId: string): readonly DueStart[] {
    if (!this.#hasPending) return []
    const pending = this.#pending()
    this.#hasPending = pending.length > 0
    return pending.flatMap(({ key, pendingMs: dueMs = 0, overlap, last, start }) => {
      if (overlap === "queue" && last && !this.#runs.isOver(last.runId)) return []
      return [
        {
          key,
          dueMs,
          run: { ...start, runId: markedId(scheduledRunId(tenantId, key, dueMs), this.#runs.mark(start.region)) },
        },
      ]
    })
  }

  /** The start was made. */
  started(key: string, runId: string, dueMs: number, nowMs: number): void {
    this.#settle(key, dueMs, (schedule) => ({ ...schedule, last: { runId, dueMs, startedAtMs: nowMs } }))
  }

  /** The start cannot be made, now or later. */
  refused(key: string, dueMs: number, error: ErrorData): void {
    this.#settle(key, dueMs, (schedule) => ({ ...schedule, refused: { dueMs, error } }))
  }

  /** It may have been deleted, or declared anew, while the start was made. */
  #settle(key: string, dueMs: number, change: (schedule: Schedule) => Schedule): void {
    const found = this.#find(key)
    if (!found) return
    const { pendingMs, ...rest } = change(found)
    this.#write(pendingMs === undefined || pendingMs === dueMs ? rest : { ...rest, pendingMs })
  }

  #pending(): readonly Schedule[] {
    return this.#sql.exec("SELECT data FROM schedule WHERE pending_ms IS NOT NULL ORDER BY pending_ms").map(scheduleOf)
  }

  #find(key: string): Schedule | undefined {
    const [row] = this.#sql.exec("SELECT data FROM schedule WHERE key = ?", key)
    return row && scheduleOf(row)
  }

  #write(schedule: Schedule): void {
    const { key, nextMs, pendingMs } = schedule
    if (pendingMs !== undefined) this.#hasPending = true
    this.#sql.exec(
      "INSERT OR REPLACE INTO schedule (key, next_ms, pending_ms, data) VALUES (?, ?, ?, ?)",
      ...[key, nextMs ?? null, pendingMs ?? null, JSON.stringify(schedule)],
    )
  }

  #checkCount(): void {
    const [row] = this.#sql.exec("SELECT COUNT(*) AS schedules FROM schedule")
    if (Number(row?.schedules) >= MAX_SCHEDULES)
      throw new WaybillError("limit_exceeded", `The tenant has ${MAX_SCHEDULES} schedules, which is the most.`, {
        limit: MAX_SCHEDULES,
      })
  }
}

/** The run that a schedule starts for the time that it was due at: always the same. */
function scheduledRunId(tenantId: string, key: string, dueMs: number): string {
  const tail = sha256(`${tenantId}\n${key}\n${dueMs}`).slice(0, 16)
  return `${firstId("run", dueMs).slice(0, -16)}${tail}`
}

function dueAfter({ cron, timezone }: Declared, paused: boolean, nowMs: number): number | undefined {
  return paused ? undefined : nextDueMs(cron, timezone, nowMs)
}

function scheduleOf(row: Readonly<Record<string, unknown>>): Schedule {
  return JSON.parse(String(row.data))
}
