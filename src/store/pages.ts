/** A log of any length, read in pages, so that a fold over it never holds more than one page. */
import type { EventRow } from "../run/chain.ts"
import type { RunEvent } from "../run/event.ts"
import type { EventStore } from "./event-store.ts"

const PAGE_EVENTS = 500

/** The events with `seq > after`, oldest first; those appended while it runs are included. */
export function* eventsIn(
  store: Pick<EventStore, "read">,
  after = 0,
  pageEvents = PAGE_EVENTS,
): Generator<RunEvent, void> {
  let last = after
  while (true) {
    const page = store.read(last, pageEvents)
    yield* page
    last += page.length
    if (page.length < pageEvents) return
  }
}

/** A page that is sent as one message stays well below the platform's 32 MB. */
const PAGE_BYTES = 4 * 1024 * 1024
/** Rows read at once on the way to a page: as many as fit into memory when each is as large as a row may be. */
const CHUNK_ROWS = 16

/** The rows with `seq > after`: at most `limit`, and fewer when they are large, but at least one when there is any. */
export function rowPage(store: EventStore, after: number, limit = PAGE_EVENTS): readonly EventRow[] {
  const page: EventRow[] = []
  for (let bytes = 0; page.length < limit && bytes < PAGE_BYTES; ) {
    const chunk = store.rows(after + page.length, Math.min(CHUNK_ROWS, limit - page.length))
    for (const row of chunk) bytes += row.data.length
    page.push(...chunk)
    if (chunk.length === 0) break
  }
  return page
}
