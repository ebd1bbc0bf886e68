/** The stores behind the cache: what each keeps, for how long, and what happens when one is slow or gone. */
import { describe, expect, it } from "vitest"
import { type CacheStore, memoryCache } from "../../src/gateway/cache.ts"
import { layeredCache } from "../../src/gateway/layered-cache.ts"
import { fakeClock } from "../../src/lib/fake-clock.ts"
import { describeCacheStore, kept } from "./cache-contract.ts"
import { say } from "./wire.ts"
import { world } from "./world.ts"

const SHELF = { tenantId: "acme" }
const hold = () => {}

describeCacheStore("in memory", () => {
  const clock = fakeClock()
  return { store: memoryCache(clock), nowMs: () => clock.nowMs() }
})

describeCacheStore("in two layers", () => {
  const clock = fakeClock()
  const store = layeredCache(memoryCache(clock), memoryCache(clock), { clock, hold })
  return { store, nowMs: () => clock.nowMs() }
})

describe("an isolate's memory", () => {
  it("drops the oldest when there are too many, or too much", async () => {
    const clock = fakeClock()
    const few = memoryCache(clock, { maxEntries: 2 })
    for (const key of ["a", "b", "c"]) await few.put(SHELF, key, kept(clock.nowMs(), key))
    expect(await few.get(SHELF, "a")).toBeUndefined()
    expect(await few.get(SHELF, "c")).toBeDefined()
    const small = memoryCache(clock, { maxChars: 1_000 })
    for (const key of ["a", "b"]) await small.put(SHELF, key, kept(clock.nowMs(), key.repeat(600)))
    expect(await small.get(SHELF, "a")).toBeUndefined()
    expect(await small.get(SHELF, "b")).toBeDefined()
  })
})

describe("a store that others share", () => {
  const routing = { routes: { plan: { try: ["alpha/m"], cache: "10m" } } } as const
  const never: CacheStore = { get: () => new Promise(() => {}), put: () => new Promise(() => {}) }

  it("[CACHE7] answers what another isolate paid for", async () => {
    const clock = fakeClock()
    const far = memoryCache(clock)
    const isolate = () => {
      const cache = layeredCache(memoryCache(clock), far, { clock, hold })
      return world({ routing, cache, script: say("paid for"), price: () => ({ costNanoUsd: 7, priced: true }) })
    }
    expect((await isolate().operate()).record).toMatchObject({ cache: "miss", costNanoUsd: 7 })
    const second = isolate()
    const outcome = await second.operate()
    expect(outcome).toMatchObject({
      result: { text: "paid for" },
      record: { cache: "hit", costNanoUsd: 0, attempts: [] },
    })
    expect(outcome.record.decision.candidates[0]).toMatchObject({ verdict: "served", reason: "cached" })
    expect(second.asked()).toEqual([])
  })

  it("[CACHE8] is waited for at most 300 ms, then left alone for 5 s, and its writes never", async () => {
    const clock = fakeClock()
    let asked = 0
    const slow: CacheStore = {
      get: () => {
        asked += 1
        return new Promise(() => {})
      },
      put: never.put,
    }
    const cache = layeredCache(memoryCache(clock), slow, { clock, hold })
    const first = cache.get(SHELF, "a")
    await Promise.resolve()
    clock.tick(299)
    expect(await Promise.race([first, Promise.resolve("waiting")])).toBe("waiting")
    clock.tick(1)
    expect(await first).toBeUndefined()
    expect(await cache.get(SHELF, "b")).toBeUndefined()
    expect(asked).toBe(1)
    await cache.put(SHELF, "b", kept(clock.nowMs(), "b"))
    clock.tick(5_000)
    void cache.get(SHELF, "c")
    await Promise.resolve()
    expect(asked).toBe(2)
  })

  it("[CACHE6] that fails is a miss", async () => {
    const clock = fakeClock()
    const gone = async () => {
      throw new Error("gone")
    }
    const cache = layeredCache(memoryCache(clock), { get: gone, put: gone }, { clock, hold })
    const { operate } = world({ routing, cache, script: say("fine") })
    expect(await operate()).toMatchObject({ status: "succeeded", record: { cache: "miss" } })
    expect(await operate()).toMatchObject({ status: "succeeded", record: { cache: "hit" } })
  })
})
