/**
 * The time limits of one attempt: whole attempt, first output token, silence between tokens; and the caller's own abort.
 * All end the call through one signal; `expired` says which limit it was.
 */
import type { Clock } from "../lib/clock.ts"

export interface Limits {
  readonly attemptMs: number
  /** Only for streamed answers. */
  readonly firstTokenMs?: number
  readonly idleMs?: number
}

export class TimeLimit {
  readonly #controller = new AbortController()
  readonly #clock: Clock
  readonly #limits: Limits
  readonly #cancels: (() => void)[] = []
  #cancelSilence: (() => void) | undefined
  #expired: string | undefined
  #begun = false

  /** The clock starts now. `signal`: the caller's. */
  constructor(clock: Clock, limits: Limits, signal: AbortSignal) {
    this.#clock = clock
    this.#limits = limits
    const abort = () => this.#controller.abort(signal.reason)
    if (signal.aborted) abort()
    else {
      signal.addEventListener("abort", abort, { once: true })
      this.#cancels.push(() => signal.removeEventListener("abort", abort))
    }
    this.#cancels.push(this.#after(limits.attemptMs, `No complete answer within ${limits.attemptMs} ms.`))
    if (limits.firstTokenMs !== undefined)
      this.#cancelSilence = this.#after(limits.firstTokenMs, `No first token within ${limits.firstTokenMs} ms.`)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
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

  /** `work`, or a rejection as soon as the signal aborts: a call that ignores the signal holds nobody up. */
  async race<Result>(work: PromiseLike<Result>): Promise<Result> {
    const { signal } = this
    let onAbort: (() => void) | undefined
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => reject(signal.reason)
      if (signal.aborted) onAbort()
      else signal.addEventListener("abort", onAbort, { once: true })
    })
    try {
      return await Promise.race([work, aborted])
    } finally {
      if (onAbort) signal.removeEventListener("abort", onAbort)
    }
  }

  /** Ends all timers. Call it when the attempt is over. */
  end(): void {
    this.#cancelSilence?.()
    for (const cancel of this.#cancels) cancel()
  }

  #after(delayMs: number, message: string): () => void {
    return this.#clock.setTimer(delayMs, () => {
      this.#expired ??= message
      this.#controller.abort(new DOMException(message, "TimeoutError"))
    })
  }
}
