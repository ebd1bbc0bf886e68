/**
 * Making a run out of another: its log is filled from the original's before its engine is opened, so that nothing of it is
 * done before all that is done is known.
 *
 * Invariants:
 * 1. What is to be made is in storage before its first event, and stays there until its last: a crash in between is made
 *    good when the object is next in memory.
 * 2. The copies are a function of the request and of the original up to one event, so they can be taken up where they stopped.
 */

import { type Clock, systemClock } from "../lib/clock.ts"
import { editEvents, type ForkRequest } from "../replay/derive.ts"
import { NEXT_STEP, type NewEvent, runEvent } from "../run/event.ts"
import type { EventStore } from "../store/event-store.ts"
import { eventsIn } from "../store/pages.ts"
import type { DerivationOrder, StudyRpc } from "./study-rpc.ts"

/** The object of another run. */
type Original = (runId: string) => Pick<StudyRpc, "copies" | "recordedEdits">

/** The synchronous key-value part of an object's storage. */
interface Memory {
  get<Value>(key: string): Value | undefined
  put<Value>(key: string, value: Value): void
  delete(key: string): void
}

const ORDER = "derivation"

export class Derivation {
  readonly #store: EventStore
  readonly #memory: Memory
  readonly #original: Original
  readonly #clock: Clock

  constructor(store: EventStore, memory: Memory, original: Original, clock: Clock = systemClock) {
    this.#store = store
    this.#memory = memory
    this.#original = original
    this.#clock = clock
  }

  /** Fills an empty log as `order` says. */
  async make(order: DerivationOrder): Promise<void> {
    this.#memory.put(ORDER, order)
    await this.finish()
  }

  /** Takes up what a crash cut off. Does nothing when there is nothing. */
  async finish(): Promise<void> {
    const order = this.#memory.get<DerivationOrder>(ORDER)
    if (!order) return
    if (order.fork) await this.#copyFork(order, order.fork)
    else await this.#copyEdits(order)
    this.#memory.delete(ORDER)
  }

  async #copyEdits({ original, header, paused }: DerivationOrder): Promise<void> {
    const edits = await this.#original(original).recordedEdits()
    if (this.#store.head().seq === 0) this.#append(runEvent("run.created", header), ...edits, ...pause(paused))
  }

  async #copyFork({ original: runId, header, head, paused }: DerivationOrder, fork: ForkRequest): Promise<void> {
    const store = this.#store
    if (store.head().seq === 0) this.#append(runEvent("run.created", header))
    if ([...eventsIn(store)].some(({ type }) => type === "run.forked")) return
    const original = this.#original(runId)
    for (let isLast = false; !isLast; ) {
      const page = await original.copies(fork, head.seq, store.head().seq - 1)
      isLast = page.isLast
      if (page.events.length > 0) this.#append(...page.events)
    }
    const from = { runId, path: fork.at, headHash: head.hash }
    this.#append(runEvent("run.forked", { from }), ...editEvents(fork.edits), ...pause(paused))
  }

  #append(...events: readonly NewEvent[]): void {
    this.#store.append(events, this.#clock.nowMs())
  }
}

/** The run starts as any other, with a place of its own, and stops before its first step. */
function pause(isPaused: boolean): NewEvent[] {
  return isPaused ? [runEvent("run.resumed", { mode: "run-to", to: NEXT_STEP })] : []
}
