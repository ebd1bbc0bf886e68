/**
 * Text in the source that answers a field: the whole of it, something of a known build, a label's value, or the
 * sentence nearest in meaning. Everything returned stands in the source; dates alone are rewritten when a format asks.
 */
import type { Evidence } from "./evidence.ts"
import { fieldText } from "./evidence.ts"
import type { Field, StringShape } from "./field.ts"
import type { Finding } from "./finding.ts"
import { asksForInstruction, isInstruction } from "./instructions.ts"
import { labelScore, wordScore } from "./labels.ts"
import { contextScore, deniedFact } from "./numbers.ts"
import type { Line } from "./source.ts"
import { type StringKind, stringKind } from "./string-kinds.ts"
import { findTokens, type Token } from "./values.ts"
import { wordCount } from "./words.ts"

/** A sentence less alike than this does not speak of the field; an optional field then stays empty. */
const SPEAKS_OF_IT = 0.42

/** What it counts that a sentence tells people what to do, where that is asked for. */
const INSTRUCTION_WEIGHT = 0.25

/** What it counts for a name or a title to stand at the top of the text. */
const TOP_WEIGHT = 0.15

/** The likeliest texts, best first. An empty list: nothing in the source fits. */
export function findStrings(field: Field, shape: StringShape, evidence: Evidence): (Finding & { value: string })[] {
  const kind = stringKind(field, shape)
  const found = findingsOf(kind, field, shape, evidence)
  return found.flatMap((finding) => {
    const value = fit(finding.value, shape)
    return value === undefined ? [] : [{ ...finding, value }]
  })
}

export function findString(
  field: Field,
  shape: StringShape,
  isOptional: boolean,
  evidence: Evidence,
): Finding | undefined {
  const denied = deniedFact(field, evidence)
  const best = findStrings(field, shape, evidence)[0]
  if (denied && isOptional && denied.confidence >= (best?.confidence ?? 0)) return denied
  if (best && isOptional && best.confidence < SPEAKS_OF_IT) return undefined
  return best
}

function findingsOf(kind: StringKind, field: Field, shape: StringShape, evidence: Evidence) {
  switch (kind.kind) {
    case "everything":
      return [{ value: evidence.source.text, confidence: 1, evidence: "the whole text" }]
    case "matching":
      return matching(kind.pattern, field, evidence)
    case "typed": {
      const typed = typedValues(kind.token, field, shape, evidence)
      if (shape.format !== undefined || (typed.length > 0 && kind.token !== "id")) return typed
      // A code may be written in ways that no one foresees: what its label says it is, it is.
      return [...typed, ...labelledValues(field, evidence)].toSorted(byConfidence)
    }
    case "currency":
      return currencies(field, evidence)
    case "free":
      return [...labelledValues(field, evidence), ...sentences(field, evidence)].toSorted(byConfidence)
  }
}

function byConfidence(a: Finding, b: Finding): number {
  return b.confidence - a.confidence
}

/** What the pattern finds; where it finds several, the one in the likeliest place. */
function matching(pattern: RegExp, field: Field, evidence: Evidence) {
  return evidence.source.lines
    .flatMap((line) =>
      [...line.text.matchAll(pattern)]
        .filter((match) => match[0] !== "")
        .map((match) => placed(match[0], 0.7, asToken(match[0], match.index), field, line, evidence)),
    )
    .toSorted(byConfidence)
}

function typedValues(kind: Token["kind"], field: Field, shape: StringShape, evidence: Evidence) {
  const wantsDate = kind === "date"
  return evidence.source.lines
    .flatMap((line) =>
      line.tokens.flatMap((token) => {
        if (token.kind !== kind) return []
        const value = wantsDate ? dateText(token, shape, line) : token.text
        if (value === undefined) return []
        if (isAddressee(token, line) && !/recipient|addressee/i.test(fieldText(field)))
          return [{ value, confidence: 0.3, evidence: line.text }]
        // An id without any label near it is anybody's; an email address on a page is most likely the one meant.
        const base = kind === "id" ? 0.2 : isDesk(token) ? 0.35 : 0.45
        return [placed(value, base, token, field, line, evidence)]
      }),
    )
    .toSorted(byConfidence)
}

function currencies(field: Field, evidence: Evidence) {
  return evidence.source.lines
    .flatMap((line) =>
      line.tokens.flatMap((token) =>
        token.currency === undefined ? [] : [placed(token.currency, 0.6, token, field, line, evidence)],
      ),
    )
    .toSorted(byConfidence)
}

function placed(value: string, base: number, token: Token, field: Field, line: Line, evidence: Evidence) {
  const context = contextScore(field, token, line, evidence)
  return { value, confidence: Math.min(0.99, base + (1 - base) * context), evidence: line.text }
}

/** Whom a message went to is seldom whom a field asks for: that is who it is from, or about. */
function isAddressee(token: Token, line: Line): boolean {
  return token.kind === "email" && /\b(?:to|cc|bcc):?\s*$/i.test(line.text.slice(0, token.start))
}

/** An address of an organisation's desk, which is seldom the person that a page is about. */
function isDesk(token: Token): boolean {
  return /^(?:support|help|info|contact|billing|sales|hello|admin|no-?reply|do-?not-?reply)@/i.test(token.text)
}

function asToken(text: string, start: number): Token {
  return { kind: "id", text, start, end: start + text.length }
}

/** A date as it stands, or in the form that the format asks for, when the text says enough. */
function dateText(token: Token, shape: StringShape, line: Line): string | undefined {
  if (shape.format === "date") return token.iso
  if (shape.format !== "date-time") return token.text
  if (/T\d{2}:\d{2}/.test(token.text)) return token.text
  const time = line.tokens.find(
    (other) => other.kind === "time" && other.start >= token.end && other.start - token.end < 8,
  )
  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(time?.text ?? "")
  if (!token.iso || !clock) return undefined
  return `${token.iso}T${(clock[1] ?? "").padStart(2, "0")}:${clock[2]}:${clock[3] ?? "00"}Z`
}

/** Values of facts whose label names the field. */
function labelledValues(field: Field, { source, alike }: Evidence) {
  return source.facts
    .map((fact) => ({
      value: fact.value,
      confidence: Math.min(0.98, labelScore(field, fact.key, alike)),
      evidence: `${fact.key}: ${fact.value}`,
    }))
    .filter(({ confidence }) => confidence >= 0.5)
    .toSorted(byConfidence)
}

/** Sentences by meaning. They are never more than likely: a sentence near a description need not be its answer. */
function sentences(field: Field, { source, alike }: Evidence) {
  const wantsInstruction = asksForInstruction(field)
  const topWeight = /\b(?:name|title|heading|headline|subject)\b/i.test(fieldText(field)) ? TOP_WEIGHT : 0
  const factLines = new Set(source.facts.map(({ line }) => line.text))
  return source.sentences
    .filter((sentence) => wordCount(sentence) > 0)
    .map((sentence, index) => {
      const described = 0.75 * alike(sentence, fieldText(field)) + 0.25 * wordScore(field, sentence)
      const fitting = wantsInstruction ? (isInstruction(sentence) ? INSTRUCTION_WEIGHT : -INSTRUCTION_WEIGHT) : 0
      const isFragment = wordCount(sentence) < 3 || factLines.has(sentence)
      // What a page is called stands at its top; a row of a table says nothing about it.
      const place = topWeight * (1 - index / source.sentences.length) - (/ {2}/.test(sentence) ? 0.2 : 0)
      const score = described + fitting + place - (isFragment ? 0.1 : 0)
      return { value: sentence, confidence: Math.min(0.75, Math.max(0.05, score)), evidence: sentence }
    })
}

/** The text as the schema allows it: cut at a word to the greatest length; `undefined` when it cannot be made to fit. */
function fit(text: string, shape: StringShape): string | undefined {
  const cut = text.length <= shape.maxLength ? text : text.slice(0, shape.maxLength).replace(/\s+\S*$/, "")
  if (cut.length < shape.minLength) return undefined
  if (shape.pattern && !shape.pattern.test(cut)) return undefined
  return isOfFormat(cut, shape.format) ? cut : undefined
}

function isOfFormat(text: string, format: string | undefined): boolean {
  switch (format) {
    case "email":
    case "uri":
      return findTokens(text).length === 1
    case "uuid":
      return /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i.test(text)
    default:
      return true
  }
}
