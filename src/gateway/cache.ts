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

export interface CacheEntry {
  /** `"<provider>/<model>"` that gave the reply. */
  readonly model: string
  readonly reply: Reply
}

/** An entry as it is kept. Plain JSON. */
export interface Kept extends CacheEntry {
  readonly atMs: number
  /** It is not to be had from then on. */
  readonly untilMs: number
}

/** Whose answers, and the region that they must not leave: what is kept for one is never given to another. */
export interface Shelf {
  readonly tenantId: string
  readonly region?: string
}

/** Rejections are taken for misses; one who asks waits for both. */
export interface CacheStore {
  get(shelf: Shelf, key: string): Promise<Kept | undefined>
  put(shelf: Shelf, key: string, kept: Kept): Promise<void>
}

export function shelfOf({ tenant, region }: OperationContext): Shelf {
  return { tenantId: tenant.id, ...(region === undefined ? {} : { region }) }
}

/** The key of an operation on its shelf: what is asked, and how it is redacted, since that is what placeholders depend on. */
export function cacheKey(operation: Operation, shelf: Shelf, { rules }: RedactionPlan): string {
  return sha256(canonicalJson([{ ...shelf }, operationDigest(operation), rules.map(({ config }) => config)]))
}

/** Characters of the answers that one isolate keeps. */
const MAX_CHARS = 8 * 1024 * 1024

/** A cache in this isolate's memory, the oldest entries dropped first. */
export function memoryCache(clock: Clock, { maxEntries = 500, maxChars = MAX_CHARS } = {}): CacheStore {
  const entries = new Map<string, { readonly kept: Kept; readonly chars: number }>()
  let chars = 0
  const drop = (key: string) => {
    chars -= entries.get(key)?.chars ?? 0
    entries.delete(key)
  }
  return {
    async get(_shelf, key) {
      const kept = entries.get(key)?.kept
      if (!kept || kept.untilMs > clock.nowMs()) return kept
      drop(key)
      return undefined
    },
    async put(_shelf, key, kept) {
      drop(key)
      const size = JSON.stringify(kept).length
      entries.set(key, { kept, chars: size })
      chars += size
      for (const oldest of entries.keys()) {
        if (entries.size <= maxEntries && chars <= maxChars) return
        drop(oldest)
      }
    },
  }
}

/** A cache over a store, which also lets equal operations that run at the same time share one answer. */
export class Cache {
  readonly #store: CacheStore
  readonly #clock: Clock
  readonly #underWay = new Map<string, Promise<CacheEntry | undefined>>()

  constructor(store: CacheStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** An answer that is not older than `maxAgeMs`, however long it was to be kept when it was given. */
  async find(shelf: Shelf, key: string, maxAgeMs: number): Promise<CacheEntry | undefined> {
    const kept = await this.#store.get(shelf, key).catch(() => undefined)
    return kept && kept.atMs + maxAgeMs > this.#clock.nowMs() ? kept : undefined
  }

  /** What somebody else is being answered just now; undefined when nobody asks this. */
  underWay(key: string): Promise<CacheEntry | undefined> | undefined {
    return this.#underWay.get(key)
  }

  /** Runs `work` as the one that others wait for; what it gives is kept for `ttlMs`. */
  async lead(shelf: Shelf, key: string, ttlMs: number, work: () => Promise<CacheEntry | undefined>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<CacheEntry | undefined>()
    this.#underWay.set(key, promise)
    let entry: CacheEntry | undefined
    try {
      entry = await work()
    } finally {
      this.#underWay.delete(key)
      resolve(entry)
    }
    if (!entry) return
    const atMs = this.#clock.nowMs()
    await this.#store.put(shelf, key, { ...entry, atMs, untilMs: atMs + ttlMs }).catch(() => {})
  }
}
