/** Blobs in memory: for tests, and for reading an export that carries its blobs. */
import type { BlobRef } from "../lib/blob-ref.ts"
import { blobRefOf, checkBlob, missingBlob } from "./blob-content.ts"
import type { BlobStore } from "./blob-store.ts"

export class MemoryBlobStore implements BlobStore {
  readonly #contents = new Map<string, { readonly bytes: Uint8Array; readonly mediaType: string }>()

  async put(bytes: Uint8Array, mediaType: string): Promise<BlobRef> {
    const reference = blobRefOf(bytes, mediaType)
    // A copy: the caller may go on writing into its buffer.
    if (!this.#contents.has(reference.$blob)) this.#contents.set(reference.$blob, { bytes: bytes.slice(), mediaType })
    return reference
  }

  async get(reference: BlobRef): Promise<Uint8Array> {
    const found = this.#contents.get(reference.$blob)
    if (!found) throw missingBlob(reference)
    return checkBlob(reference, found.bytes.slice())
  }

  async find(digest: BlobRef["$blob"]): Promise<BlobRef | undefined> {
    const found = this.#contents.get(digest)
    return found && { $blob: digest, bytes: found.bytes.length, mediaType: found.mediaType }
  }

  /** How many different contents are held. */
  get size(): number {
    return this.#contents.size
  }
}
