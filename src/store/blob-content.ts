/** What every blob store does alike: name content by its digest, and refuse content that is not what its name says. */
import type { BlobRef } from "../lib/blob-ref.ts"
import { sha256 } from "../lib/digest.ts"
import { errorData, WaybillError } from "../lib/errors.ts"
import { MAX_BLOB_BYTES } from "../lib/limits.ts"

/** The reference to `bytes`. Throws `limit_exceeded` over `MAX_BLOB_BYTES`. */
export function blobRefOf(bytes: Uint8Array, mediaType: string): BlobRef {
  if (bytes.length > MAX_BLOB_BYTES)
    throw new WaybillError(
      "limit_exceeded",
      `Found a value or medium of ${bytes.length} bytes, expected at most ${MAX_BLOB_BYTES}.`,
      { limit: "MAX_BLOB_BYTES" },
    )
  return { $blob: `sha256:${sha256(bytes)}`, bytes: bytes.length, mediaType }
}

/** `bytes`, when they are what `reference` names. Throws `blob_corrupt` otherwise. */
export function checkBlob(reference: BlobRef, bytes: Uint8Array): Uint8Array {
  const found: `sha256:${string}` = `sha256:${sha256(bytes)}`
  if (found !== reference.$blob)
    throw new WaybillError("blob_corrupt", `Blob ${reference.$blob}: found content with the digest ${found}.`, {
      blob: reference.$blob,
    })
  if (bytes.length !== reference.bytes)
    throw new WaybillError(
      "blob_corrupt",
      `Blob ${reference.$blob}: found ${bytes.length} bytes, expected the ${reference.bytes} that its reference says.`,
      { blob: reference.$blob },
    )
  return bytes
}

/** The error for a blob that is not there. */
export function missingBlob(reference: BlobRef): WaybillError {
  return new WaybillError(
    "blob_missing",
    `Blob ${reference.$blob} (${reference.mediaType}, ${reference.bytes} bytes) is not in the store.`,
    { blob: reference.$blob },
  )
}

/** Whether a blob store has decided what it threw: asked again, it would say the same. Everything else may pass by itself. */
export function isDecided(thrown: unknown): boolean {
  const { code } = errorData(thrown)
  return code === "blob_missing" || code === "blob_corrupt" || code === "limit_exceeded"
}
