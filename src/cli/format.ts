/** Numbers and values as people read them. */
import { isJsonObject, type Json } from "../lib/json.ts"

/** `$0`, `$0.000123`, `$1.50`: as many places as say something, at least two from a cent on. */
export function formatMoney(nanoUsd: number): string {
  const usd = nanoUsd / 1e9
  if (usd === 0) return "$0"
  if (usd >= 0.01) return `$${usd.toFixed(usd >= 1 ? 2 : 4)}`
  return `$${usd.toFixed(9).replace(/0+$/, "")}`
}

/** `87 ms`, `1.2 s`, `2 min 5 s`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.max(0, Math.round(durationMs))} ms`
  if (durationMs < 60_000) return `${(durationMs / 1_000).toFixed(1)} s`
  const seconds = Math.round(durationMs / 1_000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** `text` in at most `width` characters, with an ellipsis where it was cut. */
export function cut(text: string, width: number): string {
  const characters = [...text]
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join("")}…`
}

/** The lines of `text` broken at spaces so that none is longer than `width`, unless a word is. */
export function wrap(text: string, width: number): string[] {
  return text.split("\n").flatMap((paragraph) => {
    const lines = [""]
    for (const word of paragraph.split(" ")) {
      const line = lines.at(-1) ?? ""
      if (line !== "" && line.length + 1 + word.length > width) lines.push(word)
      else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`
    }
    return lines
  })
}

/** A value as indented lines: one member of an object to a line, texts unquoted and wrapped. */
export function formatValue(value: Json, width: number): string[] {
  if (!isJsonObject(value)) return wrap(typeof value === "string" ? value : JSON.stringify(value), width)
  const names = Object.keys(value)
  const column = Math.max(0, ...names.map((name) => name.length)) + 2
  return names.flatMap((name) => {
    const member = value[name] ?? null
    const text = typeof member === "string" ? member : JSON.stringify(member)
    const [first = "", ...rest] = wrap(text, Math.max(20, width - column))
    return [`${name.padEnd(column)}${first}`, ...rest.map((line) => `${" ".repeat(column)}${line}`.trimEnd())]
  })
}

/** A command for the shell that sends `body` to `url`. */
export function postCommand(url: string, body: Json): string {
  return `curl -X POST '${url}' -H 'content-type: application/json' -d '${JSON.stringify(body)}'`
}
