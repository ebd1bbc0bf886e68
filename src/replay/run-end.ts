/** How a recorded run ended, and what it gave. */

import { eventOf, type Recording } from "../engine/recording.ts"
import type { Json } from "../lib/json.ts"
import type { Stored } from "../run/event.ts"

export interface RunEnd {
  readonly status: "succeeded" | "failed" | "cancelled" | "open"
  readonly error?: Json
}

/** `output` is null unless the run succeeded. */
export function endOf({ source, endSeq }: Recording): { readonly end: RunEnd; readonly output: Stored } {
  if (endSeq === undefined) return { end: { status: "open" }, output: null }
  const event = eventOf(source, endSeq, "run.completed", "run.failed", "run.cancelled")
  if (event.type === "run.completed") return { end: { status: "succeeded" }, output: event.data.output }
  if (event.type === "run.cancelled") return { end: { status: "cancelled" }, output: null }
  const { code, message, path } = event.data.error
  return { end: { status: "failed", error: { code, message, ...(path === undefined ? {} : { path }) } }, output: null }
}
