/**
 * Two stores as one: a near one that is asked first, and a far one that others share. Nobody is held up by the far one:
 * what it does not say in time is a miss, then it is left alone for a while, and what is kept there is not waited for.
 */
import type { Clock } from "../lib/clock.ts"
import type { CacheStore, Kept } from "./cache.ts"

/** How long an answer of the far store is waited for: a fraction of what a model takes. */
const PATIENCE_MS = 300
/** How long it is left alone after it was waited for in vain. */
const REST_MS = 5_000

export interface LayeredCacheOptions {
  readonly clock: Clock
  /** Keeps the isolate alive until the promise settles, where the platform wants to be told. */
  readonly hold: (work: Promise<unknown>) => void
}

export function layeredCache(near: CacheStore, far: CacheStore, { clock, hold }: LayeredCacheOptions): CacheStore {
  let restsUntilMs = 0
  const rest = () => {
    restsUntilMs = clock.nowMs() + REST_MS
  }
  return {
    async get(shelf, key) {
      const known = await near.get(shelf, key)
      if (known || restsUntilMs > clock.nowMs()) return known
      const kept = await withPatience(far.get(shelf, key), clock, rest)
      if (kept) await near.put(shelf, key, kept)
      return kept
    },
    async put(shelf, key, kept) {
      await near.put(shelf, key, kept)
      if (restsUntilMs <= clock.nowMs()) hold(far.put(shelf, key, kept).catch(rest))
    },
  }
}

/** What `asked` resolves to; undefined, after `inVain`, when it rejects or takes too long. */
async function withPatience(asked: Promise<Kept | undefined>, clock: Clock, inVain: () => void) {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const giveUp = () => {
    inVain()
    resolve(undefined)
  }
  const cancel = clock.setTimer(PATIENCE_MS, giveUp)
  try {
    return await Promise.race([asked, promise])
  } catch {
    inVain()
    return undefined
  } finally {
    cancel()
  }
}
