/** Blobs over those of another store, which is only read: for replays, which must leave nothing behind. */
import type { BlobRef } from "../lib/blob-ref.ts"
import type { BlobStore } from "./blob-store.ts"
import { MemoryBlobStore } from "./memory-blob-store.ts"

export class OverlayBlobStore implements BlobStore {
  readonly #base: Pick<BlobStore, "get" | "has">
  readonly #own = new MemoryBlobStore()

  constructor(base: Pick<BlobStore, "get" | "has">) {
    this.#base = base
  }

  put(bytes: Uint8Array, mediaType: string): Promise<BlobRef> {
    return this.#own.put(bytes, mediaType)
  }

  async get(reference: BlobRef): Promise<Uint8Array> {
    return (await this.#own.has(reference.$blob)) ? this.#own.get(reference) : this.#base.get(reference)
  }

  async has(digest: BlobRef["$blob"]): Promise<boolean> {
    return (await this.#own.has(digest)) || this.#base.has(digest)
  }
}
