/**
 * What one isolate knows of the routing in force and of the providers' health, and how it keeps up with the deployment.
 *
 * Reading is synchronous. While operations are made, the isolate asks the control object every `REFRESH_MS` in the background
 * whether there is anything new, and reports what it found out. Only what is older than `STALE_MS` is waited for, and not for
 * long: an isolate that was idle must not decide on what it knew then. When the control object does not answer, what is
 * known goes on being used.
 * Invariant: an operation that begins `STALE_MS` after a change is decided by it, as long as the control object answers.
 */
import type { Health, HealthState, ModelHealth } from "../gateway/health.ts"
import type { Clock } from "../lib/clock.ts"
import { compileRouting } from "../routing/compile.ts"
import type { CompiledRouting } from "../routing/compiled.ts"
import type { ControlRpc, News } from "./control-rpc.ts"
import type { RoutingSource } from "./routing-versions.ts"
import type { HealthMark } from "./shared-health.ts"

export const REFRESH_MS = 500
export const STALE_MS = 900
/** The longest that an operation waits for news. */
export const PATIENCE_MS = 300
/** After waiting in vain, nobody waits for so long. */
const GIVE_UP_MS = 5_000

export interface LiveRoutingParts {
  /** What the deployment ships with. */
  readonly shipped: CompiledRouting
  /** The control object, reached anew from whoever asks: a connection belongs to the request that made it. */
  readonly control: () => Pick<ControlRpc, "exchange">
  readonly health: Health
  readonly clock: Clock
}

export class LiveRouting {
  readonly shipped: CompiledRouting
  readonly #parts: LiveRoutingParts
  #current: CompiledRouting
  /** Version of what was put in force; null: what is shipped. */
  #live: string | null = null
  /** What is known was true at this time. */
  #knownAtMs = Number.NEGATIVE_INFINITY
  #askedAtMs = Number.NEGATIVE_INFINITY
  #impatientUntilMs = Number.NEGATIVE_INFINITY
  /** Counts what was adopted: an answer to a question from before it is old. */
  #adoptions = 0
  #heard: HealthMark | undefined
  /** Health that the control object has, by identity: entries never change. */
  readonly #told = new Map<string, ModelHealth>()

  constructor(parts: LiveRoutingParts) {
    this.shipped = parts.shipped
    this.#parts = parts
    this.#current = parts.shipped
  }

  /** In force, as far as this isolate knows. */
  get current(): CompiledRouting {
    return this.#current
  }

  /** Called before every operation. A promise when what is known is too old to be used; it never rejects. */
  freshen(): Promise<void> | undefined {
    const nowMs = this.#parts.clock.nowMs()
    const ageMs = nowMs - this.#knownAtMs
    if (ageMs < REFRESH_MS) return undefined
    if (ageMs >= STALE_MS && nowMs >= this.#impatientUntilMs) return this.#wait()
    if (nowMs - this.#askedAtMs >= REFRESH_MS) void this.#exchange()
    return undefined
  }

  /** Called after every operation: a breaker that opened here is told at once. */
  report(): void {
    const opened = Object.values(this.#untold()).some(({ openUntilMs }) => openUntilMs !== undefined)
    if (opened && this.#parts.clock.nowMs() >= this.#impatientUntilMs) void this.#exchange()
  }

  /** Takes `live` as what is in force; null is what is shipped. */
  adopt(live: RoutingSource | null): void {
    this.#adoptions += 1
    this.#live = live?.version ?? null
    this.#knownAtMs = this.#parts.clock.nowMs()
    if (live?.version === this.#current.version) return
    try {
      this.#current = live ? compileRouting(live.source) : this.shipped
    } catch (error) {
      // Put by newer code, or valid only for older: what we have is better than none.
      console.error(
        `The routing ${live?.version} cannot be read by this deployment; ${this.#current.version} stays.`,
        error,
      )
    }
  }

  /** Each waits for an answer of its own: a promise that another request made may die with that request. */
  async #wait(): Promise<void> {
    const { clock } = this.#parts
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const cancel = clock.setTimer(PATIENCE_MS, () => resolve(false))
    const known = await Promise.race([this.#exchange(), promise])
    cancel()
    if (!known) this.#impatientUntilMs = clock.nowMs() + GIVE_UP_MS
  }

  /** Whether the control object answered. Never rejects. */
  async #exchange(): Promise<boolean> {
    const { clock, control, health } = this.#parts
    const asked = { atMs: clock.nowMs(), adoptions: this.#adoptions, health: this.#untold() }
    this.#askedAtMs = asked.atMs
    try {
      const heard = this.#heard
      const known = { version: this.#live, health: asked.health, ...(heard ? { heard } : {}) }
      const news = await control().exchange(known)
      this.#impatientUntilMs = Number.NEGATIVE_INFINITY
      health.merge(news.health)
      this.#note(news, asked.health)
      if (asked.adoptions !== this.#adoptions || asked.atMs < this.#knownAtMs) return true
      if (news.routing !== undefined) this.adopt(news.routing)
      this.#knownAtMs = asked.atMs
      return true
    } catch {
      this.#impatientUntilMs = clock.nowMs() + GIVE_UP_MS
      return false
    }
  }

  /** Notes what the control object has; one that came back without its memory is told everything again. */
  #note({ heard, health }: News, reported: HealthState): void {
    if (this.#heard && this.#heard.epoch !== heard.epoch) this.#told.clear()
    else for (const [key, entry] of Object.entries({ ...reported, ...health })) this.#told.set(key, entry)
    this.#heard = heard
  }

  #untold(): HealthState {
    const entries = Object.entries(this.#parts.health.snapshot())
    return Object.fromEntries(entries.filter(([key, health]) => this.#told.get(key) !== health))
  }
}
