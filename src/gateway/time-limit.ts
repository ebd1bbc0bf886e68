/**
 * The time limits of one attempt: whole attempt, first output token, silence between tokens; and the caller's own abort.
 * All end the call through one signal; `expired` says which limit it was.
 */
import { type Follower, follow, untilAborted } from "../lib/abort.ts"
import type { Clock } from "../lib/clock.ts"

export interface Limits {
  readonly attemptMs: number
  /** Only for streamed answers. */
  readonly firstTokenMs?: number
  readonly idleMs?: number
}

export class TimeLimit {
  readonly #follower: Follower
  readonly #clock: Clock
  readonly #limits: Limits
  readonly #cancelWhole: () => void
  #cancelSilence: (() => void) | undefined
  #expired: string | undefined
  #begun = false

  /** The clock starts now. `signal`: the caller's. */
  constructor(clock: Clock, limits: Limits, signal: AbortSignal) {
    this.#clock = clock
    this.#limits = limits
    this.#follower = follow(signal)
    this.#cancelWhole = this.#after(limits.attemptMs, `No complete answer within ${limits.attemptMs} ms.`)
    if (limits.firstTokenMs !== undefined)
      this.#cancelSilence = this.#after(limits.firstTokenMs, `No first token within ${limits.firstTokenMs} ms.`)
  }

  get signal(): AbortSignal {
    return this.#follower.signal
  }

  /** Which limit ended the attempt, in words; undefined when none did. */
  get expired(): string | undefined {
    return this.#expired
  }

  /** Something arrived; `output`: it belongs to the answer. */
  progress(output: boolean): void {
    if (output) this.#begun = true
    const { idleMs } = this.#limits
    if (!this.#begun || this.#expired !== undefined) return
    this.#cancelSilence?.()
    this.#cancelSilence =
      idleMs === undefined ? undefined : this.#after(idleMs, `The answer fell silent for ${idleMs} ms.`)
  }

  /** `work`, or a rejection as soon as the signal aborts. */
  race<Result>(work: Promise<Result>): Promise<Result> {
    return untilAborted(work, this.signal)
  }

  /** Ends all timers. Call it when the attempt is over. */
  end(): void {
    this.#cancelSilence?.()
    this.#cancelWhole()
    this.#follower.release()
  }

  #after(delayMs: number, message: string): () => void {
    return this.#clock.setTimer(delayMs, () => {
      this.#expired ??= message
      this.#follower.abort(new DOMException(message, "TimeoutError"))
    })
  }
}
