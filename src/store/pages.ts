/** A log of any length, read in pages, so that a fold over it never holds more than one page. */
import type { RunEvent } from "../run/event.ts"
import type { EventStore } from "./event-store.ts"

const PAGE_EVENTS = 500

/** The events with `seq > after`, oldest first; those appended while it runs are included. */
export function* eventsIn(store: EventStore, after = 0, pageEvents = PAGE_EVENTS): Generator<RunEvent, void> {
  let last = after
  while (true) {
    const page = store.read(last, pageEvents)
    yield* page
    last += page.length
    if (page.length < pageEvents) return
  }
}
