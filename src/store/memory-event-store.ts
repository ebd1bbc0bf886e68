/** The log in memory: for tests and for reading an export. Rows are kept as text, so what is read is never what was handed in. */
import { EMPTY_HEAD, type EventRow, type Head } from "../run/chain.ts"
import type { NewEvent, RunEvent } from "../run/event.ts"
import { chainEvents, fromRow } from "../run/event-row.ts"
import type { EventStore } from "./event-store.ts"

export class MemoryEventStore implements EventStore {
  readonly #rows: EventRow[]

  /** `rows`: a log to begin with, numbered from 1 without gaps, such as a verified export. */
  constructor(rows: readonly EventRow[] = []) {
    this.#rows = [...rows]
  }

  append(events: readonly NewEvent[], atMs: number): readonly RunEvent[] {
    const { rows, recorded } = chainEvents(this.head(), events, atMs)
    for (const row of rows) this.#rows.push(row)
    return recorded
  }

  read(after?: number, limit?: number): readonly RunEvent[] {
    return this.rows(after, limit).map(fromRow)
  }

  get(seq: number): RunEvent | undefined {
    const row = this.#rows[seq - 1]
    return row && fromRow(row)
  }

  rows(after = 0, limit = Number.POSITIVE_INFINITY): readonly EventRow[] {
    return this.#rows.slice(after, after + limit)
  }

  head(): Head {
    const last = this.#rows.at(-1)
    return last ? { seq: last.seq, hash: last.hash } : EMPTY_HEAD
  }
}
