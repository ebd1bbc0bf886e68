/**
 * The exact cache: an equal operation of the same tenant is answered with the reply that was paid for before. What is kept
 * is the reply as the provider gave it, so hidden values are in it as placeholders only and are restored for whoever asks.
 * A store that fails is a miss: it never fails an operation.
 */
import type { Clock } from "../lib/clock.ts"
import { sha256 } from "../lib/digest.ts"
import { canonicalJson } from "../lib/json.ts"
import type { OperationContext } from "../model/client.ts"
import { type Operation, operationDigest } from "../model/operation.ts"
import type { Reply } from "./call.ts"
import type { RedactionPlan } from "./redaction.ts"

/** Plain JSON. */
export interface CacheEntry {
  /** `"<provider>/<model>"` that gave the reply. */
  readonly model: string
  readonly reply: Reply
}

export interface CacheStore {
  get(key: string): Promise<CacheEntry | undefined>
  /** Keeps the entry for at most `ttlMs`. */
  put(key: string, entry: CacheEntry, ttlMs: number): Promise<void>
}

/** The key of an operation: tenant, operation, and how it is redacted, since that is what placeholders depend on. */
export function cacheKey(operation: Operation, { tenant }: OperationContext, { rules }: RedactionPlan): string {
  return sha256(canonicalJson([tenant.id, operationDigest(operation), rules.map(({ config }) => config)]))
}

/** A cache in this isolate's memory, the oldest entries dropped first. */
export function memoryCache(clock: Clock, maxEntries = 500): CacheStore {
  const entries = new Map<string, { readonly entry: CacheEntry; readonly untilMs: number }>()
  return {
    async get(key) {
      const kept = entries.get(key)
      if (!kept) return undefined
      if (kept.untilMs > clock.nowMs()) return kept.entry
      entries.delete(key)
      return undefined
    },
    async put(key, entry, ttlMs) {
      entries.delete(key)
      entries.set(key, { entry, untilMs: clock.nowMs() + ttlMs })
      const [oldest] = entries.keys()
      if (entries.size > maxEntries && oldest !== undefined) entries.delete(oldest)
    },
  }
}

/** A cache over a store, which also lets equal operations that run at the same time share one answer. */
export class Cache {
  readonly #store: CacheStore
  readonly #underWay = new Map<string, Promise<CacheEntry | undefined>>()

  constructor(store: CacheStore) {
    this.#store = store
  }

  async find(key: string): Promise<CacheEntry | undefined> {
    return this.#store.get(key).catch(() => undefined)
  }

  /** What somebody else is being answered just now; undefined when nobody asks this. */
  underWay(key: string): Promise<CacheEntry | undefined> | undefined {
    return this.#underWay.get(key)
  }

  /** Runs `work` as the one that others wait for; what it gives is kept for `ttlMs`. */
  async lead(key: string, ttlMs: number, work: () => Promise<CacheEntry | undefined>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<CacheEntry | undefined>()
    this.#underWay.set(key, promise)
    let entry: CacheEntry | undefined
    try {
      entry = await work()
    } finally {
      this.#underWay.delete(key)
      resolve(entry)
    }
    if (entry) await this.#store.put(key, entry, ttlMs).catch(() => {})
  }
}
