/**
 * Reader of `application/vnd.amazon.eventstream`, the binary framing of AWS streams: length-prefixed messages with typed
 * headers. Only text headers are kept. Checksums are the package's business: a frame that does not add up ends the reading.
 */

export interface EventFrame {
  readonly headers: Readonly<Record<string, string>>
  readonly payload: Uint8Array
}

const PRELUDE_BYTES = 12
const CHECKSUM_BYTES = 4
/** Bytes of a header value by its type byte; types 6 (bytes) and 7 (text) carry their own length. */
const FIXED_VALUE_BYTES: Readonly<Record<number, number>> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 }
const TEXT = 7

/** Frames of `bytes` in order. A last frame that is not whole is left out. */
export function readEventFrames(bytes: Uint8Array): EventFrame[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const frames: EventFrame[] = []
  let start = 0
  while (start + PRELUDE_BYTES <= bytes.length) {
    const total = view.getUint32(start)
    const headerBytes = view.getUint32(start + 4)
    const headersEnd = start + PRELUDE_BYTES + headerBytes
    const payloadEnd = start + total - CHECKSUM_BYTES
    if (start + total > bytes.length || headersEnd > payloadEnd) break
    frames.push({
      headers: readHeaders(bytes.subarray(start + PRELUDE_BYTES, headersEnd)),
      payload: bytes.subarray(headersEnd, payloadEnd),
    })
    start += total
  }
  return frames
}

function readHeaders(bytes: Uint8Array): Record<string, string> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const decoder = new TextDecoder()
  const headers: Record<string, string> = {}
  let offset = 0
  while (offset + 2 <= bytes.length) {
    const nameEnd = offset + 1 + view.getUint8(offset)
    if (nameEnd >= bytes.length) break
    const name = decoder.decode(bytes.subarray(offset + 1, nameEnd))
    const type = view.getUint8(nameEnd)
    const fixed = FIXED_VALUE_BYTES[type]
    if (fixed === undefined && nameEnd + 3 > bytes.length) break
    const valueStart = nameEnd + (fixed === undefined ? 3 : 1)
    const valueEnd = valueStart + (fixed ?? view.getUint16(nameEnd + 1))
    if (type === TEXT) headers[name] = decoder.decode(bytes.subarray(valueStart, valueEnd))
    offset = valueEnd
  }
  return headers
}
