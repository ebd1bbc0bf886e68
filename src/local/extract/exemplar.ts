/** One field of an answer that follows the nearest example: its choice, its absence, its copied value, its wording. */
import type { Json } from "../../lib/json.ts"
import type { NearestCase } from "./cases.ts"
import { namedOption, valueAt } from "./enums.ts"
import type { Evidence } from "./evidence.ts"
import { type Field, isOptional, type StringShape } from "./field.ts"
import type { Finding } from "./finding.ts"
import { labelScore } from "./labels.ts"
import { numberFrom } from "./numbers.ts"
import { copiedFacts, refill } from "./slots.ts"
import { type Fact, saysNothing } from "./source.ts"
import { stringKind } from "./string-kinds.ts"
import { findTokens } from "./values.ts"

/** An example less alike than this is another matter, and not followed. */
const ALIKE = 0.5

/** `undefined` when the example says nothing about the field: it is then found as without examples. */
export function caseFinding(field: Field, nearest: NearestCase, evidence: Evidence): Finding | undefined {
  if (nearest.likeness < ALIKE) return undefined
  const at = (output: Json): Json | undefined => valueAt(output, field.path)
  const shown = at(nearest.example.output)
  const margin = nearest.likeness - nearest.rivalOf(at)
  const confidence = Math.min(0.97, nearest.likeness * (0.55 + 0.45 * Math.min(1, margin / 0.2)))
  const like = (value: Json): Finding => ({ value, confidence, evidence: `like example ${nearest.number}` })

  const { shape } = field
  if (shape.kind === "enum") {
    const named = namedOption(field, shape, evidence)
    if (named) return named
    return shape.options.some((option) => option.value === shown) ? like(shown ?? null) : undefined
  }
  if (isOptional(field) && (shown === null || shown === undefined)) return like(null)
  if (shape.kind === "boolean") return typeof shown === "boolean" ? like(shown) : undefined
  if (shape.kind !== "number" && shape.kind !== "string") return undefined
  const copied = bestFact(field, copiedFacts(at, evidence), evidence)
  if (copied) return fromFact(field, copied)
  if (shape.kind !== "string" || typeof shown !== "string") return undefined
  const sentence = refill(shown, nearest.example, evidence)
  const fits = sentence !== undefined && sentence.length >= shape.minLength && sentence.length <= shape.maxLength
  return fits && (shape.pattern?.test(sentence) ?? true) ? like(sentence) : undefined
}

function bestFact(field: Field, facts: readonly Fact[], { alike }: Evidence): Fact | undefined {
  return facts.toSorted((a, b) => labelScore(field, b.key, alike) - labelScore(field, a.key, alike))[0]
}

function fromFact(field: Field, fact: Fact): Finding | undefined {
  const evidence = `${fact.key}: ${fact.value}`
  if (saysNothing(fact.value)) return isOptional(field) ? { value: null, confidence: 0.95, evidence } : undefined
  const { shape } = field
  if (shape.kind === "string") return { value: textIn(fact.value, field, shape), confidence: 0.97, evidence }
  if (shape.kind !== "number") return undefined
  const number = fact.line.tokens.flatMap((token) =>
    fact.value.includes(token.text) ? (numberFrom(token, field, shape) ?? []) : [],
  )[0]
  return number ? { value: number.value, confidence: 0.97, evidence } : undefined
}

/** The part of a fact's value that is the field's kind of text, else all of it. */
function textIn(text: string, field: Field, shape: StringShape): string {
  const kind = stringKind(field, shape)
  if (kind.kind === "matching") return text.match(kind.pattern)?.[0] ?? text
  if (kind.kind !== "typed") return text
  return findTokens(text).find((token) => token.kind === kind.token)?.text ?? text
}
