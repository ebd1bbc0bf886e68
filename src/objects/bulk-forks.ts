/**
 * Bulk forks of a tenant, in SQL: which runs each takes, how far each of them is, and which may start now. It decides;
 * `bulk-work.ts` does what was decided.
 *
 * Invariants:
 * 1. The runs of a bulk fork are fixed when it is made, and the id of each fork follows from it and the run. Whatever is
 *    done twice after a crash is done to the same fork.
 * 2. An item goes `pending → asked → planned → started → told → ended`, or is `refused`. It is in storage before what it
 *    allows is done: a fork that may exist is at least `started`.
 * 3. No fork is started while what all have cost, with what those under way and the new one may come to, is above the
 *    ceiling.
 */
import { sha256 } from "../lib/digest.ts"
import type { ErrorData } from "../lib/errors.ts"
import { WaybillError } from "../lib/errors.ts"
import { firstId, markedId, markOf } from "../lib/id.ts"
import { BULK_FORKS_KEEP_MS, MAX_OPEN_BULK_FORKS } from "../lib/limits.ts"
import { exactUsd } from "../lib/money.ts"
import type { BulkChange } from "../protocol/bulk-fork.ts"
import { hasEnded, type RunSummary } from "../protocol/summary.ts"
import type { Sql } from "../store/sql.ts"
import { BulkItems, type Item } from "./bulk-items.ts"
import type { RunCriteria, RunIndex } from "./run-index.ts"

/** A bulk fork as it was asked for. */
export interface BulkOrder {
  readonly id: string
  readonly createdAtMs: number
  readonly criteria: RunCriteria
  readonly change: BulkChange
  readonly concurrency: number
  readonly ceilingNanoUsd: number
}

/** A bulk fork with what became of it. */
export interface BulkFork extends BulkOrder {
  readonly matched: number
  readonly status: "running" | "completed" | "stopped" | "cancelled"
  readonly reason?: string
  readonly endedAtMs?: number
  /** Of the forks that have ended. */
  readonly spentNanoUsd: number
  /** What the dearest of them cost: none that follows is taken for cheaper. */
  readonly dearestNanoUsd: number
  /** Forks under way are to be cancelled. */
  readonly cancelsForks?: true
}

/** An item under way, with what is known of its fork. */
interface UnderWay {
  readonly item: Item
  readonly fork: RunSummary | undefined
}

const CREATE = [
  `CREATE TABLE IF NOT EXISTS bulk_fork (
    id TEXT PRIMARY KEY, is_open INTEGER NOT NULL, data TEXT NOT NULL) STRICT, WITHOUT ROWID`,
]

export class BulkForks {
  readonly items: BulkItems
  readonly #sql: Sql
  readonly #index: RunIndex
  /** Those with forks to start, or under way: asked whenever a run tells something. */
  readonly #open: Set<string>

  constructor(sql: Sql, index: RunIndex) {
    this.#sql = sql
    this.#index = index
    for (const statement of CREATE) sql.exec(statement)
    this.items = new BulkItems(sql)
    this.#open = new Set(sql.exec("SELECT id FROM bulk_fork WHERE is_open = 1").map(({ id }) => String(id)))
  }

  /** Those that have something under way or to start. */
  get open(): readonly BulkFork[] {
    return [...this.#open].map((id) => this.get(id))
  }

  /** Makes a bulk fork of `runIds`, in that order. Throws `limit_exceeded`. */
  create(order: BulkOrder, runIds: readonly string[]): BulkFork {
    if (this.#open.size >= MAX_OPEN_BULK_FORKS)
      throw new WaybillError("limit_exceeded", `${MAX_OPEN_BULK_FORKS} bulk forks are under way, which is the most.`, {
        limit: MAX_OPEN_BULK_FORKS,
      })
    const fork: BulkFork = { ...order, matched: runIds.length, status: "running", spentNanoUsd: 0, dearestNanoUsd: 0 }
    return this.#sql.transaction(() => {
      this.#dropOld(order.createdAtMs)
      this.#write(fork, true)
      for (const [place, runId] of runIds.entries())
        this.items.write(order.id, { place, runId, forkId: forkIdOf(order, runId), state: "pending" })
      return fork
    })
  }

  /** Throws `bulk_fork_not_found`. */
  get(id: string): BulkFork {
    const [row] = this.#sql.exec("SELECT data FROM bulk_fork WHERE id = ?", id)
    if (!row) throw new WaybillError("bulk_fork_not_found", `There is no bulk fork ${JSON.stringify(id)}.`)
    return JSON.parse(String(row.data))
  }

  /** Newest first, behind `cursor`. */
  list(limit: number, cursor = "bulk~"): readonly BulkFork[] {
    const rows = this.#sql.exec("SELECT data FROM bulk_fork WHERE id < ? ORDER BY id DESC LIMIT ?", cursor, limit)
    return rows.map((row): BulkFork => JSON.parse(String(row.data)))
  }

  /** What the run would cost could be told. */
  planned(id: string, place: number, plan: Pick<Item, "at" | "lowNanoUsd" | "highNanoUsd">): void {
    this.items.move(id, place, "asked", { ...plan, state: "planned" })
  }

  /** The run cannot be forked so, now or later. */
  refused(id: string, place: number, error: ErrorData): void {
    this.items.move(id, place, "asked", { state: "refused", error })
    this.items.move(id, place, "started", { state: "refused", error })
  }

  /** The fork exists, and will tell what becomes of it. */
  told(id: string, place: number): void {
    this.items.move(id, place, "started", { state: "told" })
  }

  /** No more forks start. One that is over stays as it is. Throws `bulk_fork_not_found`. */
  cancel(id: string, forks: boolean, nowMs: number): BulkFork {
    return this.#sql.transaction(() => {
      const found = this.get(id)
      const cancelled = found.status === "running" ? over(found, "cancelled", "Somebody cancelled it.", nowMs) : found
      const next: BulkFork = forks && this.#open.has(id) ? { ...cancelled, cancelsForks: true } : cancelled
      this.#write(next, this.#open.has(id))
      return this.#advance(next, nowMs)
    })
  }

  /** Takes in what the forks have told, and decides what starts. */
  advance(nowMs: number): void {
    for (const fork of this.open) this.#sql.transaction(() => this.#advance(fork, nowMs))
  }

  #advance(before: BulkFork, nowMs: number): BulkFork {
    const settled = this.#settle(before)
    const underWay = this.#underWay(settled.id)
    const decided = settled.status === "running" ? this.#decide(settled, underWay, nowMs) : settled
    if (settled.status === "running" && decided.status === "running") this.#ask(decided)
    if (decided.status !== "running") this.items.release(decided.id)
    const isOpen = decided.status === "running" || this.items.underWay(decided.id).length > 0
    if (decided !== before || !isOpen) this.#write(decided, isOpen)
    return decided
  }

  /** Books the forks that have ended. */
  #settle(before: BulkFork): BulkFork {
    let fork = before
    for (const { item, fork: run } of this.#underWay(before.id)) {
      if (item.state !== "told" || !run || !hasEnded(run)) continue
      const { totalCostNanoUsd: costNanoUsd, status } = run
      this.items.write(fork.id, { ...item, state: "ended", outcome: status, costNanoUsd })
      const dearestNanoUsd = Math.max(fork.dearestNanoUsd, costNanoUsd)
      fork = { ...fork, spentNanoUsd: fork.spentNanoUsd + costNanoUsd, dearestNanoUsd }
    }
    return fork
  }

  /** Starts what is planned, as far as the ceiling allows, and finds out whether that was all. */
  #decide(fork: BulkFork, underWay: readonly UnderWay[], nowMs: number): BulkFork {
    const begun = underWay.filter(({ item }) => item.state === "started" || item.state === "told")
    let committed = fork.spentNanoUsd + begun.reduce((sum, one) => sum + reserveOf(one), 0)
    for (const { item } of underWay.filter(({ item }) => item.state === "planned")) {
      const reserve = Math.max(item.highNanoUsd ?? 0, fork.dearestNanoUsd)
      if (committed + reserve > fork.ceilingNanoUsd) {
        // What is under way may cost less than is reserved for it.
        return begun.some(isBusy) ? fork : over(fork, "stopped", ceilingReason(fork, committed, reserve), nowMs)
      }
      committed += reserve
      const started: Item = { ...item, state: "started", highNanoUsd: reserve }
      this.items.write(fork.id, started)
      begun.push({ item: started, fork: undefined })
    }
    const isDone = underWay.length === 0 && this.items.pending(fork.id, 1).length === 0
    return isDone ? over(fork, "completed", undefined, nowMs) : fork
  }

  /** Has as many planned as there are places. */
  #ask(fork: BulkFork): void {
    const taken = this.#underWay(fork.id).filter(({ item, fork: run }) => isBusy({ item, fork: run })).length
    for (const item of this.items.pending(fork.id, Math.max(0, fork.concurrency - taken)))
      this.items.write(fork.id, { ...item, state: "asked" })
  }

  #underWay(id: string): readonly UnderWay[] {
    return this.items.underWay(id).map((item) => ({ item, fork: this.#index.get(item.forkId) }))
  }

  #dropOld(nowMs: number): void {
    const oldest = firstId("bulk", nowMs - BULK_FORKS_KEEP_MS)
    const old = this.#sql.exec("DELETE FROM bulk_fork WHERE id < ? AND is_open = 0 RETURNING id", oldest)
    for (const { id } of old) this.items.drop(String(id))
  }

  #write(fork: BulkFork, isOpen: boolean): void {
    if (isOpen) this.#open.add(fork.id)
    else this.#open.delete(fork.id)
    this.#sql.exec(
      "INSERT OR REPLACE INTO bulk_fork (id, is_open, data) VALUES (?, ?, ?)",
      ...[fork.id, Number(isOpen), JSON.stringify(fork)],
    )
  }
}

/** What a fork under way may come to. */
export function reserveOf({ item, fork }: UnderWay): number {
  return Math.max(item.highNanoUsd ?? 0, fork?.totalCostNanoUsd ?? 0)
}

/** One that waits, for somebody or for a time, holds no place. */
function isBusy({ item, fork }: UnderWay): boolean {
  return item.state !== "told" || fork === undefined || fork.status === "queued" || fork.status === "running"
}

function over(fork: BulkFork, status: BulkFork["status"], reason: string | undefined, nowMs: number): BulkFork {
  return { ...fork, status, ...(reason === undefined ? {} : { reason }), endedAtMs: nowMs }
}

function ceilingReason({ ceilingNanoUsd, spentNanoUsd }: BulkFork, committed: number, reserve: number): string {
  const [ceiling, spent, reserved, next] = [ceilingNanoUsd, spentNanoUsd, committed - spentNanoUsd, reserve].map(
    exactUsd,
  )
  return `The next fork may cost $${next}; $${spent} are spent and $${reserved} reserved, of at most $${ceiling}.`
}

/** The fork of `runId` that a bulk fork makes: always the same, and where its original is. */
function forkIdOf({ id, createdAtMs }: BulkOrder, runId: string): string {
  const tail = sha256(`${id}\n${runId}`).slice(0, 16)
  return markedId(`${firstId("run", createdAtMs).slice(0, -16)}${tail}`, markOf(runId))
}
