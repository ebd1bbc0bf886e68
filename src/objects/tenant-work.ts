/**
 * What a tenant's object does by itself: it tells runs that they have a place, starts what its schedules ask for, and carries
 * its bulk forks on. One job of the lifecycle queue stands at the next time at which there is something to do.
 *
 * Invariant: the job is in storage before anything leaves the object, and stays until nothing is left to do. So what a
 * crash cuts off is done again; to be told twice, or started twice, changes nothing for a run.
 */
import type { Clock } from "../lib/clock.ts"
import { ERROR_CODES } from "../lib/error-codes.ts"
import { errorData } from "../lib/errors.ts"
import { GO_AGAIN_MS, START_AGAIN_MS } from "../lib/limits.ts"
import type { Admission } from "./admission.ts"
import type { Reached } from "./remote.ts"
import type { RunRpc } from "./rpc.ts"
import type { DueStart, Schedules } from "./schedules.ts"

export interface TenantWorkHost {
  readonly admission: Admission
  readonly schedules: Schedules
  /** What bulk forks decided. */
  readonly bulk: { readonly tasks: readonly Task[] }
  readonly tenantId: string
  readonly clock: Clock
  readonly run: (runId: string) => Reached<RunRpc>
  /** When the job stands; undefined when there is none. */
  readonly armedMs: () => number | undefined
  /** Sets the job, or removes it. */
  readonly arm: (atMs: number | undefined) => Promise<void>
  /** Keeps the object alive until the promise settles. */
  readonly hold: (work: Promise<unknown>) => void
}

/** Something to be done. `act` never rejects. */
export interface Task {
  /** What is done once at a time. */
  readonly key: string
  readonly act: () => Promise<void>
}

export class TenantWork {
  readonly #host: TenantWorkHost
  /** Keys of what is being done right now. */
  readonly #underWay = new Set<string>()

  constructor(host: TenantWorkHost) {
    this.#host = host
  }

  /** Something changed: sets the job to what comes next, and begins, in the background, what can be done now. */
  async settle(): Promise<void> {
    const nextMs = this.#nextMs()
    const armedMs = this.#host.armedMs()
    // One that stands too early finds out by itself, which is cheaper than to move it each time.
    if (nextMs === undefined ? armedMs !== undefined : armedMs === undefined || nextMs < armedMs)
      await this.#host.arm(nextMs)
    this.#host.hold(this.#doAll())
  }

  /** As `settle`, where runs come and go: costs nothing unless there is something to do. */
  async settleRuns(): Promise<void> {
    if (this.#todo().length > 0) await this.settle()
  }

  /** The job fired. Resolves with when it is to fire again. */
  async fired(): Promise<number | undefined> {
    this.#host.schedules.tick(this.#host.clock.nowMs())
    await this.#doAll()
    return this.#nextMs()
  }

  /** Everything is tried once, what comes up meanwhile too; what did not work is tried again when the job fires. */
  async #doAll(): Promise<void> {
    const tried = new Set<string>()
    for (;;) {
      const todo = this.#todo().filter(({ key }) => !tried.has(key))
      if (todo.length === 0) return
      for (const { key } of todo) tried.add(key)
      await Promise.all(todo.map((task) => this.#do(task)))
    }
  }

  async #do({ key, act }: Task): Promise<void> {
    this.#underWay.add(key)
    await act()
    this.#underWay.delete(key)
  }

  /** What can be done and is not under way. */
  #todo(): readonly Task[] {
    const { admission, schedules, bulk, tenantId } = this.#host
    const tell = admission.unheard.map((runId): Task => ({ key: runId, act: () => this.#tell(runId) }))
    const start = schedules.ready(tenantId).map((due): Task => ({ key: due.run.runId, act: () => this.#start(due) }))
    return [...tell, ...start, ...bulk.tasks].filter(({ key }) => !this.#underWay.has(key))
  }

  async #tell(runId: string): Promise<void> {
    const { admission, run, clock } = this.#host
    try {
      admission.record(await run(runId).go())
    } catch (thrown) {
      // One that can never go gives its place back.
      if (!ERROR_CODES[errorData(thrown).code].retryable) admission.giveBack(runId)
    }
    admission.fill(clock.nowMs())
  }

  async #start({ key, dueMs, run }: DueStart): Promise<void> {
    const { schedules, clock } = this.#host
    try {
      await this.#host.run(run.runId).start(run)
      schedules.started(key, run.runId, dueMs, clock.nowMs())
    } catch (thrown) {
      const error = errorData(thrown)
      if (!ERROR_CODES[error.code].retryable) schedules.refused(key, dueMs, error)
    }
  }

  #nextMs(): number | undefined {
    const { admission, schedules, bulk, tenantId, clock } = this.#host
    const nowMs = clock.nowMs()
    const next = Math.min(
      admission.unheard.length > 0 ? nowMs + GO_AGAIN_MS : Number.POSITIVE_INFINITY,
      schedules.ready(tenantId).length + bulk.tasks.length > 0 ? nowMs + START_AGAIN_MS : Number.POSITIVE_INFINITY,
      schedules.nextMs() ?? Number.POSITIVE_INFINITY,
    )
    return next === Number.POSITIVE_INFINITY ? undefined : next
  }
}
