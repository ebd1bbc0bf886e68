/** Durations as people write them. */
import { describe, expect, it } from "vitest"
import { type Duration, durationMs } from "../../src/lib/duration.ts"

describe("durations", () => {
  it.each<[Duration, number]>([
    [0, 0],
    [250, 250],
    ["300ms", 300],
    ["3s", 3_000],
    ["1.5s", 1_500],
    ["10m", 600_000],
    ["2h", 7_200_000],
    ["7d", 604_800_000],
    ["2w", 1_209_600_000],
  ])("%j is %i ms", (duration, ms) => {
    expect(durationMs(duration)).toBe(ms)
  })

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, "", "3", "s", "-3s", "3 s", "3S", "3y", "1e3s", ".5s", "3s\n"])(
    "refuses %j, and says where it stands",
    (duration) => {
      expect(() => durationMs(duration as Duration, "step.timeout")).toThrow(
        expect.objectContaining({ code: "invalid_duration", message: expect.stringMatching(/^step\.timeout: found/) }),
      )
    },
  )
})
