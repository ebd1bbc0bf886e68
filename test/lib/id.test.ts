/** Ids: shape, order in time, and what is not one. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Clock } from "../../src/lib/clock.ts"
import { firstId, isId, newId } from "../../src/lib/id.ts"
import { seededRandom } from "../../src/lib/random.ts"

const clockAt = (ms: number): Clock => ({ nowMs: () => ms, setTimer: () => () => {} })

describe("ids", () => {
  it("have a prefix and 26 characters, and are the same for the same time and randomness", () => {
    const id = newId("run", clockAt(1_763_800_000_000), seededRandom(1))
    expect(id).toMatch(/^run_[0-9a-hjkmnp-tv-z]{26}$/)
    expect(id).toBe(newId("run", clockAt(1_763_800_000_000), seededRandom(1)))
    expect(id.slice(4, 14)).toBe("01kanar9g0")
  })

  it("sort by the millisecond in which they were made", () => {
    const time = fc.integer({ min: 0, max: 2 ** 48 })
    fc.assert(
      fc.property(time, time, fc.integer(), (one, other, seed) => {
        const random = seededRandom(seed)
        const [first, second] = [newId("x", clockAt(one), random), newId("x", clockAt(other), random)]
        if (one !== other) expect(first < second).toBe(one < other)
        expect(isId("x", first)).toBe(true)
      }),
    )
  })

  it("of one millisecond lie between the first ids of it and of the next", () => {
    const id = newId("run", clockAt(1_763_800_000_000), seededRandom(3))
    expect(firstId("run", 1_763_800_000_000) <= id && id < firstId("run", 1_763_800_000_001)).toBe(true)
  })

  it("do not repeat within a millisecond", () => {
    const random = seededRandom(7)
    const ids = Array.from({ length: 10_000 }, () => newId("run", clockAt(5), random))
    expect(new Set(ids).size).toBe(ids.length)
  })

  it.each([
    "",
    "run_",
    "run_01",
    "key_01jd2kz8w0000000000000000a",
    "run_01JD2KZ8W0000000000000000A",
    "run_01jd2kz8w000000000000000l/",
  ])("%j is none of a run", (text) => {
    expect(isId("run", text)).toBe(false)
  })
})
