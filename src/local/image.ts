/**
 * Images as they arrive: base64 `data:` URLs. Owns what is accepted (PNG, JPEG, WebP, GIF, BMP by their bytes, not by
 * their label) and how large an image may be, checked on its header before anything is decoded.
 */
import { wireError } from "./wire-error.ts"

/** Bytes of one image, encoded as a file. */
export const MAX_IMAGE_BYTES = 20 * 1024 * 1024
/** Width times height: a decoded pixel costs 4 bytes, several times over while it is prepared. */
export const MAX_IMAGE_PIXELS = 25_000_000

/** The bytes of the image in a `data:` URL. `param` is the request field that holds it. Throws a 400 or 413 wire error. */
export function imageBytes(url: string, param: string): Uint8Array {
  if (/^https?:/i.test(url)) {
    const message =
      "This server does not fetch images from the network. Send the image itself as a base64 data: URL, such as data:image/png;base64,iVBOR…"
    throw wireError(400, "unsupported_image_url", message, param)
  }
  const data = /^data:[^,]*;base64,/i.exec(url)
  if (!data) {
    const message = `Expected a base64 data: URL such as data:image/png;base64,iVBOR…, found ${JSON.stringify(url.slice(0, 40))}.`
    throw wireError(400, "invalid_image_url", message, param)
  }
  const base64 = url.slice(data[0].length)
  if (base64.length * 0.75 > MAX_IMAGE_BYTES) {
    throw wireError(413, "image_too_large", `The image is larger than ${MAX_IMAGE_BYTES} bytes.`, param)
  }
  const bytes = new Uint8Array(Buffer.from(base64, "base64"))
  checkDimensions(bytes, param)
  return bytes
}

function checkDimensions(bytes: Uint8Array, param: string): void {
  const size = imageSize(bytes)
  if (!size) {
    const message = "The data is not a PNG, JPEG, WebP, GIF or BMP image."
    throw wireError(400, "invalid_image", message, param)
  }
  const { width, height } = size
  if (width < 1 || height < 1) throw wireError(400, "invalid_image", `The image is ${width}×${height} pixels.`, param)
  if (width * height > MAX_IMAGE_PIXELS) {
    const message = `The image is ${width}×${height} pixels; at most ${MAX_IMAGE_PIXELS} pixels are read. Send it smaller.`
    throw wireError(413, "image_too_large", message, param)
  }
}

export interface ImageSize {
  readonly width: number
  readonly height: number
}

/** What the header of the file says, or `undefined` when it is no image of a kind we read. */
export function imageSize(bytes: Uint8Array): ImageSize | undefined {
  if (bytes.length < 26) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const magic = Buffer.from(bytes.subarray(0, 16)).toString("latin1")
  if (magic.startsWith("\x89PNG\r\n\x1a\n")) return { width: view.getUint32(16), height: view.getUint32(20) }
  if (/^GIF8[79]a/.test(magic)) return { width: view.getUint16(6, true), height: view.getUint16(8, true) }
  if (magic.startsWith("BM")) return { width: view.getInt32(18, true), height: Math.abs(view.getInt32(22, true)) }
  if (magic.startsWith("\xff\xd8\xff")) return jpegSize(view)
  if (magic.startsWith("RIFF") && magic.slice(8, 12) === "WEBP") return webpSize(view, magic.slice(12, 16))
  return undefined
}

/** Walks the segments of a JPEG up to the frame header (SOF0…SOF15, without the three codes that mean other things). */
function jpegSize(view: DataView): ImageSize | undefined {
  let at = 2
  while (at + 9 < view.byteLength && view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1)
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
    if (isFrame) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) }
    at += 2 + view.getUint16(at + 2)
  }
  return undefined
}

function webpSize(view: DataView, chunk: string): ImageSize | undefined {
  if (view.byteLength < 30) return undefined
  const uint24 = (at: number): number => view.getUint16(at, true) + view.getUint8(at + 2) * 65_536
  if (chunk === "VP8X") return { width: uint24(24) + 1, height: uint24(27) + 1 }
  if (chunk === "VP8 ") return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff }
  if (chunk !== "VP8L") return undefined
  const bits = view.getUint32(21, true)
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
}
