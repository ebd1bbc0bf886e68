/** What bytes are, by how they begin. A medium's declared type is only ever compared with this, never trusted. */

interface Signature {
  readonly mediaType: string
  /** Bytes in hex from `offset` on; a dot stands for any half-byte. */
  readonly bytes: string
  readonly offset?: number
}

const SIGNATURES: readonly Signature[] = [
  // Signature and the header chunk that must follow: a text that only begins like a PNG is none.
  { mediaType: "image/png", bytes: "89504e470d0a1a0a0000000d49484452" },
  { mediaType: "image/jpeg", bytes: "ffd8ff" },
  { mediaType: "image/gif", bytes: "474946383.61" },
  { mediaType: "image/webp", bytes: "52494646........57454250" },
  { mediaType: "image/bmp", bytes: "424d........00000000" },
  { mediaType: "image/tiff", bytes: "49492a00" },
  { mediaType: "image/tiff", bytes: "4d4d002a" },
  { mediaType: "image/avif", bytes: "6674797061766966", offset: 4 },
  { mediaType: "image/heic", bytes: "6674797068656963", offset: 4 },
  { mediaType: "application/pdf", bytes: "255044462d" },
  { mediaType: "audio/wav", bytes: "52494646........57415645" },
  { mediaType: "audio/mpeg", bytes: "494433" },
  { mediaType: "audio/ogg", bytes: "4f676753" },
  { mediaType: "audio/flac", bytes: "664c6143" },
  { mediaType: "audio/mp4", bytes: "667479704d3441", offset: 4 },
  { mediaType: "audio/mp4", bytes: "6674797069736f", offset: 4 },
  { mediaType: "audio/webm", bytes: "1a45dfa3" },
]

/** The media type of `bytes`; undefined when they are none of the media that we know. */
export function sniffMediaType(bytes: Uint8Array): string | undefined {
  const found = SIGNATURES.find((signature) => begins(bytes, signature))
  return found?.mediaType ?? (isMp3Frame(bytes) ? "audio/mpeg" : undefined)
}

/** Whether `mediaType` is one of those that `sniffMediaType` gives. */
export function isMediaType(mediaType: string): boolean {
  return SIGNATURES.some((signature) => signature.mediaType === mediaType)
}

/** What senders say when they do not know. */
const UNDECLARED = ["", "application/octet-stream", "binary/octet-stream", "application/x-www-form-urlencoded"]

/** Whether `declared` may be said of content that is `found`: the same kind of medium, or nothing said at all. */
export function mayDeclare(declared: string, found: string): boolean {
  const type = declared.split(";")[0]?.trim().toLowerCase() ?? ""
  if (UNDECLARED.includes(type)) return true
  const [family] = type.split("/")
  if (family === "application") return type === found
  // Containers carry sound under the name of video.
  return family === found.split("/")[0] || (family === "video" && found.startsWith("audio/"))
}

function begins(bytes: Uint8Array, { bytes: hex, offset = 0 }: Signature): boolean {
  if (bytes.length < offset + hex.length / 2) return false
  const start = Array.from(bytes.subarray(offset, offset + hex.length / 2), (byte) =>
    byte.toString(16).padStart(2, "0"),
  )
  return [...start.join("")].every((digit, index) => hex[index] === "." || hex[index] === digit)
}

/** MP3 without a tag begins with a frame: eleven set bits, then version, layer III, bit rate and sample rate, all valid. */
function isMp3Frame([first = 0, second = 0, third = 0]: Uint8Array): boolean {
  const sync = first === 0xff && (second & 0xe0) === 0xe0
  const layer3 = (second & 0x06) === 0x02 && (second & 0x18) !== 0x08
  return sync && layer3 && (third & 0xf0) !== 0xf0 && (third & 0xf0) !== 0 && (third & 0x0c) !== 0x0c
}
