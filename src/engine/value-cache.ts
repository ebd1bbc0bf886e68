/**
 * Loaded values by event number, up to a number of bytes. Two generations: what is read stays in the young one; when that is
 * full it becomes the old one, and what was in the old one is forgotten. So keeping order costs nothing per read.
 */
import { VALUE_CACHE_BYTES } from "../lib/limits.ts"

interface Entry {
  readonly value: unknown
  readonly bytes: number
}

export class ValueCache {
  #young = new Map<number, Entry>()
  #old = new Map<number, Entry>()
  #youngBytes = 0

  /** The value's entry, which counts as used now. */
  get(seq: number): Entry | undefined {
    const young = this.#young.get(seq)
    if (young) return young
    const old = this.#old.get(seq)
    if (old) this.#add(seq, old)
    return old
  }

  /** Keeps a value that is not kept yet. */
  keep(seq: number, value: unknown, bytes: number): void {
    // Two may have loaded it at the same time.
    if (!this.#young.has(seq)) this.#add(seq, { value, bytes })
  }

  #add(seq: number, entry: Entry): void {
    if (this.#youngBytes + entry.bytes > VALUE_CACHE_BYTES / 2) {
      this.#old = this.#young
      this.#young = new Map()
      this.#youngBytes = 0
    }
    this.#young.set(seq, entry)
    this.#youngBytes += entry.bytes
  }
}
