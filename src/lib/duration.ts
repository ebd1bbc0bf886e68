/** Durations as people write them: `"300ms"`, `"3s"`, `"10m"`, `"2h"`, `"7d"`, or a number of milliseconds. */
import { WaybillError } from "./errors.ts"

export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d" | "w"}`

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** Milliseconds of `duration`. Throws `invalid_duration` with `path` when it is not a non-negative duration. */
export function durationMs(duration: Duration, path = "duration"): number {
  if (typeof duration === "number") {
    if (Number.isFinite(duration) && duration >= 0) return duration
  } else {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(duration)
    const unitMs = UNIT_MS[match?.[2] ?? ""]
    if (match && unitMs !== undefined) return Number(match[1]) * unitMs
  }
  throw new WaybillError(
    "invalid_duration",
    `${path}: found ${JSON.stringify(duration)}, expected a duration such as "3s".`,
    { path },
  )
}
