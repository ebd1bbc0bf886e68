/** SHA-256, synchronously, so that a digest can be taken inside a storage transaction. */
import { hash } from "node:crypto"

/** Lower-case hex SHA-256 (64 characters) of UTF-8 text or bytes. */
export function sha256(data: string | Uint8Array): string {
  return hash("sha256", data, "hex")
}
