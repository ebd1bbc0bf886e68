/**
 * What kind of text a string field wants, read from its pattern, its format, an example in its description ("like
 * ch_1234") and the words of its name. Owns the turning of those hints into a test on text.
 */
import type { Field, StringShape } from "./field.ts"
import type { TokenKind } from "./values.ts"
import { humanize } from "./words.ts"

export type StringKind =
  /** All of the source. */
  | { readonly kind: "everything" }
  /** Text that a regular expression finds. */
  | { readonly kind: "matching"; readonly pattern: RegExp }
  /** A typed value, such as an email address. */
  | { readonly kind: "typed"; readonly token: TokenKind }
  /** The currency of an amount, as its ISO 4217 code. */
  | { readonly kind: "currency" }
  /** A label's value, or the sentence that says it. */
  | { readonly kind: "free" }

const EVERYTHING =
  /\b(?:all|whole|entire|full|complete)\b[^.]{0,30}\b(?:text|words|transcript|content)\b|\bverbatim\b|\btranscription\b|\btext\b[^.]{0,20}\b(?:as shown|as it stands|in full)\b/i
const TEXT_NAMES = /^(?:(?:full|raw|ocr|all|visible|screen|page|whole) )?text$|^transcript$/

/** Fields are asked about once for each cell of a text; what they want does not change. */
const kinds = new WeakMap<Field, StringKind>()

export function stringKind(field: Field, shape: StringShape): StringKind {
  const known = kinds.get(field) ?? readKind(field, shape)
  kinds.set(field, known)
  return known
}

function readKind(field: Field, shape: StringShape): StringKind {
  const name = humanize(field.name)
  if (EVERYTHING.test(field.description) || (TEXT_NAMES.test(name) && field.description === ""))
    return { kind: "everything" }
  const typed = tokenOfFormat(shape.format) ?? undefined
  if (typed) return { kind: "typed", token: typed }
  if (shape.pattern) return { kind: "matching", pattern: findable(shape.pattern) }
  const like = likePattern(field.description)
  if (like) return { kind: "matching", pattern: like }
  if (/\bcurrency\b/.test(name)) return { kind: "currency" }
  const token = tokenOfName(name) ?? tokenOfDescription(field.description)
  return token ? { kind: "typed", token } : { kind: "free" }
}

function tokenOfFormat(format: string | undefined): TokenKind | undefined {
  switch (format) {
    case "email":
    case "idn-email":
      return "email"
    case "uri":
    case "url":
      return "url"
    case "date":
    case "date-time":
      return "date"
    case "time":
      return "time"
    case "uuid":
      return "id"
    default:
      return undefined
  }
}

const TOKEN_NAMES: readonly [RegExp, TokenKind][] = [
  [/\be ?mail(?: address)?$/, "email"],
  [/\b(?:url|link|website|uri)$/, "url"],
  [/\b(?:date|day)$|^(?:created|updated|paid|charged|due|billed) (?:at|on)$/, "date"],
  [/\btime$/, "time"],
  [/\b(?:id|ids|code|reference|ref|sku)$|\b(?:order|invoice|ticket|tracking|account|serial|case) (?:number|no)$/, "id"],
  [/\bphone(?: number)?$/, "phone"],
]

function tokenOfName(name: string): TokenKind | undefined {
  return TOKEN_NAMES.find(([pattern]) => pattern.test(name))?.[1]
}

/** "Time of the alert", "Email address to write to": a description that opens with the kind of value. */
function tokenOfDescription(description: string): TokenKind | undefined {
  const opening = /^(?:the |an? )?(dates?|day|times?|e-?mail|url|link|phone)\b/i.exec(description)?.[1]?.toLowerCase()
  if (opening === undefined) return undefined
  return tokenOfName(opening.replace("-", "").replace(/s$/, ""))
}

/** A validating pattern as a searching one: without its anchors, and not in the middle of a word. */
function findable(pattern: RegExp): RegExp {
  const body = pattern.source.replace(/^\^/, "").replace(/(?<!\\)\$$/, "")
  return new RegExp(`(?<![\\w-])(?:${body})(?![\\w-])`, "gu")
}

/** "like ch_1234", "e.g. ERR-502", "such as INV-001", "starts with ch_": text of the same build. */
function likePattern(description: string): RegExp | undefined {
  const prefix = /\b(?:starts?|starting|begins?|beginning|prefixed) with ["'`]?([A-Za-z]+[-_:]|#)/i.exec(
    description,
  )?.[1]
  if (prefix) return new RegExp(`(?<![\\w-])${literal(prefix)}[\\w-]+`, "g")
  const sample = /\b(?:like|e\.g\.,?|eg|for example,?|such as|example:)\s+["'`]?([#\w-]*\d[\w-]*|[A-Z]+_[A-Z_]+)/i.exec(
    description,
  )?.[1]
  return sample ? new RegExp(`(?<![\\w-])${buildOf(sample)}(?![\\w-])`, "g") : undefined
}

/** The build of a sample: `ch_1234` is `ch_` and more letters and digits; letters before a separator are kept as they stand. */
function buildOf(sample: string): string {
  const parts = /^([A-Za-z]+)([-_:])(.+)$/.exec(sample)
  if (!parts)
    return sample
      .replace(/[a-z]+/g, "[a-z]+")
      .replace(/[A-Z]+/g, "[A-Z]+")
      .replace(/\d+/g, "\\d+")
  const [, prefix = "", separator = "", rest = ""] = parts
  // A shouted prefix is usually one of several (ERR-502, AUTH-12); a quiet one names the kind (ch_1234).
  const head = prefix === prefix.toUpperCase() ? "[A-Z][A-Z0-9]*" : literal(prefix)
  const tail = /^\d+$/.test(rest) && head !== literal(prefix) ? "\\d+" : "[\\w-]+"
  return `${head}${literal(separator)}${tail}`
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
}
