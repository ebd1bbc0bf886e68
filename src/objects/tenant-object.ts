/**
 * The Durable Object of one tenant, named by the tenant's id: the index of its runs and its idempotency keys.
 * What a run does never waits for it; runs report to it, and lists are read from it.
 */
import { DurableObject } from "cloudflare:workers"
import { Lifecycle } from "agents/lifecycle"
import { systemClock } from "../lib/clock.ts"
import type { RunSummary } from "../protocol/summary.ts"
import { type Claim, type Claimed, IdempotencyKeys, type KeyedRequest } from "./idempotency-keys.ts"
import { answerCall, type Call, type Outcome } from "./remote.ts"
import type { TenantRpc } from "./rpc.ts"
import { type RunFilter, RunIndex, type RunPage } from "./run-index.ts"
import { durableSql } from "./sql.ts"

export class TenantObject extends DurableObject implements TenantRpc {
  readonly lifecycle = Lifecycle.install(this)
  readonly #sql = durableSql(this.ctx.storage)
  readonly #index = new RunIndex(this.#sql)
  readonly #keys = new IdempotencyKeys(this.#sql)

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

  async record(summary: RunSummary): Promise<void> {
    await this.lifecycle.start()
    this.#index.record(summary)
  }

  async list(filter: RunFilter): Promise<RunPage> {
    await this.lifecycle.start()
    return this.#index.list(filter)
  }
}
