/** Events on the wire: as the log holds them, as JSON, as server-sent events, and as the rows of an export. */
import { z } from "zod"
import type { RunEvent } from "../run/event.ts"
import { anyJson, named } from "./wire.ts"

export const EventView = named(
  "Event",
  z.object({
    seq: z.int().meta({ description: "Counts from 1 without gaps." }),
    atMs: z.int(),
    type: z.string().meta({ description: "Such as `step.completed`." }),
    path: z.string().meta({ description: "Of the step; empty for events of the run." }),
    attempt: z.int(),
    data: z.record(z.string(), anyJson),
    hash: z.string().meta({ description: "SHA-256 of the previous hash and this event." }),
  }),
)

export const EVENT_STREAM_TYPE = "text/event-stream"

/** Keeps a silent connection open through proxies. */
export const HEARTBEAT = ": still here\n\n"

/** One event as a server-sent event; its id is where `Last-Event-ID` goes on. */
export function eventMessage(event: RunEvent): string {
  // No `event:` field: with one, a browser's `onmessage` would not be called.
  return `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`
}

/** Tells the reader that nothing more will come, so that it need not connect again. */
export const END_MESSAGE = "event: end\ndata: {}\n\n"

/** Media type of an export: one JSON value a line. */
export const EXPORT_TYPE = "application/x-ndjson"
