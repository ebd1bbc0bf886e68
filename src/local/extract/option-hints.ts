/**
 * What a schema's description says about single enum values. Authors write, in one string, "duplicate_charge: charged
 * twice; other: anything else" or the same line by line, or with dashes or equals signs.
 */
import type { Json } from "../../lib/json.ts"

/** The explanation of each value found in `text`, or an empty string. */
export function optionHints(values: readonly Json[], text: string): string[] {
  const starts = values.map((value) => startOf(String(value), text))
  return starts.map((start) => {
    if (!start) return ""
    const next = starts.filter((other) => other !== undefined).map((other) => other.from)
    const end = Math.min(text.length, ...next.filter((from) => from > start.from))
    return text
      .slice(start.to, end)
      .replace(/^[\s"'`)]+/, "")
      .replace(/[\s;,.|"'`(*•-]+$/, "")
      .replace(/[;,.]?\s+or$/i, "")
  })
}

/** Where the value stands at the start of an explanation: the value, maybe quoted, then a colon, dash, equals sign or bracket. */
function startOf(value: string, text: string): { from: number; to: number } | undefined {
  const literal = value.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
  const match = new RegExp(`(?<![\\w-])["'\`]?${literal}["'\`]?\\s*(?::|=|–|—|\\s-\\s|\\()`, "i").exec(text)
  return match ? { from: match.index, to: match.index + match[0].length } : undefined
}
