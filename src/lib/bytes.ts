/** Sizes of text as it is stored and sent: bytes of UTF-8, not characters. */
import { Buffer } from "node:buffer"

/** Bytes of `text` in UTF-8. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text)
}
