/** How many steps of one run may be in flight at once, over all its maps and branches. Who finds no slot waits, parked. */
import { MAX_CONCURRENT_STEPS } from "../lib/limits.ts"
import type { Parking } from "./parking.ts"

/** A place in the parking that is no step's path: paths never begin with a space. */
const SLOT = " slot"

export class Slots {
  readonly #parking: Parking
  #free = MAX_CONCURRENT_STEPS

  constructor(parking: Parking) {
    this.#parking = parking
  }

  /** Takes a slot as soon as one is free; what it gives frees it again, once. Rejects when `signal` aborts. */
  async take(signal: AbortSignal): Promise<() => void> {
    while (this.#free <= 0) await this.#parking.wait(SLOT, undefined, signal)
    this.#free -= 1
    let taken = true
    return () => {
      if (!taken) return
      taken = false
      this.#free += 1
      this.#parking.wakeOne(SLOT)
    }
  }
}
