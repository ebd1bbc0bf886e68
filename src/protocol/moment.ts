/** Moments as callers write them. */
import { z } from "zod"

interface Window {
  readonly from?: string
  readonly to?: string
}

/** A moment as ISO 8601 text or milliseconds since the epoch. */
export const moment = z
  .string()
  .refine(
    (text) => !Number.isNaN(momentMs(text)),
    "expected a time such as 2026-11-22T10:00:00Z, or milliseconds since 1970",
  )

/** Milliseconds since the epoch; not a number for text that is no moment. */
export function momentMs(text: string): number {
  return /^\d{11,}$/.test(text) ? Number(text) : Date.parse(text)
}

/** For `refine`: a filter's window does not end before it begins. */
export const forwards = [
  ({ from, to }: Window) => !(from !== undefined && to !== undefined && momentMs(to) < momentMs(from)),
  { path: ["to"], message: "expected a time that is not before `from`" },
] satisfies Parameters<z.ZodType<Window>["refine"]>

/** A window as filters take it. */
export function windowOf({ from, to }: Window): {
  readonly fromMs?: number
  readonly toMs?: number
} {
  return {
    ...(from === undefined ? {} : { fromMs: momentMs(from) }),
    ...(to === undefined ? {} : { toMs: momentMs(to) }),
  }
}
