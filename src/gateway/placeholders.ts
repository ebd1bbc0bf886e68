/**
 * Placeholders such as `[[EMAIL_1]]`: what stands in a request for a hidden value, and how it becomes the value again.
 * Numbers follow the order of first appearance, so a conversation that grows keeps the placeholders of its beginning.
 * Invariants: one value has one placeholder; text that looks like a placeholder is hidden behind one too, so that
 * restoring what was hidden gives back the original to the byte. The map is never written anywhere.
 */
import { isJsonObject, type Json } from "../lib/json.ts"
import type { Restorer } from "./result.ts"

/** What a placeholder looks like, for finding one. */
export const PLACEHOLDER = /\[\[[A-Z][A-Z0-9_]{0,40}_\d{1,6}\]\]/g
/** The end of a piece of text that may be the beginning of a placeholder. */
const BEGINNING = /\[(?:\[(?:[A-Z][A-Z0-9_]{0,47}\]?)?)?$/

/** Restores a text that arrives in pieces. */
export interface StreamRestorer {
  /** What of the text so far can be shown now. */
  push(piece: string): string
  /** What was held back. */
  end(): string
}

export class Placeholders implements Restorer {
  readonly #byValue = new Map<string, string>()
  readonly #byPlaceholder = new Map<string, string>()
  readonly #counts = new Map<string, number>()

  /** How many values are hidden. */
  get size(): number {
    return this.#byValue.size
  }

  /** The placeholder of `value`, a new one if it has none. */
  hide(label: string, value: string): string {
    const known = this.#byValue.get(value)
    if (known !== undefined) return known
    const count = (this.#counts.get(label) ?? 0) + 1
    this.#counts.set(label, count)
    const placeholder = `[[${label}_${count}]]`
    this.#byValue.set(value, placeholder)
    this.#byPlaceholder.set(placeholder, value)
    return placeholder
  }

  /** Hides again, in text that came from a model, the values that are hidden already; finds no new ones. */
  hideKnown(text: string): string {
    let hidden = text
    for (const [value, placeholder] of [...this.#byValue].sort(([left], [right]) => right.length - left.length))
      if (hidden.includes(value)) hidden = hidden.replaceAll(value, () => placeholder)
    return hidden
  }

  text = (text: string, json: boolean): string => {
    if (this.size === 0) return text
    return text.replace(PLACEHOLDER, (placeholder) => {
      const value = this.#byPlaceholder.get(placeholder)
      if (value === undefined) return placeholder
      return json ? JSON.stringify(value).slice(1, -1) : value
    })
  }

  value = (value: Json): Json => (this.size === 0 ? value : mapTexts(value, (text) => this.text(text, false)))

  /** Restores a text that arrives in pieces, split anywhere. */
  stream(json: boolean): StreamRestorer {
    let held = ""
    return {
      push: (piece) => {
        const whole = held + piece
        const from = this.size === 0 ? -1 : whole.search(BEGINNING)
        held = from < 0 ? "" : whole.slice(from)
        return this.text(from < 0 ? whole : whole.slice(0, from), json)
      },
      end: () => {
        const rest = held
        held = ""
        return this.text(rest, json)
      },
    }
  }
}

/** `value` with every text in it, keys included, put through `change`. */
export function mapTexts(value: Json, change: (text: string) => string): Json {
  if (typeof value === "string") return change(value)
  if (Array.isArray(value)) return value.map((item: Json) => mapTexts(item, change))
  if (!isJsonObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [change(key), mapTexts(item, change)]))
}
