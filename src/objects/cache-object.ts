/**
 * The Durable Object of one shelf of the response cache: one tenant's answers in one region, apart from the tenant's own
 * object so that no run waits behind them. Nothing depends on it: while it is away, everything is asked anew.
 */
import { DurableObject } from "cloudflare:workers"
import { Lifecycle } from "agents/lifecycle"
import type { Kept } from "../gateway/cache.ts"
import { systemClock } from "../lib/clock.ts"
import { AnswerShelf } from "./answer-shelf.ts"
import { answerCall, type Call, type Outcome } from "./remote.ts"
import type { CacheRpc } from "./shared-cache.ts"
import { durableSql } from "./sql.ts"

const SWEEP = "sweep"
/** Expired answers are deleted at least so far apart: to delete each at its time would wake the object all day. */
const SWEEP_EVERY_MS = 3_600_000

export class CacheObject extends DurableObject implements CacheRpc {
  readonly lifecycle = Lifecycle.install(this)
  readonly #shelf = new AnswerShelf(durableSql(this.ctx.storage))

  /** What others call; all other methods are called through it (see `remote.ts`). */
  call(call: Call): Promise<Outcome> {
    return answerCall(this, call)
  }

  async onJob(): Promise<{ readonly rescheduleAt: number } | undefined> {
    const nowMs = systemClock.nowMs()
    const nextMs = this.#shelf.sweep(nowMs)
    return nextMs === undefined ? undefined : { rescheduleAt: Math.max(nextMs, nowMs + SWEEP_EVERY_MS) }
  }

  async find(key: string): Promise<Kept | undefined> {
    await this.lifecycle.start()
    return this.#shelf.get(key, systemClock.nowMs())
  }

  async keep(key: string, kept: Kept): Promise<void> {
    await this.lifecycle.start()
    this.#shelf.put(key, kept, systemClock.nowMs())
    if (!this.lifecycle.jobs.get(SWEEP))
      await this.lifecycle.jobs.push({ id: SWEEP, fn: SWEEP, time: systemClock.nowMs() + SWEEP_EVERY_MS })
  }
}
