/** Blobs in memory: for tests, and for reading an export that carries its blobs. */
import type { BlobRef } from "../lib/blob-ref.ts"
import { blobRefOf, checkBlob, missingBlob } from "./blob-content.ts"
import type { BlobStore } from "./blob-store.ts"

export class MemoryBlobStore implements BlobStore {
  readonly #contents = new Map<string, Uint8Array>()

  async put(bytes: Uint8Array, mediaType: string): Promise<BlobRef> {
    const reference = blobRefOf(bytes, mediaType)
    // A copy: the caller may go on writing into its buffer.
    if (!this.#contents.has(reference.$blob)) this.#contents.set(reference.$blob, bytes.slice())
    return reference
  }

  async get(reference: BlobRef): Promise<Uint8Array> {
    const bytes = this.#contents.get(reference.$blob)
    if (!bytes) throw missingBlob(reference)
    return checkBlob(reference, bytes.slice())
  }

  async has(digest: BlobRef["$blob"]): Promise<boolean> {
    return this.#contents.has(digest)
  }

  /** How many different contents are held. */
  get size(): number {
    return this.#contents.size
  }
}
