/** Every way in which a provider says how long to wait: headers, durations in its body, prose in its message. */

const MAX_WAIT_MS = 30 * 24 * 3_600_000

/**
 * The wait that the headers ask for, in milliseconds: the longest out of `retry-after-ms`, `x-ms-retry-after-ms`, and
 * `retry-after` as seconds, a duration or an HTTP date. `undefined` when none says anything usable.
 */
export function retryAfterMs(headers: Readonly<Record<string, string>>, nowMs: number): number | undefined {
  return ["retry-after-ms", "x-ms-retry-after-ms"]
    .map((name) => wait(numberIn(headers[name])))
    .reduce(longerWait, headerWaitMs(headers["retry-after"], nowMs))
}

function headerWaitMs(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim()
  const seconds = numberIn(text)
  if (!Number.isNaN(seconds)) return wait(seconds * 1000)
  // `Date.parse` makes a date of any text that ends with a number.
  const date = /^[A-Za-z]{3,9}, |^\d{4}-\d\d-\d\dT/.test(text ?? "") ? Date.parse(text ?? "") : Number.NaN
  return durationTextMs(text) ?? wait(Math.max(0, date - nowMs))
}

function numberIn(text: string | undefined): number {
  return text === undefined || text.trim() === "" ? Number.NaN : Number(text)
}

/** `"34.4s"`, `"1m30s"`, `"250ms"`, `"2h"` as milliseconds; `undefined` when it is none of them. */
export function durationTextMs(text: string | undefined): number | undefined {
  if (text === undefined || !/^(?:\d+(?:\.\d+)?(?:ms|h|m|s))+$/.test(text)) return undefined
  let totalMs = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g))
    totalMs += Number(amount) * (unit === "ms" ? 1 : unit === "s" ? 1000 : unit === "m" ? 60_000 : 3_600_000)
  return wait(totalMs)
}

/** The wait that a message asks for in prose: "Please try again in 6.12s.", "Please retry after 26 seconds." */
export function messageWaitMs(message: string): number | undefined {
  const found =
    /(?:try again|retry|wait)(?: after| in| for)?:? ((?:\d+(?:\.\d+)? ?(?:ms|milliseconds?|seconds?|s|minutes?|m|hours?|h) ?)+)/i.exec(
      message,
    )
  const text = found?.[1]
    ?.replace(/ /g, "")
    .replace(/(?:illi)?seconds?/gi, "s")
    .replace(/minutes?/gi, "m")
    .replace(/hours?/gi, "h")
  return durationTextMs(text)
}

/** The larger of two hints, when there is any. */
export function longerWait(left: number | undefined, right: number | undefined): number | undefined {
  if (left === undefined || right === undefined) return left ?? right
  return Math.max(left, right)
}

function wait(milliseconds: number): number | undefined {
  return Number.isFinite(milliseconds) && milliseconds >= 0 ? Math.min(Math.ceil(milliseconds), MAX_WAIT_MS) : undefined
}
