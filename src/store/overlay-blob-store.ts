/** Blobs over those of another store, which is only read: for replays, which must leave nothing behind. */
import type { BlobRef } from "../lib/blob-ref.ts"
import type { BlobStore } from "./blob-store.ts"
import { MemoryBlobStore } from "./memory-blob-store.ts"

export class OverlayBlobStore implements BlobStore {
  readonly #base: Pick<BlobStore, "get" | "find">
  readonly #own = new MemoryBlobStore()

  constructor(base: Pick<BlobStore, "get" | "find">) {
    this.#base = base
  }

  put(bytes: Uint8Array, mediaType: string): Promise<BlobRef> {
    return this.#own.put(bytes, mediaType)
  }

  async get(reference: BlobRef): Promise<Uint8Array> {
    return (await this.#own.find(reference.$blob)) ? this.#own.get(reference) : this.#base.get(reference)
  }

  async find(digest: BlobRef["$blob"]): Promise<BlobRef | undefined> {
    return (await this.#own.find(digest)) ?? this.#base.find(digest)
  }
}
