/** When a cron expression is due, in the time zones where clocks jump and in those where they do not. */
import { Cron, parseCronExpression } from "cron-schedule"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { cronProblem, isTimezone, nextDueMs } from "../../src/protocol/schedule-time.ts"

/** The next `count` times after `after`, as text. */
function due(cron: string, timezone: string, after: string, count = 1): string[] {
  const found: string[] = []
  for (let atMs = Date.parse(after); found.length < count; ) {
    atMs = nextDueMs(cron, timezone, atMs) ?? Number.NaN
    found.push(new Date(atMs).toISOString().replace(":00.000Z", "Z"))
  }
  return found
}

describe("a cron expression", () => {
  it("[SCHED1] is about the clocks of its time zone", () => {
    expect(due("0 9 * * mon-fri", "UTC", "2026-11-20T09:00:00Z", 2)).toEqual(["2026-11-23T09:00Z", "2026-11-24T09:00Z"])
    expect(due("0 9 * * *", "Asia/Kolkata", "2026-11-20T00:00:00Z")).toEqual(["2026-11-20T03:30Z"])
    expect(due("30 0 1 1 *", "America/New_York", "2026-11-20T00:00:00Z")).toEqual(["2027-01-01T05:30Z"])
    expect(due("15 30 12 * * *", "UTC", "2026-11-20T12:30:15Z")).toEqual(["2026-11-21T12:30:15.000Z"])
    expect(due("@daily", "UTC", "2026-11-20T00:00:00Z")).toEqual(["2026-11-21T00:00Z"])
  })

  it("finds rare days, and takes either of two kinds of day", () => {
    expect(due("0 0 29 2 *", "UTC", "2026-11-20T00:00:00Z")).toEqual(["2028-02-29T00:00Z"])
    expect(due("0 0 13 * fri", "UTC", "2026-11-01T00:00:00Z", 3)).toEqual([
      "2026-11-06T00:00Z",
      "2026-11-13T00:00Z",
      "2026-11-20T00:00Z",
    ])
  })

  it("[SCHED1] that names a time which the clocks jump over is due when they have jumped", () => {
    // 29 March 2026, Berlin: 02:00 becomes 03:00.
    expect(due("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 2)).toEqual([
      "2026-03-29T01:30Z",
      "2026-03-30T00:30Z",
    ])
    expect(due("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:20:00Z", 3)).toEqual([
      "2026-03-29T00:30Z",
      "2026-03-29T01:00Z",
      "2026-03-29T01:30Z",
    ])
  })

  it("[SCHED1] that names a time which comes twice is due once, unless it holds for every hour", () => {
    // 25 October 2026, Berlin: 03:00 becomes 02:00.
    expect(due("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2)).toEqual([
      "2026-10-25T00:30Z",
      "2026-10-26T01:30Z",
    ])
    expect(due("*/30 * * * *", "Europe/Berlin", "2026-10-25T00:20:00Z", 5)).toEqual([
      "2026-10-25T00:30Z",
      "2026-10-25T01:00Z",
      "2026-10-25T01:30Z",
      "2026-10-25T02:00Z",
      "2026-10-25T02:30Z",
    ])
  })

  it("is never due at or before the time it is asked from, in any time zone", () => {
    const field = (max: number, min = 0) => fc.oneof(fc.constant("*"), fc.integer({ min, max }).map(String))
    const expressions = fc
      .tuple(field(59), field(23), field(28, 1), field(12, 1), field(6))
      .map((fields) => fields.join(" "))
    const zones = fc.constantFrom("UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia")
    const times = fc.integer({ min: Date.parse("2020-01-01"), max: Date.parse("2030-01-01") })
    fc.assert(
      fc.property(expressions, zones, times, (cron, zone, afterMs) => {
        const next = nextDueMs(cron, zone, afterMs)
        expect(next).toBeGreaterThan(afterMs)
      }),
      { numRuns: 300 },
    )
  })

  it("agrees with the library where both know the time zone", () => {
    const hours = fc.constantFrom("*", "*/6", "3,17", "9-11")
    const days = fc.constantFrom("*", "1", "31", "*/10")
    const weekdays = fc.constantFrom("*", "1-5", "sun")
    const times = fc.integer({ min: Date.parse("2026-01-01"), max: Date.parse("2027-01-01") })
    fc.assert(
      fc.property(hours, days, weekdays, times, (hour, day, weekday, afterMs) => {
        const cron = `*/7 ${hour} ${day} * ${weekday}`
        const parsed = parseCronExpression(cron)
        expect(parsed).toBeInstanceOf(Cron)
        const next = nextDueMs(cron, "UTC", afterMs)
        // The library thinks in the machine's time zone: what it would say here in UTC is asked by moving the clocks.
        const local = new Date(afterMs + new Date(afterMs).getTimezoneOffset() * 60_000)
        const said = parsed.getNextDate(local)
        expect(next).toBe(said.getTime() - said.getTimezoneOffset() * 60_000)
      }),
      { numRuns: 200 },
    )
  })

  it.each(["", "* * * *", "60 * * * *", "5abc * * * *", "1/5 * * * *", "* * * * monday", "0 0 30 2 *", "5-1 * * * *"])(
    "[SCHED2] %j is refused",
    (cron) => expect(cronProblem(cron)).toEqual(expect.any(String)),
  )

  it("knows time zones from other words", () => {
    expect(["UTC", "Europe/Berlin", "Mars/Olympus", ""].map(isTimezone)).toEqual([true, true, false, false])
  })
})
