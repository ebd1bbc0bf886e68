/** Money as text and back. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { exactUsd, nanoUsd } from "../../src/lib/money.ts"

describe("money", () => {
  it("is written exactly", () => {
    expect([0, 1, -1, 999_999_999, 1_234_567_890_123].map(exactUsd)).toEqual([
      "0.000000000",
      "0.000000001",
      "-0.000000001",
      "0.999999999",
      "1234.567890123",
    ])
  })

  it("comes back the same, up to a million dollars", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e15 }), (nano) => {
        expect(nanoUsd(Number(exactUsd(nano)))).toBe(nano)
      }),
    )
  })

  it("rounds to the nearest, not by the last bit of a sum", () => {
    expect(nanoUsd(0.1 + 0.2)).toBe(300_000_000)
    expect(nanoUsd(1.5e-9)).toBe(2)
  })
})
