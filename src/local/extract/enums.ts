/**
 * Which of a closed list of values the source means. A fact that names the value decides; otherwise meaning does:
 * sentence by sentence, since a long text averages everything away, against the value's name, what the schema and the
 * policy say about it, and the examples that chose it.
 */
import type { Json } from "../../lib/json.ts"
import type { Evidence } from "./evidence.ts"
import { type EnumOption, type EnumShape, type Field, isOptional } from "./field.ts"
import type { Finding } from "./finding.ts"
import { labelScore } from "./labels.ts"
import { saysNothing } from "./source.ts"
import { findTokens, type TokenKind } from "./values.ts"
import { normalize, stems, wordCount } from "./words.ts"

/** A label this alike names the field. */
const SAME_LABEL = 0.55
/** Below this no listed value is meant, when the list has a value for "something else". */
const MEANT = 0.25
/** How much of what a sentence has in common with all options is taken off. */
const CONTRAST = 0.3
/** The most telling sentence decides; the others together have this share of the say. */
const WHOLE_TEXT = 0.3
/** How sure a lead over the other options makes: with examples a small lead means more. Fitted on labelled texts. */
const SHARPNESS = { described: 12, exampled: 18 }

export interface RankedOption {
  readonly value: Json
  readonly score: number
  readonly evidence: string
}

/** `undefined` when the field may stay empty and no value is meant. */
export function findEnum(field: Field, shape: EnumShape, evidence: Evidence): Finding | undefined {
  const [only] = shape.options
  if (only && shape.options.length === 1)
    return { value: only.value, confidence: 1, evidence: "the only allowed value" }
  return namedOption(field, shape, evidence) ?? meantOption(field, shape, evidence)
}

/** The value that a fact with the field's label holds literally. */
export function namedOption(field: Field, shape: EnumShape, { source, alike }: Evidence): Finding | undefined {
  const labelled = source.facts
    .map((fact) => ({ fact, score: labelScore(field, fact.key, alike) }))
    .filter(({ score }) => score >= SAME_LABEL)
    .toSorted((a, b) => b.score - a.score)
  for (const { fact } of labelled) {
    const option = optionIn(fact.value, shape.options)
    if (option) return { value: option.value, confidence: 0.98, evidence: `${fact.key}: ${fact.value}` }
  }
  return undefined
}

/** The one option that a text is, or the only one that it mentions. */
export function optionIn(text: string, options: readonly EnumOption[]): EnumOption | undefined {
  const plain = ` ${normalize(text)} `
  const exact = options.find((option) => plain.trim() === normalize(option.name))
  if (exact) return exact
  const mentioned = options.filter((option) => plain.includes(` ${normalize(option.name)} `))
  return mentioned.length === 1 ? mentioned[0] : undefined
}

function meantOption(field: Field, shape: EnumShape, evidence: Evidence): Finding | undefined {
  const ranked = rankOptions(shape, evidence, field.path)
  const isExampled = evidence.examples.some((example) => valueAt(example.output, field.path) !== undefined)
  const sharpness = isExampled ? SHARPNESS.exampled : SHARPNESS.described
  const chances = softmax(ranked.map((option) => option.score * sharpness))
  const [best] = ranked
  if (!best || (isOptional(field) && best.score < MEANT)) return undefined
  return { value: best.value, confidence: best.evidence === "" ? 0 : (chances[0] ?? 0), evidence: best.evidence }
}

/** All options, the likeliest first. */
export function rankOptions(shape: EnumShape, evidence: Evidence, path: string): RankedOption[] {
  const scorers = shape.options.map((option) => optionScorer(option, shape.options, evidence, path))
  const units = evidence.source.sentences
    .filter((sentence) => !isDenial(sentence))
    .map((text) => ({ text, weight: weight(text), scores: scorers.map((scorer) => scorer(text)) }))
  const fallback = evidence.examples.length > 0 ? undefined : fallbackOption(shape.options)
  return shape.options
    .map((option, index) => {
      const best = units
        .map((unit) => ({ text: unit.text, score: unit.weight * contrast(unit.scores, index) }))
        .reduce((top, unit) => (unit.score > top.score ? unit : top), { text: "", score: 0 })
      const whole = weightedMean(units.map((unit) => [contrast(unit.scores, index), unit.weight]))
      const fit = (1 - WHOLE_TEXT) * best.score + WHOLE_TEXT * whole + typedFit(option, evidence)
      const score = option === fallback ? Math.max(MEANT, fit) : fit
      return { value: option.value, score, evidence: best.text }
    })
    .toSorted((a, b) => b.score - a.score)
}

/** Words of a description that promise values of a kind. */
const PROMISES: readonly [RegExp, TokenKind][] = [
  [/\b(?:amounts?|charges?|payments?|prices?|invoices?|costs?|fees?|billing)\b/i, "money"],
  [/\bdates?\b/i, "date"],
  [/\bpercent(?:ages?)?\b/i, "percent"],
]
/** So many lines with a promised value keep the promise. */
const KEPT_BY_LINES = 3
/** Kept promises count for an option, broken ones against it, and this share of them neither way. */
const HALF_KEPT = 0.4
const TYPED_WEIGHT = 0.3

/** Whether the text has the kinds of values that an option's description speaks of: a list of charges shows amounts. */
function typedFit(option: EnumOption, { source, examples }: Evidence): number {
  const text = [option.name, ...option.hints].join(" ")
  const promised = PROMISES.flatMap(([pattern, kind]) => (pattern.test(text) ? [kind] : []))
  if (promised.length === 0 || examples.length > 0) return 0
  const kept = promised.map((kind) => {
    const lines = source.lines.filter((line) => line.tokens.some((token) => token.kind === kind)).length
    return Math.min(1, lines / KEPT_BY_LINES)
  })
  return TYPED_WEIGHT * (average(kept) - HALF_KEPT)
}

function weightedMean(values: readonly (readonly [value: number, weight: number])[]): number {
  const total = values.reduce((sum, [, weight]) => sum + weight, 0)
  return total === 0 ? 0 : values.reduce((sum, [value, weight]) => sum + value * weight, 0) / total
}

/** A sentence that is like every option says little about any. */
function contrast(scores: readonly number[], index: number): number {
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length
  return (scores[index] ?? 0) - CONTRAST * mean
}

/** `Abusive language: no` resembles abuse and says the opposite. */
function isDenial(sentence: string): boolean {
  const value = /^[^:]{1,80}:\s+(.+)$/.exec(sentence)?.[1]
  return value !== undefined && saysNothing(value)
}

/** Menu entries, table rows and lines of values say less about what a text means than its sentences do. */
function weight(sentence: string): number {
  return wordCount(sentence) < 3 || / {2}/.test(sentence) || findTokens(sentence).length >= 2 ? 0.5 : 1
}

/** How strongly one sentence speaks for one option: by the examples that chose it, else by what is said about it. */
function optionScorer(option: EnumOption, all: readonly EnumOption[], evidence: Evidence, path: string) {
  const shown = evidence.examples
    .filter((example) => valueAt(example.output, path) === option.value)
    .flatMap((example) => example.source.sentences)
  if (shown.length > 0) {
    const centroid = evidence.centroid(shown)
    return (sentence: string): number =>
      0.5 * centroid(sentence) + 0.5 * Math.max(...shown.map((text) => evidence.alike(sentence, text)))
  }
  const hints = [option.name, ...option.hints, ...policyLines(option, evidence)]
  const words = distinctiveStems(hints, option, all)
  return (sentence: string): number => {
    const likeness = hints.map((hint) => evidence.alike(sentence, hint))
    const own = stems(sentence)
    const shared = own.reduce((sum, word) => sum + (words.get(word) ?? 0), 0) / Math.sqrt(own.length + 1)
    return 0.7 * Math.max(...likeness) + 0.3 * average(likeness) + 0.3 * shared
  }
}

/** The words that describe an option, each worth less the more options it describes. */
function distinctiveStems(
  hints: readonly string[],
  option: EnumOption,
  all: readonly EnumOption[],
): Map<string, number> {
  const others = all.filter((other) => other !== option).map((other) => stems([other.name, ...other.hints].join(" ")))
  return new Map(
    stems(hints.join(" ")).map((word) => [word, 1 / (1 + others.filter((words) => words.includes(word)).length)]),
  )
}

function policyLines(option: EnumOption, { policy }: Evidence): string[] {
  return (policy?.sentences ?? []).filter((line) => ` ${normalize(line)} `.includes(` ${normalize(option.name)} `))
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}

const ELSEWHERE =
  /^(other|others|unknown|none|n a|unspecified|misc|miscellaneous|general|neither|unclear|not applicable)$/
const MIDDLE = /^(normal|medium|neutral|default|standard|regular)$/
const ELSE =
  /\b(?:any|every|all|something)\s?(?:thing|one)? else\b|\botherwise\b|\bnone of\b|\bany other\b|\bdoes not fit\b/i

/** The value for what fits no other: by its name, by its hint, or the middle of a scale. */
export function fallbackOption(options: readonly EnumOption[]): EnumOption | undefined {
  return (
    options.find((option) => ELSEWHERE.test(option.name)) ??
    options.find((option) => option.hints.some((hint) => ELSE.test(hint))) ??
    options.find((option) => MIDDLE.test(option.name))
  )
}

/** The value of an example's output at a dotted path. */
export function valueAt(output: Json, path: string): Json | undefined {
  let value: Json | undefined = output
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined
    value = Object.entries(value).find(([name]) => name === key)?.[1]
  }
  return value
}

function softmax(scores: readonly number[]): number[] {
  const top = Math.max(...scores)
  const powers = scores.map((score) => Math.exp(score - top))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map((power) => power / sum)
}
