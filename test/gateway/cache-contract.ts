/** What every store of the response cache does, run by each of them. */
import { describe, expect, it } from "vitest"
import type { CacheStore, Kept } from "../../src/gateway/cache.ts"

export interface CacheWorld {
  readonly store: CacheStore
  readonly nowMs: () => number
}

export function kept(atMs: number, text: string, ttlMs = 60_000): Kept {
  const answer = { text, toolCalls: [], reasoning: [], finishReason: { unified: "stop" as const } }
  return { model: "alpha/m", reply: { type: "generate", answer }, atMs, untilMs: atMs + ttlMs }
}

/** Keys differ between the tests, so that a store may be shared by them. */
export function describeCacheStore(name: string, open: () => CacheWorld): void {
  describe(`the cache store ${name}`, () => {
    const shelf = { tenantId: "acme" }

    it("gives what was put, as it was, and nothing else", async () => {
      const { store, nowMs } = open()
      const entry = kept(nowMs(), "ä \u0000 [[EMAIL_1]]")
      await store.put(shelf, "whole", entry)
      expect(await store.get(shelf, "whole")).toEqual(entry)
      expect(await store.get(shelf, "other")).toBeUndefined()
    })

    it("gives what was put last", async () => {
      const { store, nowMs } = open()
      const second = kept(nowMs(), "two")
      await store.put(shelf, "again", kept(nowMs(), "one"))
      await store.put(shelf, "again", second)
      expect(await store.get(shelf, "again")).toEqual(second)
    })

    it("gives nothing whose time is over", async () => {
      const { store, nowMs } = open()
      await store.put(shelf, "old", kept(nowMs() - 61_000, "old"))
      expect(await store.get(shelf, "old")).toBeUndefined()
    })
  })
}
