/** The small parts of the ground floor: assertions, bytes, blob references, digests, time and randomness. */
import { describe, expect, it, vi } from "vitest"
import { assert, must, unreachable } from "../../src/lib/assert.ts"
import { isBlobRef } from "../../src/lib/blob-ref.ts"
import { byteLength } from "../../src/lib/bytes.ts"
import { type Clock, sleep } from "../../src/lib/clock.ts"
import { sha256 } from "../../src/lib/digest.ts"
import { seededRandom } from "../../src/lib/random.ts"

describe("assertions", () => {
  it("name what broke, and make a costly message only then", () => {
    const message = vi.fn(() => "costly")
    assert(true, message)
    expect(message).not.toHaveBeenCalled()
    expect(() => assert(false, message)).toThrow("Broken invariant: costly")
    expect(must(0, "never")).toBe(0)
    expect(() => must(null, "no value")).toThrow("Broken invariant: no value")
    expect(() => unreachable("case" as never)).toThrow('unexpected value "case"')
  })
})

describe("bytes, digests and references", () => {
  it("count and hash UTF-8", () => {
    expect(["", "abc", "é", "😀", "\ud800"].map(byteLength)).toEqual([0, 3, 2, 4, 3])
    expect(sha256("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    expect(sha256(new TextEncoder().encode("abc"))).toBe(sha256("abc"))
  })

  it("tell a blob reference from what is not one", () => {
    const reference = { $blob: `sha256:${"a".repeat(64)}`, bytes: 1, mediaType: "image/png" }
    expect(isBlobRef(reference)).toBe(true)
    const others = [
      { ...reference, $blob: "sha256:abc" },
      { ...reference, bytes: "1" },
      { $blob: reference.$blob },
      [],
      null,
    ]
    expect(others.map(isBlobRef)).toEqual(others.map(() => false))
  })
})

describe("time", () => {
  /** A clock whose timers are called by hand. */
  function handClock(): { clock: Clock; timers: Map<number, () => void> } {
    const timers = new Map<number, () => void>()
    const setTimer = (delayMs: number, callback: () => void) => {
      timers.set(delayMs, callback)
      return () => timers.delete(delayMs)
    }
    return { clock: { nowMs: () => 0, setTimer }, timers }
  }

  it("sleeps until its timer, and leaves no listener behind", async () => {
    const { clock, timers } = handClock()
    const abort = new AbortController()
    const asleep = sleep(clock, 50, abort.signal)
    timers.get(50)?.()
    await expect(asleep).resolves.toBeUndefined()
    abort.abort(new Error("too late to matter"))
  })

  it("wakes with the reason when its signal aborts, at once when it had, and its timer is gone", async () => {
    const { clock, timers } = handClock()
    const abort = new AbortController()
    const asleep = sleep(clock, 50, abort.signal)
    abort.abort(new Error("cancelled"))
    await expect(asleep).rejects.toThrow("cancelled")
    expect(timers.size).toBe(0)
    await expect(sleep(clock, 50, abort.signal)).rejects.toThrow("cancelled")
    expect(timers.size).toBe(0)
  })
})

describe("randomness", () => {
  it("with a seed is the same for ever, within [0, 1), and spread", () => {
    const draw = (seed: number) => {
      const random = seededRandom(seed)
      return Array.from({ length: 1_000 }, () => random.next())
    }
    expect(draw(42).slice(0, 3)).toEqual(draw(42).slice(0, 3))
    expect(draw(42)).not.toEqual(draw(43))
    expect(draw(1).every((number) => number >= 0 && number < 1)).toBe(true)
    const mean = draw(1).reduce((sum, number) => sum + number, 0) / 1_000
    expect(mean).toBeGreaterThan(0.45)
    expect(mean).toBeLessThan(0.55)
  })
})
