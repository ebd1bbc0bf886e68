/**
 * Blobs in an object bucket (R2). The bucket is seen through the four methods used here, so nothing below the objects
 * knows Cloudflare.
 *
 * Invariants:
 * 1. Content is written once: a digest that is there is never written again.
 * 2. What is read is what was written, or an error: every read is checked against the digest that names it.
 */
import type { BlobRef } from "../lib/blob-ref.ts"
import { blobRefOf, checkBlob, missingBlob } from "./blob-content.ts"
import type { BlobStore } from "./blob-store.ts"

/** The part of an `R2Bucket` that is used. */
export interface Bucket {
  head(key: string): Promise<object | null>
  get(key: string): Promise<{ arrayBuffer(): Promise<ArrayBuffer> } | null>
  put(
    key: string,
    value: Uint8Array,
    options: { readonly sha256: string; readonly httpMetadata: { readonly contentType: string } },
  ): Promise<unknown>
}

/** Digests that are known to be stored, remembered so that a value carried through a loop asks the bucket once. */
const MAX_KNOWN = 1_000

export class BucketBlobStore implements BlobStore {
  readonly #bucket: Bucket
  readonly #known = new Set<string>()

  constructor(bucket: Bucket) {
    this.#bucket = bucket
  }

  async put(bytes: Uint8Array, mediaType: string): Promise<BlobRef> {
    const reference = blobRefOf(bytes, mediaType)
    if (await this.has(reference.$blob)) return reference
    // The bucket checks the digest too: what was cut short on the way is not stored.
    const sha256 = reference.$blob.slice("sha256:".length)
    await this.#bucket.put(keyOf(reference.$blob), bytes, { sha256, httpMetadata: { contentType: mediaType } })
    this.#remember(reference.$blob)
    return reference
  }

  async get(reference: BlobRef): Promise<Uint8Array> {
    const found = await this.#bucket.get(keyOf(reference.$blob))
    if (!found) throw missingBlob(reference)
    return checkBlob(reference, new Uint8Array(await found.arrayBuffer()))
  }

  async has(digest: BlobRef["$blob"]): Promise<boolean> {
    if (this.#known.has(digest)) return true
    const found = (await this.#bucket.head(keyOf(digest))) !== null
    if (found) this.#remember(digest)
    return found
  }

  #remember(digest: string): void {
    if (this.#known.size >= MAX_KNOWN) this.#known.clear()
    this.#known.add(digest)
  }
}

function keyOf(digest: BlobRef["$blob"]): string {
  return `blobs/${digest.replace(":", "/")}`
}
