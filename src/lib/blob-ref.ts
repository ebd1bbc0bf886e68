/**
 * References to content held outside a value: `{ $blob: "sha256:…", bytes, mediaType }`.
 * A reference names its content by digest, so equal content is stored once and a reference can never dangle silently.
 */
import { isJsonObject } from "./json.ts"

/**
 * Where a large value or a medium (image, PDF, audio) is kept. `bytes` is its size, `mediaType` its MIME type.
 * A type and no interface, so that a reference is itself `Json`.
 */
export type BlobRef = {
  readonly $blob: `sha256:${string}`
  readonly bytes: number
  readonly mediaType: string
}

export function isBlobRef(value: unknown): value is BlobRef {
  return (
    isJsonObject(value) &&
    typeof value.$blob === "string" &&
    /^sha256:[0-9a-f]{64}$/.test(value.$blob) &&
    typeof value.bytes === "number" &&
    typeof value.mediaType === "string"
  )
}
