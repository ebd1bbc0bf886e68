/**
 * The log of one run with its fold: the only place where the engine writes. What is appended is in the state and with the
 * subscribers before `append` returns, so nobody can act on a state that the log does not have.
 */

import { must } from "../lib/assert.ts"
import type { Clock } from "../lib/clock.ts"
import { WaybillError } from "../lib/errors.ts"
import type { EventOf, EventType, NewEvent, RunEvent, RunHeader } from "../run/event.ts"
import { applyEvent, foldRun, type RunState, type StepState } from "../run/run-state.ts"
import type { EventStore } from "../store/event-store.ts"

export class RunLog {
  readonly state: RunState
  readonly store: EventStore
  readonly #clock: Clock
  readonly #onEvents: (events: readonly RunEvent[]) => void

  constructor(store: EventStore, clock: Clock, onEvents: (events: readonly RunEvent[]) => void) {
    this.store = store
    this.#clock = clock
    this.#onEvents = onEvents
    this.state = foldRun(pages(store))
  }

  get header(): RunHeader {
    return must(this.state.header, "the run was never created")
  }

  /** Appends in one transaction. Throws `run_ended` when the run has ended: then only compensations may still be written. */
  append(...events: readonly NewEvent[]): readonly RunEvent[] {
    if (this.state.ended && !events.every((event) => event.type.startsWith("compensation.")))
      throw new WaybillError("run_ended", `The run has ${this.state.ended}; nothing can be added to it.`)
    const appended = this.store.append(events, this.#clock.nowMs())
    for (const event of appended) applyEvent(this.state, event)
    this.#onEvents(appended)
    return appended
  }

  step(path: string): StepState | undefined {
    return this.state.steps.get(path)
  }

  /** The event numbered `seq`, which is known to be of `type`. */
  event<Type extends EventType>(seq: number, type: Type): EventOf<Type> {
    const event = must(this.store.get(seq), `event ${seq} is not in the log`)
    if (event.type !== type) throw new Error(`Broken invariant: event ${seq} is ${event.type}, expected ${type}`)
    return event as EventOf<Type>
  }
}

/** The log page by page: folding must not need the whole log in memory. */
function* pages(store: EventStore): Generator<RunEvent> {
  const size = 500
  for (let after = 0; ; after += size) {
    const page = store.read(after, size)
    yield* page
    if (page.length < size) return
  }
}
