/**
 * Numbers in the source that answer a field: each typed value is weighed by whether its kind fits the field and by what
 * stands beside it. Owns the reading of units from names: `amountUsd` wants money in dollars, `amountCents` cents.
 */
import type { Evidence } from "./evidence.ts"
import { fieldText } from "./evidence.ts"
import type { Field, NumberShape } from "./field.ts"
import type { Finding } from "./finding.ts"
import { labelScore, wordScore } from "./labels.ts"
import { type Line, saysNothing, saysYes } from "./source.ts"
import type { Token } from "./values.ts"
import { humanize, stems } from "./words.ts"

/** Below this a number has nothing to do with the field. */
export const ENOUGH = 0.42

const MONEY =
  "amount price cost total charge fee balance refund payment money subtotal tax salary revenue budget usd eur gbp dollar euro pound cent"
const COUNT = "count quantity qty number times items how many"
const SHARE = "percent percentage rate ratio share"
const stemSet = (words: string): ReadonlySet<string> =>
  new Set(words.split(" ").flatMap((word) => [word, ...stems(word)]))
const MONEY_STEMS = stemSet(MONEY)
const COUNT_STEMS = stemSet(COUNT)
const SHARE_STEMS = stemSet(SHARE)

type Measure = "money" | "count" | "share" | "any"

/** Fields are asked about once for each value in the text; what they want does not change. */
const measures = new WeakMap<Field, Measure>()

function measureOf(field: Field, shape: NumberShape): Measure {
  const known = measures.get(field) ?? readMeasure(field, shape)
  measures.set(field, known)
  return known
}

/** The kind of typed value that a field means, when its name or description says. */
export function meantKind(field: Field, shape: NumberShape): Token["kind"] | undefined {
  const measure = measureOf(field, shape)
  return measure === "any" ? undefined : ({ money: "money", share: "percent", count: "number" } as const)[measure]
}

/** What kind of number a field wants: by the last word of its name, then all of it, then its description. */
function readMeasure(field: Field, shape: NumberShape): Measure {
  const name = humanize(field.name).split(" ")
  const description = field.description.toLowerCase().split(/[^a-z]+/)
  if (shape.integer && !name.includes("cents") && isAbout(COUNT_STEMS, [...name, ...description])) return "count"
  for (const words of [name.slice(-1), name, description]) {
    if (isAbout(SHARE_STEMS, words)) return "share"
    if (isAbout(MONEY_STEMS, words)) return "money"
    if (isAbout(COUNT_STEMS, words)) return "count"
  }
  return "any"
}

function isAbout(set: ReadonlySet<string>, words: readonly string[]): boolean {
  return words.some((word) => set.has(word) || stems(word).some((stem) => set.has(stem)))
}

/** How well a kind of token suits a kind of field: 0 never, 1 exactly. */
const FIT: Readonly<Record<Measure, Readonly<Partial<Record<Token["kind"], number>>>>> = {
  money: { money: 1, number: 0.5 },
  count: { number: 1 },
  share: { percent: 1, number: 0.4 },
  any: { number: 1, money: 0.7, percent: 0.7 },
}

/** The token as a value of the field, or `undefined` when its kind, currency or size does not fit. */
export function numberFrom(token: Token, field: Field, shape: NumberShape): { value: number; fit: number } | undefined {
  const fit = FIT[measureOf(field, shape)][token.kind] ?? 0
  if (fit === 0 || token.amount === undefined) return undefined
  const currency = wantedCurrency(field)
  if (currency && token.currency && currency !== token.currency) return undefined
  const wantsCents = /\b(cents?|minor)\b/.test(humanize(field.name))
  const value = wantsCents && token.kind === "money" ? Math.round(token.amount * 100) : token.amount
  return allowsNumber(shape, value) ? { value, fit } : undefined
}

function wantedCurrency(field: Field): string | undefined {
  const words = `${humanize(field.name)} ${field.description.toLowerCase()}`
  if (/\b(usd|us dollars?)\b/.test(words)) return "USD"
  if (/\b(eur|euros?)\b/.test(words)) return "EUR"
  return /\b(gbp|pounds sterling)\b/.test(words) ? "GBP" : undefined
}

export function allowsNumber(shape: NumberShape, value: number): boolean {
  if (shape.integer && !Number.isInteger(value)) return false
  if (value < shape.min || value > shape.max) return false
  if ((shape.excludesMin && value === shape.min) || (shape.excludesMax && value === shape.max)) return false
  const steps = shape.multipleOf === undefined ? 0 : value / shape.multipleOf
  return Math.abs(steps - Math.round(steps)) < 1e-9
}

/** All numbers that suit the field, the likeliest first. */
export function findNumbers(field: Field, shape: NumberShape, evidence: Evidence): (Finding & { value: number })[] {
  const fitting = evidence.source.lines.flatMap((line) =>
    line.tokens.flatMap((token) => {
      const number = numberFrom(token, field, shape)
      return number ? [{ ...number, token, line }] : []
    }),
  )
  const isOnly = new Set(fitting.filter((one) => one.fit === 1).map((one) => one.value)).size === 1
  return fitting
    .map(({ value, fit, token, line }) => {
      const context = contextScore(field, token, line, evidence)
      const alone = isOnly && fit === 1 && measureOf(field, shape) !== "any" ? 0.5 : 0
      return {
        value,
        confidence: Math.max(alone, 0.75 * context + 0.25 * fit * (context > 0 ? 1 : 0.5)),
        evidence: line.text,
      }
    })
    .toSorted((a, b) => b.confidence - a.confidence || endOfRange(field) * (b.value - a.value))
}

/** Which end of a range such as "from 10 to 20" a field asks for: 1 the upper, -1 the lower, 0 does not say. */
function endOfRange(field: Field): number {
  const words = `${humanize(field.name)} ${field.description}`.toLowerCase()
  if (/\b(?:max|maximum|most|highest|upper|largest|until)\b/.test(words)) return 1
  return /\b(?:min|minimum|least|lowest|lower|smallest|from)\b/.test(words) ? -1 : 0
}

export function findNumber(field: Field, shape: NumberShape, evidence: Evidence): Finding | undefined {
  const denied = deniedFact(field, evidence)
  const best = findNumbers(field, shape, evidence)[0]
  if (denied && denied.confidence >= (best?.confidence ?? 0)) {
    const isCount = measureOf(field, shape) === "count" && allowsNumber(shape, 0)
    return { ...denied, value: isCount ? 0 : null }
  }
  return best
}

/** A fact with the field's label that says there is none: `Charge id: none`. */
export function deniedFact(field: Field, { source, alike }: Evidence): Finding | undefined {
  const denied = source.facts
    .filter((fact) => saysNothing(fact.value))
    .map((fact) => ({ fact, score: labelScore(field, fact.key, alike) }))
    .toSorted((a, b) => b.score - a.score)[0]
  if (!denied || denied.score < 0.5) return undefined
  return { value: null, confidence: 0.75 * denied.score + 0.25, evidence: `${denied.fact.key}: ${denied.fact.value}` }
}

/** What the surroundings of a value say about it being the field's: its label, its column, the words before it, its sentence. */
export function contextScore(field: Field, token: Token, line: Line, evidence: Evidence): number {
  const { source, alike } = evidence
  const facts = source.facts.filter((fact) => fact.line === line && fact.value.includes(token.text))
  const labels = facts.map((fact) => labelScore(field, fact.key, alike))
  const head = columnHead(token, line)
  const cell = line.cells.find((part) => part.includes(token.text)) ?? line.text
  const at = cell.indexOf(token.text)
  const before = lastWords(cell.slice(0, at), 6)
  const after = cell
    .slice(at + token.text.length)
    .trim()
    .split(/\s+/)
    .slice(0, 3)
    .join(" ")
  const sentence = source.sentences.find((one) => one.includes(token.text) && line.text.includes(one))
  const meaning = sentence === undefined ? 0 : Math.min(1, Math.max(0, (alike(sentence, fieldText(field)) - 0.2) / 0.6))
  return Math.max(
    ...labels,
    head === undefined ? 0 : 0.85 * labelScore(field, head, alike),
    0.8 * wordScore(field, before),
    0.7 * wordScore(field, after),
    0.6 * meaning,
    0,
  )
}

/** The label over the value's column. */
function columnHead(token: Token, line: Line): string | undefined {
  return line.heads[line.cells.findIndex((cell) => cell.includes(token.text))]
}

function lastWords(text: string, count: number): string {
  return text.trim().split(/\s+/).slice(-count).join(" ")
}

/** Yes or no, by a labelled fact; a count above nothing means yes. */
export function findBoolean(field: Field, evidence: Evidence): Finding {
  const { source, alike } = evidence
  const labelled = source.facts
    .map((fact) => ({ fact, score: labelScore(field, fact.key, alike) }))
    .filter(({ fact, score }) => score >= 0.5 && truthOf(fact.value, fact.line) !== undefined)
    .toSorted((a, b) => b.score - a.score)[0]
  if (labelled) {
    const { fact, score } = labelled
    const value = truthOf(fact.value, fact.line) ?? false
    return { value, confidence: Math.min(0.98, 0.5 + score / 2), evidence: `${fact.key}: ${fact.value}` }
  }
  const nearest = source.sentences
    .map((sentence) => ({ sentence, score: alike(sentence, fieldText(field)) + 0.3 * wordScore(field, sentence) }))
    .toSorted((a, b) => b.score - a.score)[0]
  if (!nearest || nearest.score < 0.55) return { value: false, confidence: 0.3, evidence: nearest?.sentence ?? "" }
  const isNegated = /\b(no|not|never|none|without|cannot)\b|n['’]t\b/i.test(nearest.sentence)
  return { value: !isNegated, confidence: Math.min(0.9, nearest.score * 0.8), evidence: nearest.sentence }
}

function truthOf(value: string, line: Line): boolean | undefined {
  if (saysNothing(value)) return false
  if (saysYes(value)) return true
  const token = line.tokens.find((one) => value.startsWith(one.text))
  return token?.amount === undefined ? undefined : token.amount > 0
}
