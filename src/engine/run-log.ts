/**
 * The log of one run with its fold: the only place where the engine writes. What is appended is in the state and with the
 * subscribers before `append` returns, so nobody can act on a state that the log does not have.
 *
 * Invariant: after a write that failed for a reason of the store's own, nothing is written any more. Nobody can tell
 * whether that write happened, so this object and its engine are of no more use: a new one on the same store knows.
 */

import { must } from "../lib/assert.ts"
import type { Clock } from "../lib/clock.ts"
import { errorData, WaybillError } from "../lib/errors.ts"
import type { EventOf, EventType, NewEvent, RunEvent, RunHeader } from "../run/event.ts"
import { applyEvent, foldRun } from "../run/fold.ts"
import type { RunState, StepState } from "../run/run-state.ts"
import type { EventStore } from "../store/event-store.ts"
import { eventsIn } from "../store/pages.ts"

export class RunLog {
  readonly state: RunState
  readonly store: EventStore
  readonly #clock: Clock
  readonly #onEvents: (events: readonly RunEvent[]) => void
  readonly #onFault: (fault: unknown) => void
  #fault: { readonly thrown: unknown } | undefined

  /** `onFault` is called once, when the store fails; see the invariant. */
  constructor(
    store: EventStore,
    clock: Clock,
    onEvents: (events: readonly RunEvent[]) => void,
    onFault: (fault: unknown) => void,
  ) {
    this.store = store
    this.#clock = clock
    this.#onEvents = onEvents
    this.#onFault = onFault
    this.state = foldRun(eventsIn(store))
  }

  /** Why nothing can be written any more; undefined while all is well. */
  get fault(): { readonly thrown: unknown } | undefined {
    return this.#fault
  }

  /** Whether nothing that a step does can be logged any more. */
  get closed(): boolean {
    return this.state.ended !== undefined || this.#fault !== undefined
  }

  get header(): RunHeader {
    return must(this.state.header, "the run was never created")
  }

  /** Appends in one transaction. Throws `run_ended` when the run has ended, unless it is of what may come late. */
  append(...events: readonly NewEvent[]): readonly RunEvent[] {
    if (!events.every(mayComeLate)) checkNotEnded(this.state)
    const appended = this.#write(events)
    for (const event of appended) applyEvent(this.state, event)
    this.#tell(appended)
    return appended
  }

  /** Takes note that the store failed; see the invariant. What belongs to the log may be stored elsewhere, and fail there. */
  breakOff(thrown: unknown): void {
    if (this.#fault) return
    this.#fault = { thrown }
    this.#onFault(thrown)
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

  #write(events: readonly NewEvent[]): readonly RunEvent[] {
    if (this.#fault) throw this.#fault.thrown
    try {
      return this.store.append(events, this.#clock.nowMs())
    } catch (thrown) {
      const { code } = errorData(thrown)
      // The store refuses these before it writes anything: the fault is the data's, not the store's.
      if (code === "not_json" || code === "limit_exceeded") throw thrown
      this.breakOff(thrown)
      throw thrown
    }
  }

  /** A subscriber that throws must not stop the run: whatever it missed, it can read from the log. */
  #tell(events: readonly RunEvent[]): void {
    try {
      this.#onEvents(events)
    } catch {}
  }
}

/** Throws `run_ended` for a run to which nothing can happen any more. */
export function checkNotEnded({ ended }: RunState): void {
  if (ended) throw new WaybillError("run_ended", `The run has ended (${ended}); nothing can be added to it.`)
}

/** What may be written after the end of the run (see `fold.ts`). */
function mayComeLate({ type, data }: NewEvent): boolean {
  if (type === "operation.completed") return data.unused === true
  return type.startsWith("compensation.") || type === "child.ended" || type === "child.charged"
}
