import { describe, expect, it } from "vitest"
import { durationTextMs, longerWait, messageWaitMs, retryAfterMs } from "../../../src/providers/wire/retry-after.ts"

const NOW_MS = Date.UTC(2026, 10, 22, 12, 0, 0)

describe("the wait that an answer asks for", () => {
  it.each([
    [{ "retry-after": "7" }, 7000],
    [{ "retry-after": "0.25" }, 250],
    [{ "retry-after": "0" }, 0],
    [{ "retry-after": "Sun, 22 Nov 2026 12:00:30 GMT" }, 30_000],
    [{ "retry-after": "Sun, 22 Nov 2026 11:59:00 GMT" }, 0],
    [{ "retry-after": "60s" }, 60_000],
    [{ "retry-after": "1m0s" }, 60_000],
    [{ "retry-after": "2026-11-22T12:00:05Z" }, 5000],
    [{ "retry-after": "26", "retry-after-ms": "25412" }, 26_000],
    [{ "retry-after": "1", "x-ms-retry-after-ms": "1203" }, 1203],
    [{ "retry-after": "30", "retry-after-ms": "0" }, 30_000],
    [{ "retry-after-ms": "700", "x-ms-retry-after-ms": "900" }, 900],
    [{ "retry-after": "soon" }, undefined],
    [{ "retry-after": "soon 5" }, undefined],
    [{ "retry-after": "" }, undefined],
    [{ "retry-after": "-5" }, undefined],
    [{ "retry-after-ms": "many", "retry-after": "3" }, 3000],
    [{ "retry-after": "NaN" }, undefined],
    [{}, undefined],
  ])("[PROV3] in headers %j is %s ms", (headers, expected) => {
    expect(retryAfterMs(headers, NOW_MS)).toBe(expected)
  })

  it.each([
    ["14s", 14_000],
    ["34.4s", 34_400],
    ["1m30s", 90_000],
    ["250ms", 250],
    ["2h", 7_200_000],
    ["30", undefined],
    ["s", undefined],
    [undefined, undefined],
  ])("in a duration %s is %s ms", (text, expected) => {
    expect(durationTextMs(text)).toBe(expected)
  })

  it.each([
    ["Please try again in 6.12s. Visit https://platform.openai.com", 6120],
    ["Please try again in 20ms.", 20],
    ["Please try again in 1m26.4s.", 86_400],
    ["Please retry after 26 seconds.", 26_000],
    ["Please retry in 34.4s.", 34_400],
    ["Try again in 2 minutes", 120_000],
    ["Please wait and try again later", undefined],
    ["limited to 20 API calls / minute", undefined],
  ])("in the message %s is %s ms", (message, expected) => {
    expect(messageWaitMs(message)).toBe(expected)
  })

  it("is never longer than a month, and the longer of two hints counts", () => {
    expect(retryAfterMs({ "retry-after": "99999999" }, NOW_MS)).toBe(30 * 24 * 3_600_000)
    expect([longerWait(1, 2), longerWait(undefined, 2), longerWait(undefined, undefined)]).toEqual([2, 2, undefined])
  })
})
