/**
 * Counts the tasks of a run that can still move by themselves. When the count falls to zero, every task has ended or is
 * parked, and only the outside (a signal, a clock, a person) can move the run: it may leave memory.
 *
 * Invariant: a token never vanishes between two tasks. Whoever wakes a task adds its token before the task continues, and
 * of tasks that ran side by side the last one to end hands its token to the parent instead of dropping it.
 */

export class Pulse {
  #tokens = 0
  #waiters: (() => void)[] = []

  get busy(): boolean {
    return this.#tokens > 0
  }

  add(count = 1): void {
    this.#tokens += count
  }

  remove(count = 1): void {
    this.#tokens -= count
    if (this.#tokens <= 0) this.release()
  }

  /** Resolves as soon as no task can move by itself, or at the next `release`. */
  idle(): Promise<void> {
    if (!this.busy) return Promise.resolve()
    return new Promise((resolve) => this.#waiters.push(resolve))
  }

  /** Lets those go who wait for `idle`, though tasks are under way: a turn is over, and the outside has to begin the next. */
  release(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const resolve of waiters) resolve()
  }
}
