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
  head(
    key: string,
  ): Promise<{ readonly size: number; readonly httpMetadata?: { readonly contentType?: string } } | null>
  get(key: string): Promise<{ arrayBuffer(): Promise<ArrayBuffer> } | null>
  put(
    key: string,
    value: Uint8Array,
    options: { readonly sha256: string; readonly httpMetadata: { readonly contentType: string } },
  ): Promise<unknown>
}

/** Blobs that are known to be stored, remembered so that a value carried through a loop asks the bucket once. */
const MAX_KNOWN = 1_000

export class BucketBlobStore implements BlobStore {
  readonly #bucket: Bucket
  readonly #known = new Map<string, BlobRef>()

  constructor(bucket: Bucket) {
    this.#bucket = bucket
  }

  async put(bytes: Uint8Array, mediaType: string): Promise<BlobRef> {
    const reference = blobRefOf(bytes, mediaType)
    if (await this.find(reference.$blob)) return reference
    // The bucket checks the digest too: what was cut short on the way is not stored.
    const sha256 = reference.$blob.slice("sha256:".length)
    await this.#bucket.put(keyOf(reference.$blob), bytes, { sha256, httpMetadata: { contentType: mediaType } })
    this.#remember(reference)
    return reference
  }

  async get(reference: BlobRef): Promise<Uint8Array> {
    const found = await this.#bucket.get(keyOf(reference.$blob))
    if (!found) throw missingBlob(reference)
    return checkBlob(reference, new Uint8Array(await found.arrayBuffer()))
  }

  async find(digest: BlobRef["$blob"]): Promise<BlobRef | undefined> {
    const known = this.#known.get(digest)
    if (known) return known
    const found = await this.#bucket.head(keyOf(digest))
    if (!found) return undefined
    const mediaType = found.httpMetadata?.contentType ?? "application/octet-stream"
    return this.#remember({ $blob: digest, bytes: found.size, mediaType })
  }

  #remember(reference: BlobRef): BlobRef {
    if (this.#known.size >= MAX_KNOWN) this.#known.clear()
    this.#known.set(reference.$blob, reference)
    return reference
  }
}

function keyOf(digest: BlobRef["$blob"]): string {
  return `blobs/${digest.replace(":", "/")}`
}
