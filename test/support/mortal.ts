/**
 * Death of a process, for tests. A `Life` is one stay of an engine in memory: it ends when told to, or at a certain moment,
 * and from then on nothing that belongs to it can write, call or answer any more. What it wrote stays, for the next life.
 */
import type { NewEvent } from "../../src/run/event.ts"
import type { EventStore } from "../../src/store/event-store.ts"

/** What everything throws that outlives its process. */
export class Dead extends Error {
  override readonly name = "Dead"
}

export class Life {
  #dead = false
  #momentsLeft: number

  /** Ends at the moment with this number, from 0; by default it goes on until `end`. */
  constructor(moments = Number.POSITIVE_INFINITY) {
    this.#momentsLeft = moments
  }

  get over(): boolean {
    return this.#dead
  }

  end(): void {
    this.#dead = true
  }

  /** A moment at which the process may die. Throws when it does, or did. */
  moment(): void {
    if (this.#momentsLeft === 0) this.#dead = true
    this.#momentsLeft -= 1
    if (this.#dead) throw new Dead("The process died.")
  }
}

/** `inner` as an engine of this life sees it: an append is a moment before it is written, and one after. */
export function mortalStore(inner: EventStore, life: Life): EventStore {
  const alive = <Result>(read: () => Result): Result => {
    if (life.over) throw new Dead("The process died.")
    return read()
  }
  return {
    append(events: readonly NewEvent[], atMs: number) {
      life.moment()
      const appended = inner.append(events, atMs)
      life.moment()
      return appended
    },
    read: (after, limit) => alive(() => inner.read(after, limit)),
    get: (seq) => alive(() => inner.get(seq)),
    rows: (after, limit) => alive(() => inner.rows(after, limit)),
    head: () => alive(() => inner.head()),
  }
}
