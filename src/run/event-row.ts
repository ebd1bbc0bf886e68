/**
 * Events as rows and rows as events: the one place where an event becomes the text that is stored, hashed and exported.
 * Every store goes through here, so that the same events give the same hashes wherever they are kept.
 */

import { byteLength } from "../lib/bytes.ts"
import { WaybillError } from "../lib/errors.ts"
import { canonicalJson } from "../lib/json.ts"
import { MAX_EVENT_BYTES } from "../lib/limits.ts"
import { chainHash, type EventRow, type Head } from "./chain.ts"
import type { NewEvent, RunEvent } from "./event.ts"

/**
 * The row that `event` becomes behind `head`. Throws `not_json` when its data is not plain JSON and `limit_exceeded`
 * when it is over `MAX_EVENT_BYTES`: large values belong in the blob store before they come here.
 */
export function toRow(head: Head, event: NewEvent, atMs: number): EventRow {
  const data = canonicalJson(event.data, event.path === "" ? event.type : `${event.type}(${event.path})`)
  const bytes = byteLength(data)
  if (bytes > MAX_EVENT_BYTES)
    throw new WaybillError(
      "limit_exceeded",
      `${event.type} of "${event.path}": found ${bytes} bytes of data, expected at most ${MAX_EVENT_BYTES}.`,
      { path: event.path, limit: "MAX_EVENT_BYTES" },
    )
  const row = { seq: head.seq + 1, at_ms: atMs, type: event.type, path: event.path, attempt: event.attempt, data }
  return { ...row, hash: chainHash(head.hash, row) }
}

/** The event that `row` holds. The row must come from a store or a verified export: its type is not checked again. */
export function fromRow(row: EventRow): RunEvent {
  const { seq, at_ms: atMs, type, path, attempt, hash } = row
  return { seq, atMs, type, path, attempt, data: JSON.parse(row.data), hash } as RunEvent
}

/**
 * `events` behind `head`: the rows to write, and the events as the log then holds them. All or nothing: throws as `toRow`
 * does before anything is written.
 */
export function chainEvents(
  head: Head,
  events: readonly NewEvent[],
  atMs: number,
): { readonly rows: readonly EventRow[]; readonly recorded: readonly RunEvent[] } {
  const rows: EventRow[] = []
  const recorded: RunEvent[] = []
  let last = head
  for (const event of events) {
    const row = toRow(last, event, atMs)
    rows.push(row)
    // Not `fromRow`: parsing what was just written would double the cost of an append.
    recorded.push({ ...event, seq: row.seq, atMs, hash: row.hash })
    last = row
  }
  return { rows, recorded }
}
