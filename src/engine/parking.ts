/**
 * Where tasks wait without being busy: for a time, for a signal, for a person, for the next turn.
 * Nothing here is durable. What a parked task waits for is in the log, and after a crash the walk parks it again.
 */
import type { Pulse } from "./pulse.ts"

interface Parked {
  readonly untilMs: number
  readonly wake: () => void
  readonly fail: (reason: unknown) => void
}

export class Parking {
  readonly #pulse: Pulse
  readonly #places = new Map<string, Set<Parked>>()

  constructor(pulse: Pulse) {
    this.#pulse = pulse
  }

  /**
   * Waits at `place` (a step's path, or one of the engine's own places) until woken, until a `wakeDue` at or after
   * `untilMs`, or until `signal` aborts, when it rejects with the signal's reason.
   */
  wait(place: string, untilMs = Number.POSITIVE_INFINITY, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason)
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#places.get(place)?.delete(parked)
        signal?.removeEventListener("abort", onAbort)
        this.#pulse.add()
      }
      const parked: Parked = {
        untilMs,
        wake: () => {
          leave()
          resolve()
        },
        fail: (reason) => {
          leave()
          reject(reason)
        },
      }
      const onAbort = () => parked.fail(signal?.reason)
      signal?.addEventListener("abort", onAbort, { once: true })
      const here = this.#places.get(place) ?? new Set()
      this.#places.set(place, here.add(parked))
      this.#pulse.remove()
    })
  }

  /** Wakes all who wait at `place`. */
  wake(place: string): void {
    for (const parked of [...(this.#places.get(place) ?? [])]) parked.wake()
  }

  /** Wakes all whose time has come. */
  wakeDue(nowMs: number): void {
    for (const parked of this.#all()) if (parked.untilMs <= nowMs) parked.wake()
  }

  /** Whether anybody waits at `place`. */
  has(place: string): boolean {
    return (this.#places.get(place)?.size ?? 0) > 0
  }

  /** When the first timed wait ends; undefined when none has a time. */
  nextWakeMs(): number | undefined {
    let next = Number.POSITIVE_INFINITY
    for (const parked of this.#all()) next = Math.min(next, parked.untilMs)
    return next === Number.POSITIVE_INFINITY ? undefined : next
  }

  #all(): Parked[] {
    return [...this.#places.values()].flatMap((here) => [...here])
  }
}
