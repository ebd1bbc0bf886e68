/** Those who wait inside this object for something to happen to the run: long polls. Nothing durable. */

export class Subscribers {
  readonly #waiting = new Set<() => void>()

  /** Somebody should look again. */
  notify(): void {
    for (const look of [...this.#waiting]) look()
  }

  /** Resolves as soon as `condition` holds after a `notify`, or after `timeoutMs`. */
  until(condition: () => boolean, timeoutMs: number): Promise<void> {
    if (condition()) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.#waiting.delete(look)
        resolve()
      }
      const look = () => {
        if (condition()) done()
      }
      const timer = setTimeout(done, timeoutMs)
      this.#waiting.add(look)
    })
  }
}
