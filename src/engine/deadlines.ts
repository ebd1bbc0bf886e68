/**
 * The time limits of what is under way. While the run is in memory a timer serves them; a run that only waits may leave
 * memory, so the limits are also given to the host as times at which to wake the run (`nextMs`, `fireDue`).
 */
import { follow } from "../lib/abort.ts"
import type { Clock } from "../lib/clock.ts"

/** A signal that aborts when the time is over or its parent aborts. `clear` must be called when the work ends. */
export interface Deadline {
  readonly signal: AbortSignal
  /** When the time is over; absent when there is no limit. */
  readonly atMs?: number
  clear(): void
}

interface Open {
  readonly atMs: number
  fire(): void
}

export class Deadlines {
  readonly #clock: Clock
  readonly #open = new Set<Open>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** `reason` is what the signal aborts with when the time is over. */
  start(parent: AbortSignal, atMs: number | undefined, reason: unknown): Deadline {
    if (atMs === undefined) return { signal: parent, clear: () => {} }
    const follower = follow(parent)
    const open: Open = { atMs, fire: () => follower.abort(reason) }
    this.#open.add(open)
    const stopTimer = this.#setTimer(open)
    const clear = () => {
      this.#open.delete(open)
      stopTimer()
      follower.release()
    }
    return { signal: follower.signal, atMs, clear }
  }

  /** When the first limit is reached. */
  nextMs(): number {
    let next = Number.POSITIVE_INFINITY
    for (const { atMs } of this.#open) next = Math.min(next, atMs)
    return next
  }

  /** Aborts all whose time is over. */
  fireDue(nowMs: number): void {
    for (const open of [...this.#open]) if (open.atMs <= nowMs) open.fire()
  }

  /** A platform timer may fire early when it is set for more than it can hold: then it is set again. */
  #setTimer(open: Open): () => void {
    let stop = this.#clock.setTimer(Math.max(0, open.atMs - this.#clock.nowMs()), () => {
      if (this.#clock.nowMs() >= open.atMs) open.fire()
      else stop = this.#setTimer(open)
    })
    return () => stop()
  }
}
