/**
 * The time limits of what is under way. While the run is in memory a timer serves them; a run that only waits may leave
 * memory, so the limits are also given to the host as times at which to wake the run (`nextMs`, `fireDue`).
 */
import { follow } from "../lib/abort.ts"
import type { Clock } from "../lib/clock.ts"

/** When the time of some work is over, as far as is known now: a limit may stand still for a while, and has no end meanwhile. */
export interface Limit {
  atMs(): number
  /** What the work's signal aborts with then. */
  reason(): unknown
}

/** A signal that aborts when the time is over or its parent aborts. `clear` must be called when the work ends. */
export interface Deadline {
  readonly signal: AbortSignal
  clear(): void
}

interface Open {
  readonly limit: Limit
  readonly abort: (reason: unknown) => void
  stopTimer: () => void
}

export class Deadlines {
  readonly #clock: Clock
  readonly #open = new Set<Open>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  start(parent: AbortSignal, limit: Limit | undefined): Deadline {
    if (!limit) return { signal: parent, clear: () => {} }
    const follower = follow(parent)
    const open: Open = { limit, abort: (reason) => follower.abort(reason), stopTimer: () => {} }
    this.#open.add(open)
    this.#setTimer(open)
    const clear = () => {
      this.#open.delete(open)
      open.stopTimer()
      follower.release()
    }
    return { signal: follower.signal, clear }
  }

  /** When the first limit is reached. */
  nextMs(): number {
    let next = Number.POSITIVE_INFINITY
    for (const { limit } of this.#open) next = Math.min(next, limit.atMs())
    return next
  }

  /** Aborts all whose time is over. */
  fireDue(nowMs: number): void {
    for (const { limit, abort } of [...this.#open]) if (limit.atMs() <= nowMs) abort(limit.reason())
  }

  /** Limits that stood still go on. */
  goOn(): void {
    for (const open of this.#open) {
      open.stopTimer()
      this.#setTimer(open)
    }
  }

  /** A timer may fire early, when the platform's cannot hold its time or when the limit stood still: then it is set again. */
  #setTimer(open: Open): void {
    const atMs = open.limit.atMs()
    if (atMs === Number.POSITIVE_INFINITY) return
    open.stopTimer = this.#clock.setTimer(Math.max(0, atMs - this.#clock.nowMs()), () => {
      if (this.#clock.nowMs() >= open.limit.atMs()) open.abort(open.limit.reason())
      else this.#setTimer(open)
    })
  }
}
