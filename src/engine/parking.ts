/**
 * Where tasks wait without being busy: for a time, for a signal, for a person, for the next turn.
 * Nothing here is durable. What a parked task waits for is in the log, and after a crash the walk parks it again.
 */
import type { Pulse } from "./pulse.ts"

interface Parked {
  readonly untilMs: number
  readonly wake: () => void
}

export class Parking {
  readonly #pulse: Pulse
  /** Who waits, by place; a place where nobody waits is not in here. */
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
      const leave = (settle: () => void) => {
        this.#remove(place, parked)
        signal?.removeEventListener("abort", onAbort)
        this.#pulse.add()
        settle()
      }
      const onAbort = () => leave(() => reject(signal?.reason))
      const parked: Parked = { untilMs, wake: () => leave(resolve) }
      signal?.addEventListener("abort", onAbort, { once: true })
      const here = this.#places.get(place)
      if (here) here.add(parked)
      else this.#places.set(place, new Set([parked]))
      this.#pulse.remove()
    })
  }

  /** Wakes all who wait at `place`. */
  wake(place: string): void {
    for (const parked of [...(this.#places.get(place) ?? [])]) parked.wake()
  }

  /** Wakes the one who has waited longest at `place`. */
  wakeOne(place: string): void {
    const [first] = this.#places.get(place) ?? []
    first?.wake()
  }

  /** Wakes all whose time has come. */
  wakeDue(nowMs: number): void {
    for (const parked of this.#all()) if (parked.untilMs <= nowMs) parked.wake()
  }

  /** Whether anybody waits at `place`. */
  has(place: string): boolean {
    return this.#places.has(place)
  }

  /** When the first timed wait ends; undefined when none has a time. */
  nextWakeMs(): number | undefined {
    let next = Number.POSITIVE_INFINITY
    for (const parked of this.#all()) next = Math.min(next, parked.untilMs)
    return next === Number.POSITIVE_INFINITY ? undefined : next
  }

  #remove(place: string, parked: Parked): void {
    const here = this.#places.get(place)
    here?.delete(parked)
    if (here?.size === 0) this.#places.delete(place)
  }

  #all(): Parked[] {
    return [...this.#places.values()].flatMap((here) => [...here])
  }
}
