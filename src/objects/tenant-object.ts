/**
 * The Durable Object of one tenant, named by the tenant's id: the index of its runs, who of them may be busy, its
 * idempotency keys and its schedules. A run asks it once, when it is new; from then on what the run does never waits for
 * it: runs report to it, and lists are read from it.
 */
import { DurableObject } from "cloudflare:workers"
import { Lifecycle } from "agents/lifecycle"
import { systemClock } from "../lib/clock.ts"
import { ERROR_CODES } from "../lib/error-codes.ts"
import { errorData } from "../lib/errors.ts"
import { DEFAULT_TENANT_CONCURRENCY, GO_AGAIN_MS } from "../lib/limits.ts"
import type { RunSummary } from "../protocol/summary.ts"
import { Admission, type AdmissionRequest, type Admitted, type QueuePlace } from "./admission.ts"
import type { Env } from "./environment.ts"
import { type Claim, type Claimed, IdempotencyKeys, type KeyedRequest } from "./idempotency-keys.ts"
import { type LoggedOperation, OperationLog, type OperationPage } from "./operation-log.ts"
import { answerCall, type Call, type Outcome, reach } from "./remote.ts"
import type { TenantRpc } from "./rpc.ts"
import { type RunFilter, RunIndex, type RunPage } from "./run-index.ts"
import { durableSql } from "./sql.ts"

/** The job that tells runs again that they have a place. */
const GO = "go"

export class TenantObject extends DurableObject<Env> implements TenantRpc {
  readonly lifecycle = Lifecycle.install(this)
  readonly #sql = durableSql(this.ctx.storage)
  readonly #index = new RunIndex(this.#sql)
  readonly #admission = new Admission(this.#sql, this.#index, concurrencyOf(this.env))
  readonly #keys = new IdempotencyKeys(this.#sql)
  readonly #operations = new OperationLog(this.#sql)
  /** Runs that are being told right now. */
  readonly #telling = new Set<string>()

  async onJob(): Promise<{ readonly rescheduleAt: number } | undefined> {
    await this.#tellRuns()
    return this.#admission.unheard.length === 0 ? undefined : { rescheduleAt: systemClock.nowMs() + GO_AGAIN_MS }
  }

  /** What others call; all other methods are called through it (see `remote.ts`). */
  call(call: Call): Promise<Outcome> {
    return answerCall(this, call)
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
    await this.#settle()
    return admitted
  }

  async record(summary: RunSummary): Promise<void> {
    await this.lifecycle.start()
    this.#admission.record(summary)
    this.#admission.fill(systemClock.nowMs())
    await this.#settle()
  }

  async list(filter: RunFilter): Promise<RunPage> {
    await this.lifecycle.start()
    return this.#index.list(filter)
  }

  async logOperation(operation: LoggedOperation): Promise<void> {
    await this.lifecycle.start()
    this.#operations.add(operation, systemClock.nowMs())
  }

  async operations(limit: number, cursor?: string): Promise<OperationPage> {
    await this.lifecycle.start()
    return this.#operations.list(limit, cursor)
  }

  async operation(id: string): Promise<LoggedOperation> {
    await this.lifecycle.start()
    return this.#operations.get(id)
  }

  async placeOf(runId: string): Promise<QueuePlace | undefined> {
    await this.lifecycle.start()
    return this.#admission.placeOf(runId)
  }

  /** Tells those who got a place, in the background. The job that tells them again is in storage before. */
  async #settle(): Promise<void> {
    if (this.#admission.unheard.length === 0) return
    await this.#armGo()
    this.ctx.waitUntil(this.#tellRuns())
  }

  async #armGo(): Promise<void> {
    if (this.lifecycle.jobs.get(GO)) return
    await this.lifecycle.jobs.push({ id: GO, fn: GO, time: systemClock.nowMs() + GO_AGAIN_MS })
  }

  async #tellRuns(): Promise<void> {
    await Promise.all(this.#admission.unheard.filter((id) => !this.#telling.has(id)).map((id) => this.#tellRun(id)))
  }

  async #tellRun(runId: string): Promise<void> {
    this.#telling.add(runId)
    try {
      this.#admission.record(await reach(this.env.RUNS, runId).go())
    } catch (thrown) {
      // Out of reach: told again by the job. One that can never go gives its place back.
      if (!ERROR_CODES[errorData(thrown).code].retryable) this.#admission.giveBack(runId)
    } finally {
      this.#telling.delete(runId)
    }
    this.#admission.fill(systemClock.nowMs())
    if (this.#admission.unheard.some((id) => !this.#telling.has(id))) await this.#settle()
  }
}

/** What the deployment says, or the default. */
function concurrencyOf({ TENANT_CONCURRENCY: text }: Env): number {
  const runs = Number(text)
  return Number.isInteger(runs) && runs > 0 ? runs : DEFAULT_TENANT_CONCURRENCY
}
