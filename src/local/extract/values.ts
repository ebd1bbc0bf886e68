/**
 * Typed values in a line of text: money, dates, times, numbers, emails, URLs, ids. Owns how each is recognised and what
 * it means as a value. Positions are kept, for what stands beside a value says what it is.
 */
import { readDate } from "./dates.ts"

export type TokenKind = "email" | "url" | "date" | "time" | "money" | "percent" | "number" | "id" | "phone"

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  readonly start: number
  readonly end: number
  /** Money, percent and numbers. */
  readonly amount?: number
  /** Money: ISO 4217 where the sign says which, such as `USD`. */
  readonly currency?: string
  /** Dates: `YYYY-MM-DD` when the text says all three. */
  readonly iso?: string
}

const CURRENCY_OF_SIGN: Readonly<Record<string, string>> = {
  $: "USD",
  us$: "USD",
  dollar: "USD",
  dollars: "USD",
  "€": "EUR",
  euro: "EUR",
  euros: "EUR",
  "£": "GBP",
  pounds: "GBP",
  "¥": "JPY",
}
const SIGN = String.raw`US\$|[$€£¥]`
const CODE = "USD|EUR|GBP|JPY|CHF|CAD|AUD|SEK|NOK|DKK|PLN|INR"
/** Digits with grouping signs; a space groups only before exactly three digits. */
const NUMBER = String.raw`\d(?:\d|[.,'](?=\d)| (?=\d{3}(?!\d)))*`
const MONTH =
  "Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?"

/** In order of precedence: what an earlier one took, a later one does not see. */
const RECOGNISERS: readonly { kind: TokenKind; pattern: RegExp }[] = [
  { kind: "email", pattern: /[\w.+'-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}/g },
  { kind: "url", pattern: /\bhttps?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)]/g },
  { kind: "id", pattern: /\b[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}\b/gi },
  {
    kind: "date",
    pattern: new RegExp(
      [
        String.raw`\b\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2})?)?\b`,
        String.raw`\b\d{4}\/\d{1,2}\/\d{1,2}\b`,
        String.raw`\b\d{1,2}[./]\d{1,2}[./](?:\d{4}|\d{2})\b`,
        String.raw`\b(?:${MONTH})\.? \d{1,2}(?:st|nd|rd|th)?(?:,? \d{4})?\b(?![:,.]?\d)`,
        String.raw`\b\d{1,2}(?:st|nd|rd|th)?\.? (?:${MONTH})\b\.?(?:,? \d{4}\b)?`,
      ].join("|"),
      "gi",
    ),
  },
  { kind: "time", pattern: /\b\d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]\.?m\b\.?)?/gi },
  {
    kind: "money",
    pattern: new RegExp(
      String.raw`[-−(]?(?:(?:\b(?:${CODE}) ?)(?:${SIGN})?|(?:${SIGN}) ?)${NUMBER}\)?|[-−]?\b${NUMBER} ?(?:[€£¥]|(?:${CODE}|dollars?|euros?|pounds)\b)`,
      "gi",
    ),
  },
  { kind: "percent", pattern: /[-−]?\b\d+(?:[.,]\d+)? ?%/g },
  { kind: "phone", pattern: /(?<![\w-])\+\d[\d ()-]{6,}\d\b|\(\d{3}\) ?\d{3}-\d{4}\b/g },
  {
    kind: "id",
    pattern:
      /#\d[\w-]*|\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z\d]+(?:[-_][A-Za-z\d]+)*\b|\b[A-Z][A-Z\d]*(?:_[A-Z\d]+)+\b/g,
  },
  { kind: "number", pattern: /(?<![\w.,])[-−]?\d+(?:[.,]\d+)*(?![\w])/g },
]

/** `3rd`, `2x`, `14px`: a count with a suffix is not an id. */
const MEASURE = /^\d+(?:st|nd|rd|th|x|px|pt|gb|mb|kb|tb|ms|s|m|h|d|k|min|hrs?|am|pm)$/i

/** All typed values of a line, from left to right, none overlapping another. */
export function findTokens(line: string): Token[] {
  const taken: Token[] = []
  for (const { kind, pattern } of RECOGNISERS) {
    for (const match of line.matchAll(pattern)) {
      const start = match.index
      const end = start + match[0].length
      if (taken.some((token) => start < token.end && token.start < end)) continue
      const token = readToken(kind, match[0], start)
      if (token) taken.push(token)
    }
  }
  return taken.toSorted((a, b) => a.start - b.start)
}

function readToken(kind: TokenKind, text: string, start: number): Token | undefined {
  const token = { kind, text, start, end: start + text.length }
  switch (kind) {
    case "money": {
      const amount = readAmount(text)
      const currency = readCurrency(text)
      return amount === undefined ? undefined : { ...token, amount, ...(currency ? { currency } : {}) }
    }
    case "percent":
    case "number": {
      const amount = readAmount(text)
      return amount === undefined ? undefined : { ...token, amount }
    }
    case "date": {
      const iso = readDate(text)
      return { ...token, ...(iso ? { iso } : {}) }
    }
    case "id":
      return MEASURE.test(text) ? undefined : token
    default:
      return token
  }
}

/**
 * The number in a text such as `$1,299.50`, `1.299,50 €` or `(12.00)`. The last of comma and point is the decimal sign,
 * unless exactly three digits follow the only one.
 */
export function readAmount(text: string): number | undefined {
  const digits = /\d(?:[\d.,' ]*\d)?/.exec(text)?.[0].replace(/[' ]/g, "")
  if (digits === undefined) return undefined
  const signs = digits.match(/[.,]/g) ?? []
  const last = Math.max(digits.lastIndexOf("."), digits.lastIndexOf(","))
  const decimals = digits.length - last - 1
  const isGrouping = last < 0 || (new Set(signs).size === 1 && (signs.length > 1 || decimals === 3))
  const plain = isGrouping
    ? digits.replace(/[.,]/g, "")
    : `${digits.slice(0, last).replace(/[.,]/g, "")}.${digits.slice(last + 1)}`
  const value = Number(plain)
  if (!Number.isFinite(value)) return undefined
  return /^[-−(]/.test(text.trim()) && value !== 0 ? -value : value
}

function readCurrency(text: string): string | undefined {
  const code = new RegExp(CODE, "i").exec(text)?.[0]
  if (code) return code.toUpperCase()
  const sign = /US\$|[$€£¥]|dollars?|euros?|pounds/i.exec(text)?.[0]
  return sign === undefined ? undefined : CURRENCY_OF_SIGN[sign.toLowerCase()]
}
