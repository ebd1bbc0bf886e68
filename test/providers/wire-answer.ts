/**
 * Answers as they come off a wire: fixtures read from data files, turned into responses that arrive in odd pieces, break off
 * where told, or never come. Bedrock's binary frames are encoded here from their readable form.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"

/** One event-stream frame of AWS, readable: its text headers and its JSON payload. */
export interface Frame {
  readonly headers: Readonly<Record<string, string>>
  readonly payload: unknown
}

/** What the far end does with one request. */
export type WireAnswer =
  | {
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly bytes: Uint8Array
      /** Bytes after which the connection breaks. */
      readonly breakAt?: number
    }
  | { readonly refuse: Error }

const ROOT = join(import.meta.dirname, "fixtures")
/** Small and odd, so that events and UTF-8 characters are cut in the middle. */
const PIECE_BYTES = 37

export function fixtureText(provider: string, file: string): string {
  return readFileSync(join(ROOT, provider, file), "utf8")
}

export function fixtureJson<Value>(provider: string, file: string): Value {
  return JSON.parse(fixtureText(provider, file))
}

/** The fixture file as a 200: `.json` is a document, `.sse` events as they are, `.frames.json` frames to encode. */
export function success(provider: string, file: string, headers: Readonly<Record<string, string>> = {}): WireAnswer {
  if (file.endsWith(".frames.json")) return framed(fixtureJson<Frame[]>(provider, file), headers)
  const type = file.endsWith(".sse") ? "text/event-stream; charset=utf-8" : "application/json"
  return answer(200, { "content-type": type, ...headers }, fixtureText(provider, file))
}

export function answer(status: number, headers: Readonly<Record<string, string>>, body: string): WireAnswer {
  return { status, headers, bytes: new TextEncoder().encode(body) }
}

export function framed(frames: readonly Frame[], headers: Readonly<Record<string, string>> = {}): WireAnswer {
  const bytes = concat(frames.map(encodeFrame))
  return { status: 200, headers: { "content-type": "application/vnd.amazon.eventstream", ...headers }, bytes }
}

/** The answer cut after `fraction` of its bytes: ended in order, or broken. */
export function cut(whole: WireAnswer, fraction: number, how: "end" | "break"): WireAnswer {
  if ("refuse" in whole) return whole
  const length = Math.floor(whole.bytes.length * fraction)
  return how === "end" ? { ...whole, bytes: whole.bytes.subarray(0, length) } : { ...whole, breakAt: length }
}

export function responseOf(wire: WireAnswer): Response {
  if ("refuse" in wire) throw wire.refuse
  const { status, headers, bytes, breakAt } = wire
  const end = breakAt ?? bytes.length
  let offset = 0
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (offset < end) {
        const next = Math.min(offset + PIECE_BYTES, end)
        controller.enqueue(bytes.slice(offset, next))
        offset = next
      } else if (breakAt === undefined) controller.close()
      else controller.error(new TypeError("terminated"))
    },
  })
  return new Response(body, { status, headers })
}

function encodeFrame({ headers, payload }: Frame): Uint8Array {
  const header = concat(Object.entries(headers).map(([name, value]) => encodeHeader(name, value)))
  const body = new TextEncoder().encode(JSON.stringify(payload))
  const total = 12 + header.length + body.length + 4
  const frame = new Uint8Array(total)
  const view = new DataView(frame.buffer)
  view.setUint32(0, total)
  view.setUint32(4, header.length)
  view.setUint32(8, crc32(frame.subarray(0, 8)))
  frame.set(header, 12)
  frame.set(body, 12 + header.length)
  view.setUint32(total - 4, crc32(frame.subarray(0, total - 4)))
  return frame
}

/** A text header: name length, name, type 7, value length, value. */
function encodeHeader(name: string, value: string): Uint8Array {
  const nameBytes = new TextEncoder().encode(name)
  const valueBytes = new TextEncoder().encode(value)
  return concat([
    Uint8Array.of(nameBytes.length),
    nameBytes,
    Uint8Array.of(7, valueBytes.length >> 8, valueBytes.length & 0xff),
    valueBytes,
  ])
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return (crc ^ 0xffffffff) >>> 0
}
