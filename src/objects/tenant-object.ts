/**
 * The Durable Object of one tenant, named by the tenant's id: the index of its runs, who of them may be busy, its
 * idempotency keys, its schedules, its bulk forks and what it used. A run asks it once, when it is new; from then on what the run does never waits for
 * it: runs report to it, and lists are read from it.
 */
import { DurableObject } from "cloudflare:workers"
import { Lifecycle } from "agents/lifecycle"
import type { UsageRow } from "../ledger/usage.ts"
import { systemClock } from "../lib/clock.ts"
import { DEFAULT_TENANT_CONCURRENCY } from "../lib/limits.ts"
import { systemRandom } from "../lib/random.ts"
import type { RunsBelow } from "../protocol/run-tree.ts"
import type { RunView } from "../protocol/run-view.ts"
import { type Declared, type Schedule, type ScheduleView, scheduleView } from "../protocol/schedule.ts"
import { hasEnded, type RunSummary } from "../protocol/summary.ts"
import { Admission, type AdmissionRequest, type Admitted, type QueuePlace } from "./admission.ts"
import { BulkDoor, type BulkForkRpc } from "./bulk-door.ts"
import { BulkForks } from "./bulk-forks.ts"
import { BulkWork } from "./bulk-work.ts"
import type { Env } from "./environment.ts"
import { type Claim, type Claimed, IdempotencyKeys, type KeyedRequest } from "./idempotency-keys.ts"
import { markFor, newRunId } from "./jurisdiction.ts"
import { OperationLog } from "./operation-log.ts"
import { answerCall, type Call, type Outcome, type Reached, reach } from "./remote.ts"
import type { RunObjectRpc, TenantRpc } from "./rpc.ts"
import { type RunFilter, RunIndex, type RunPage } from "./run-index.ts"
import { Schedules } from "./schedules.ts"
import { durableSql } from "./sql.ts"
import { TenantWork } from "./tenant-work.ts"
import { UsageBook } from "./usage-book.ts"
import { UsageDoor, type UsageRpc } from "./usage-door.ts"

/** The one job of this object. */
const WORK = "work"

export class TenantObject extends DurableObject<Env> implements Omit<TenantRpc, keyof (BulkForkRpc & UsageRpc)> {
  readonly lifecycle = Lifecycle.install(this)
  readonly #sql = durableSql(this.ctx.storage)
  readonly #index = new RunIndex(this.#sql)
  readonly #admission = new Admission(this.#sql, this.#index, concurrencyOf(this.env))
  readonly #keys = new IdempotencyKeys(this.#sql)
  readonly #usage = new UsageBook(this.#sql)
  readonly #schedules = new Schedules(this.#sql, {
    isOver: (runId) => isOver(this.#index.statusOf(runId)),
    mark: (region) => markFor(this.env.RUNS, region),
  })
  readonly #bulkForks = new BulkForks(this.#sql, this.#index)
  readonly #work = new TenantWork({
    admission: this.#admission,
    schedules: this.#schedules,
    bulk: new BulkWork({
      forks: this.#bulkForks,
      index: this.#index,
      clock: systemClock,
      run: (runId) => this.#run(runId),
    }),
    tenantId: this.ctx.id.name ?? "",
    clock: systemClock,
    run: (runId) => this.#run(runId),
    armedMs: () => this.lifecycle.jobs.get(WORK)?.time,
    arm: async (time) => {
      if (time === undefined) await this.lifecycle.jobs.cancel(WORK)
      else await this.lifecycle.jobs.push({ id: WORK, fn: WORK, time })
    },
    hold: (work) => this.ctx.waitUntil(work),
  })
  readonly #bulkDoor = new BulkDoor({
    forks: this.#bulkForks,
    index: this.#index,
    keys: this.#keys,
    nowMs: () => systemClock.nowMs(),
    ready: () => this.lifecycle.start(),
    settle: () => this.#work.settle(),
  })
  readonly #usageDoor = new UsageDoor({
    operations: new OperationLog(this.#sql),
    book: this.#usage,
    nowMs: () => systemClock.nowMs(),
    ready: () => this.lifecycle.start(),
  })

  async onJob(): Promise<{ readonly rescheduleAt: number } | undefined> {
    const againMs = await this.#work.fired()
    return againMs === undefined ? undefined : { rescheduleAt: againMs }
  }

  /** What others call; all other methods are called through it (see `remote.ts`). */
  call(call: Call): Promise<Outcome> {
    const doors = [this.#bulkDoor, this.#usageDoor]
    return answerCall(doors.find((door) => call.method in door) ?? this, call)
  }

  async claimedBy(request: KeyedRequest): Promise<string | undefined> {
    await this.lifecycle.start()
    return this.#keys.claimedBy(request, systemClock.nowMs())
  }

  async claim(claim: Claim): Promise<Claimed> {
    await this.lifecycle.start()
    return this.#keys.claim(claim, systemClock.nowMs())
  }

  async admit(request: AdmissionRequest): Promise<Admitted> {
    await this.lifecycle.start()
    const admitted = this.#admission.ask(request, systemClock.nowMs())
    await this.#work.settleRuns()
    return admitted
  }

  async record(summary: RunSummary, usage?: readonly UsageRow[]): Promise<void> {
    await this.lifecycle.start()
    if (usage) this.#usage.recordRun(summary.runId, summary.seq, usage)
    this.#admission.record(summary)
    this.#admission.fill(systemClock.nowMs())
    this.#bulkForks.advance(systemClock.nowMs())
    await this.#work.settleRuns()
  }

  async list(filter: RunFilter): Promise<RunPage> {
    await this.lifecycle.start()
    return this.#index.list(filter)
  }

  async below(runId: string, limit: number): Promise<RunsBelow> {
    await this.lifecycle.start()
    return this.#index.below(runId, limit)
  }

  async placeOf(runId: string): Promise<QueuePlace | undefined> {
    await this.lifecycle.start()
    return this.#admission.placeOf(runId)
  }

  async putSchedule(declared: Declared): Promise<{ readonly schedule: ScheduleView; readonly created: boolean }> {
    await this.lifecycle.start()
    const { schedule, created } = this.#schedules.put(declared, systemClock.nowMs())
    await this.#work.settle()
    return { schedule: this.#shown(schedule), created }
  }

  async schedules(): Promise<readonly ScheduleView[]> {
    await this.lifecycle.start()
    return this.#schedules.list().map((schedule) => this.#shown(schedule))
  }

  async schedule(key: string): Promise<ScheduleView> {
    await this.lifecycle.start()
    return this.#shown(this.#schedules.get(key))
  }

  async deleteSchedule(key: string): Promise<ScheduleView> {
    await this.lifecycle.start()
    const gone = this.#schedules.delete(key)
    await this.#work.settle()
    return this.#shown(gone)
  }

  async pauseSchedule(key: string, paused: boolean): Promise<ScheduleView> {
    await this.lifecycle.start()
    const schedule = this.#schedules.setPaused(key, paused, systemClock.nowMs())
    await this.#work.settle()
    return this.#shown(schedule)
  }

  async runSchedule(key: string): Promise<RunView> {
    await this.lifecycle.start()
    const { start } = this.#schedules.get(key)
    const runId = newRunId(markFor(this.env.RUNS, start.region), systemClock, systemRandom)
    const view = await this.#run(runId).start({ ...start, runId })
    this.#schedules.started(key, runId, view.createdAtMs, view.createdAtMs)
    return view
  }

  #shown(schedule: Schedule): ScheduleView {
    return scheduleView(schedule, schedule.last && this.#index.statusOf(schedule.last.runId))
  }

  #run(runId: string): Reached<RunObjectRpc> {
    return reach(this.env.RUNS, runId)
  }
}

/** A run that nobody knows is over too. */
function isOver(status: RunSummary["status"] | undefined): boolean {
  return status === undefined || hasEnded({ status })
}

/** What the deployment says, or the default. */
function concurrencyOf({ TENANT_CONCURRENCY: text }: Env): number {
  const runs = Number(text)
  return Number.isInteger(runs) && runs > 0 ? runs : DEFAULT_TENANT_CONCURRENCY
}
