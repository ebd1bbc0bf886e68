/** Arrays: of objects by repeated rows, of plain values by what the source lists, mentions or matches. */
import type { Json } from "../../lib/json.ts"
import { optionIn, rankOptions } from "./enums.ts"
import type { Evidence } from "./evidence.ts"
import type { ArrayShape, EnumShape, Field } from "./field.ts"
import type { Finding } from "./finding.ts"
import { labelScore } from "./labels.ts"
import { ENOUGH, findNumbers } from "./numbers.ts"
import { findRows } from "./rows.ts"
import { findStrings } from "./strings.ts"
import { normalize } from "./words.ts"

/** Sentences offered for a list of free texts. */
const MAX_SENTENCES = 5
/** How near to the likeliest value another must be to be meant as well. */
const AS_LIKELY = 0.04

/** The list, or `undefined` when the source holds fewer items than the schema wants. */
export function findList(field: Field, shape: ArrayShape, evidence: Evidence): Finding | undefined {
  const found = findItems(field, shape, evidence)
  const items = Array.isArray(found?.value) ? found.value : []
  const distinct = shape.unique ? [...new Map(items.map((item) => [JSON.stringify(item), item])).values()] : items
  if (distinct.length < shape.minItems) return undefined
  const value: Json = distinct.slice(0, shape.maxItems)
  return { value, confidence: found?.confidence ?? 0.5, evidence: found?.evidence ?? "" }
}

function findItems(field: Field, { item }: ArrayShape, evidence: Evidence): Finding | undefined {
  // The list's own name and description say what its items are.
  const named: Field = {
    ...item,
    name: field.name,
    description: [field.description, item.description].join(" ").trim(),
  }
  switch (item.shape.kind) {
    case "object":
      return findRows(named, item.shape.fields, evidence)
    case "enum":
      return listedOptions(named, item.shape, evidence)
    case "number":
      return asList(findNumbers(named, item.shape, evidence).filter(({ confidence }) => confidence >= ENOUGH))
    case "string": {
      const listed = listedTexts(named, evidence)
      if (listed) return listed
      const found = findStrings(named, item.shape, evidence).filter(({ confidence }) => confidence >= ENOUGH)
      return asList(found.slice(0, found.some(({ confidence }) => confidence > 0.6) ? found.length : MAX_SENTENCES))
    }
    default:
      return undefined
  }
}

function asList(found: readonly Finding[]): Finding | undefined {
  if (found.length === 0) return undefined
  const distinct = [...new Map(found.map((finding) => [JSON.stringify(finding.value), finding])).values()]
  return {
    value: distinct.map((finding) => finding.value),
    confidence: Math.min(...distinct.map((finding) => finding.confidence)),
    evidence: distinct.map((finding) => finding.evidence).join("\n"),
  }
}

/** `Tags: red, green and blue`, or the bullets under a label. */
function listedTexts(field: Field, { source, alike }: Evidence): Finding | undefined {
  const fact = source.facts
    .map((one) => ({ one, score: labelScore(field, one.key, alike) }))
    .filter(({ score }) => score >= 0.55)
    .toSorted((a, b) => b.score - a.score)[0]
  if (fact) {
    const value = fact.one.value.split(/\s*[,;]\s*(?:and\s+)?|\s+and\s+/).filter((part) => part !== "")
    return { value, confidence: fact.score, evidence: `${fact.one.key}: ${fact.one.value}` }
  }
  const bullets = source.lines.filter((line) => /^(?:[-*•]|\d+[.)])\s+\S/.test(line.text))
  if (bullets.length < 2) return undefined
  const value = bullets.map((line) => line.text.replace(/^(?:[-*•]|\d+[.)])\s+/, ""))
  return { value, confidence: 0.6, evidence: bullets.map((line) => line.text).join("\n") }
}

/** Every value that the source names; when it names none, those that it most likely means. */
function listedOptions(field: Field, shape: EnumShape, evidence: Evidence): Finding | undefined {
  const text = ` ${normalize(evidence.source.text)} `
  const named = shape.options.filter((option) => optionIn(text, [option]) !== undefined)
  if (named.length > 0)
    return {
      value: named.map((option) => option.value),
      confidence: 0.85,
      evidence: named.map((option) => option.name).join(", "),
    }
  const ranked = rankOptions(shape, evidence, field.path)
  const top = ranked[0]
  if (!top || top.score < 0.3) return undefined
  const meant = ranked.filter((option) => option.score >= top.score - AS_LIKELY)
  return { value: meant.map((option) => option.value), confidence: Math.min(0.7, top.score), evidence: top.evidence }
}
