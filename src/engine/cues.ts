/**
 * Cues: the points at which a replayed step waits until its turn has come in the order of the recording. Every attempt has
 * two, before it starts and before its end is logged. So what stood side by side in the recording happens in the same order
 * again, whatever the order in which tasks would get there by themselves.
 */

export type Cue = `${"start" | "end"} ${number} ${string}`

/** The cue of the attempt at `path` that follows `failures` failed ones. */
export function cueOf(what: "start" | "end", path: string, failures: number): Cue {
  return `${what} ${failures} ${path}`
}

export class Cues {
  readonly #waiting = new Map<Cue, () => void>()
  readonly #isHeld: (path: string, failures: number) => boolean

  /** `isHeld`: whether the failure that followed `failures` others was held by a breakpoint in the recording. */
  constructor(isHeld: (path: string, failures: number) => boolean) {
    this.#isHeld = isHeld
  }

  isHeld(path: string, failures: number): boolean {
    return this.#isHeld(path, failures)
  }

  /** A task waits at `cue`; `wake` lets it look again. */
  arrived(cue: Cue, wake: () => void): void {
    this.#waiting.set(cue, wake)
  }

  /** The task waits no longer: it was released, or stopped. */
  left(cue: Cue): void {
    this.#waiting.delete(cue)
  }

  isAwaited(cue: Cue): boolean {
    return this.#waiting.has(cue)
  }

  /** Lets the task at `cue` go on; without `cue`, the one that has waited longest. False when there is none. */
  release(cue: Cue | undefined = this.#waiting.keys().next().value): boolean {
    const wake = cue && this.#waiting.get(cue)
    wake?.()
    return wake !== undefined
  }
}
