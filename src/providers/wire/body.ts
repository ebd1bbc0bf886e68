/**
 * A response body as the dialects read it: one JSON document, a list of events (SSE or AWS event stream), or neither.
 * Events are cut here once and parsed only when asked for, so that judging a long stream costs little.
 */

import type { Exchange } from "../transport.ts"
import { type EventFrame, readEventFrames } from "./event-stream.ts"

/** One event of a stream. `data` is its text; `json()` parses it once, `undefined` when it is not JSON. */
export interface WireEvent {
  readonly event: string | undefined
  readonly data: string
  json(): unknown
}

export type WireBody =
  | { readonly kind: "json"; readonly value: unknown }
  | {
      readonly kind: "events"
      readonly events: readonly WireEvent[]
      /** Everything, as text: to find in one pass that none of the events is what somebody looks for. */
      readonly text: string
    }
  | { readonly kind: "other"; readonly text: string }

export function readBody(exchange: Pick<Exchange, "headers" | "text" | "bytes">): WireBody {
  const type = exchange.headers["content-type"] ?? ""
  if (type.startsWith("application/vnd.amazon.eventstream")) {
    const events = readEventFrames(exchange.bytes()).map(eventOfFrame)
    return { kind: "events", events, text: events.map(({ data }) => data).join("\n") }
  }
  const text = exchange.text()
  // A server that fails before its stream begins may answer with a bare document all the same.
  const isStream = type.startsWith("text/event-stream") && !/^\s*[[{]/.test(text)
  if (isStream || /^\s*(?:data|event|id|retry|error)?:/.test(text))
    return { kind: "events", events: readSseEvents(text), text }
  const value = parseJson(text)
  return value === undefined ? { kind: "other", text } : { kind: "json", value }
}

/** Parsed JSON of the body: the one document, or in order the events whose text matches `filter`. */
export function documents(body: WireBody, filter: RegExp): readonly unknown[] {
  if (body.kind === "json") return [body.value]
  if (body.kind === "other" || !filter.test(body.text)) return []
  return body.events.filter((event) => filter.test(event.data)).map((event) => event.json())
}

/**
 * Cuts SSE text into events. A last event without its blank line never reached the package's parser, so it is left out
 * here too; only a bare `[DONE]`, which carries nothing, counts without it.
 */
export function readSseEvents(text: string): WireEvent[] {
  const events: WireEvent[] = []
  let event: string | undefined
  let data: string | undefined
  const lines = (text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text).split("\n")
  if (/^data: ?\[DONE\]$/.test(lines.at(-1) || (lines.at(-2) ?? ""))) lines.push("")
  else lines.pop()
  for (const line of lines) {
    if (line === "") {
      if (data !== undefined) events.push(new ParsedLater(event, data))
      event = undefined
      data = undefined
    } else if (line.startsWith("data:")) {
      const piece = line.slice(line[5] === " " ? 6 : 5)
      data = data === undefined ? piece : `${data}\n${piece}`
    } else if (line.startsWith("event:")) event = line.slice(6).trim()
    // llama.cpp's own field for a failure; nobody else has it, and packages pass over it.
    else if (line.startsWith("error:")) data = `{"error":${line.slice(6)}}`
  }
  return events
}

/** AWS names a failure by `:exception-type` (with a JSON payload) or by `:error-code` (with a header for its message). */
function eventOfFrame({ headers, payload }: EventFrame): WireEvent {
  const code = headers[":error-code"]
  if (code !== undefined) return new ParsedLater(code, JSON.stringify({ message: headers[":error-message"] ?? code }))
  return new ParsedLater(headers[":exception-type"] ?? headers[":event-type"], new TextDecoder().decode(payload))
}

class ParsedLater implements WireEvent {
  readonly event: string | undefined
  readonly data: string
  #parsed: { readonly value: unknown } | undefined

  constructor(event: string | undefined, data: string) {
    this.event = event
    this.data = data
  }

  json(): unknown {
    this.#parsed ??= { value: parseJson(this.data) }
    return this.#parsed.value
  }
}

/** The value of JSON text, or `undefined` when it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * Whether text is the beginning of a JSON document and no more: cut off, and not garbled. Told by where the engine's parser
 * gave up, which V8 (Node and workerd) says in its message.
 */
export function isCutJson(text: string): boolean {
  if (text.trim() === "") return true
  try {
    JSON.parse(text)
    return false
  } catch (error) {
    const message = error instanceof Error ? error.message : ""
    const position = /at position (\d+)/.exec(message)?.[1]
    return /end of JSON input|Unterminated string/.test(message) || Number(position) >= text.length
  }
}

/** `value.a.b.0` of parsed JSON, `undefined` where the way breaks off. Wires are untrusted: every read goes through here. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let here: unknown = value
  for (const key of path) {
    if (typeof here !== "object" || here === null) return undefined
    here = Reflect.get(here, key)
  }
  return here
}

/** As `at`, for text: `undefined` unless it is a non-empty string. */
export function textAt(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = at(value, ...path)
  return typeof found === "string" && found !== "" ? found : undefined
}

/** As `at`, for counts: 0 unless it is a finite number. */
export function countAt(value: unknown, ...path: readonly (string | number)[]): number {
  const found = at(value, ...path)
  return typeof found === "number" && Number.isFinite(found) ? found : 0
}

/** As `at`, for lists: empty unless it is an array. */
export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path)
  return Array.isArray(found) ? found : []
}
