/**
 * The contract of the blob store: content by its SHA-256. Putting the same content twice stores it once, so a value that
 * travels through a thousand steps is kept once. Blobs are put before the event that names them is appended.
 */
import type { BlobRef } from "../lib/blob-ref.ts"

export interface BlobStore {
  /** Stores `bytes` and returns their reference. Throws `limit_exceeded` over `MAX_BLOB_BYTES`. */
  put(bytes: Uint8Array, mediaType: string): Promise<BlobRef>
  /** The content behind `ref`. Throws `blob_missing` when it is not there. */
  get(ref: BlobRef): Promise<Uint8Array>
  /** What is stored under `digest`, as it was when it was put; undefined when there is nothing. */
  find(digest: BlobRef["$blob"]): Promise<BlobRef | undefined>
}
