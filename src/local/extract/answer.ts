/**
 * An answer to a JSON Schema out of a text: reads the schema, finds each field, and checks the whole against the schema.
 * Owns what happens when nothing is found: the schema's default, null or absence where it allows them, else a refusal.
 *
 * Invariants:
 * A1 an answer validates against the schema it was asked for;
 * A2 a required value without any evidence is never made up: the answer is a refusal that names the field.
 */
import { z } from "zod"
import type { Json } from "../../lib/json.ts"
import type { Embedder } from "../embed/embedder.ts"
import { wireError } from "../wire-error.ts"
import { type NearestCase, nearestCase } from "./cases.ts"
import { findEnum } from "./enums.ts"
import { type Evidence, type EvidenceInput, gatherEvidence } from "./evidence.ts"
import { caseFinding } from "./exemplar.ts"
import { type Field, isOptional, type ObjectShape, type UnionShape } from "./field.ts"
import type { Finding } from "./finding.ts"
import { labelScore } from "./labels.ts"
import { findList } from "./lists.ts"
import { ENOUGH, findBoolean, findNumber } from "./numbers.ts"
import { readSchema } from "./schema.ts"
import { findString } from "./strings.ts"
import { humanize } from "./words.ts"

export interface FieldReport {
  readonly confidence: number
  readonly evidence: string
}

export type Answer =
  | {
      readonly type: "answer"
      readonly value: Json
      /** The mean over the fields. */
      readonly confidence: number
      /** By path, such as `charges` or `customer.email`. */
      readonly fields: Readonly<Record<string, FieldReport>>
    }
  | { readonly type: "refusal"; readonly reason: string }

interface Search {
  readonly evidence: Evidence
  readonly nearest: NearestCase | undefined
  readonly fields: Record<string, FieldReport>
  readonly missing: Field[]
}

const MAX_EVIDENCE_CHARACTERS = 400

/** Throws a 400 wire error when the schema is not understood. */
export async function answer(schema: unknown, input: EvidenceInput, embedder: Embedder): Promise<Answer> {
  const check = validatorOf(schema)
  const root = readSchema(schema)
  const evidence = await gatherEvidence(input, root, embedder)
  const search: Search = { evidence, nearest: nearestCase(evidence), fields: {}, missing: [] }
  const value = resolve(root, search)
  if (value === undefined || search.missing.length > 0) {
    const names = search.missing.map((field) => `"${field.path}"`).join(", ")
    return {
      type: "refusal",
      reason: `Nothing in the text answers the required ${names || "value"}. Make it optional or nullable if it may be missing.`,
    }
  }
  const problem = check(value)
  if (problem !== undefined) return { type: "refusal", reason: `What was found does not fit the schema: ${problem}` }
  const confidence = round(average(Object.values(search.fields).map((field) => field.confidence)))
  return { type: "answer", value, confidence, fields: search.fields }
}

/** What is wrong with a value, or `undefined`. */
function validatorOf(schema: unknown): (value: Json) => string | undefined {
  const isSchema = typeof schema === "object" && schema !== null && !Array.isArray(schema)
  try {
    if (!isSchema) throw new TypeError("expected an object")
    const validator = z.fromJSONSchema({ ...schema })
    return (value) => {
      const checked = validator.safeParse(value)
      return checked.success ? undefined : z.prettifyError(checked.error)
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw wireError(
      400,
      "invalid_json_schema",
      `The schema is not understood: ${reason}.`,
      "response_format.json_schema.schema",
    )
  }
}

/** The field's value; `undefined` leaves it out (and notes it as missing when it must not be). */
function resolve(field: Field, search: Search): Json | undefined {
  const { shape } = field
  if (shape.kind === "object") return resolveObject(field, shape, search)
  if (shape.kind === "union") return resolveUnion(field, shape, search)
  const found = find(field, search)
  if (!found || (found.value === null && !field.nullable && shape.kind !== "null" && shape.kind !== "any"))
    return absent(field, search, found)
  report(field, found, search)
  return found.value
}

function absent(field: Field, search: Search, denied: Finding | undefined): Json | undefined {
  const nothing = { confidence: denied?.confidence ?? 0.5, evidence: denied?.evidence ?? "nothing in the text" }
  if (isOptional(field)) report(field, nothing, search)
  if (field.fallback !== undefined) return field.fallback
  if (field.nullable) return null
  if (field.required) search.missing.push(field)
  return undefined
}

function report(field: Field, { confidence, evidence }: FieldReport, search: Search): void {
  const shown = evidence.length > MAX_EVIDENCE_CHARACTERS ? `${evidence.slice(0, MAX_EVIDENCE_CHARACTERS)}…` : evidence
  search.fields[field.path || "value"] = { confidence: round(confidence), evidence: shown }
}

function find(field: Field, { evidence, nearest }: Search): Finding | undefined {
  const exemplary = nearest && caseFinding(field, nearest, evidence)
  if (exemplary) return exemplary
  const { shape } = field
  const optional = isOptional(field)
  switch (shape.kind) {
    case "enum":
      return findEnum(field, shape, evidence)
    case "number": {
      const number = findNumber(field, shape, evidence)
      return number && optional && number.confidence < ENOUGH ? undefined : number
    }
    case "boolean": {
      const truth = findBoolean(field, evidence)
      return optional && truth.confidence < ENOUGH ? undefined : truth
    }
    case "string":
      return findString(field, shape, optional, evidence)
    case "array":
      return findList(field, shape, evidence)
    case "any":
      return anything(field, evidence)
    default:
      return { value: null, confidence: 1, evidence: "the only allowed value" }
  }
}

/** A field that takes anything gets its label's value, or null. */
function anything(field: Field, { source, alike }: Evidence): Finding {
  const fact = source.facts.find((one) => labelScore(field, one.key, alike) >= 0.55)
  return {
    value: fact?.value ?? null,
    confidence: fact ? 0.8 : 0.3,
    evidence: fact ? `${fact.key}: ${fact.value}` : "",
  }
}

function resolveObject(field: Field, shape: ObjectShape, search: Search): Json | undefined {
  const inner: Search = { ...search, fields: {}, missing: [] }
  const found = new Map<Field, Json>()
  for (const child of shape.fields) {
    const value = asksForConfidence(child) ? undefined : resolve(child, inner)
    if (value !== undefined) found.set(child, value)
  }
  for (const child of shape.fields.filter(asksForConfidence)) found.set(child, ownConfidence(shape, inner))
  const entries = shape.fields.flatMap((child): [string, Json][] => {
    const value = found.get(child)
    return value === undefined ? [] : [[child.name, value]]
  })
  const isEmpty = Object.values(inner.fields).every(({ confidence }) => confidence < ENOUGH)
  if (field.path !== "" && isOptional(field) && (inner.missing.length > 0 || isEmpty))
    return absent(field, search, undefined)
  search.missing.push(...inner.missing)
  Object.assign(search.fields, inner.fields)
  return Object.fromEntries(entries)
}

/** A number that is about the answer and not in the text: "confidence", "how sure you are". */
function asksForConfidence({ name, description, shape }: Field): boolean {
  if (shape.kind !== "number" || shape.integer || shape.max !== 1 || shape.min !== 0) return false
  return /\b(?:confidence|certainty|probability)\b|\bhow (?:sure|certain|confident)\b/i.test(
    `${humanize(name)} ${description}`,
  )
}

/** Of the choices beside it the least sure, for they stand or fall together; without choices the mean. */
function ownConfidence({ fields }: ObjectShape, { fields: reports }: Search): number {
  const of = (chosen: readonly Field[]): number[] => chosen.flatMap(({ path }) => reports[path]?.confidence ?? [])
  const choices = of(fields.filter(({ shape }) => shape.kind === "enum"))
  return choices.length > 0 ? Math.min(...choices) : round(average(of(fields)))
}

/** Of several shapes, the one whose distinguishing constant the text means; without such a constant, the one that fits best. */
function resolveUnion(field: Field, shape: UnionShape, search: Search): Json | undefined {
  const meant = discriminated(shape, search.evidence)
  const attempts = (meant ? [meant] : shape.variants).map((variant) => {
    const inner: Search = { ...search, fields: {}, missing: [] }
    const value = resolve({ ...variant, name: field.name, path: variant.path || field.path }, inner)
    const mean = average(Object.values(inner.fields).map(({ confidence }) => confidence))
    return { inner, value, worth: mean - inner.missing.length }
  })
  const best = attempts.reduce((top, attempt) => (attempt.worth > top.worth ? attempt : top))
  if (isOptional(field) && best.inner.missing.length > 0) return absent(field, search, undefined)
  search.missing.push(...best.inner.missing)
  Object.assign(search.fields, best.inner.fields)
  return best.value
}

function discriminated({ variants }: UnionShape, evidence: Evidence): Field | undefined {
  const constantsOf = (variant: Field): Field[] =>
    variant.shape.kind === "object"
      ? variant.shape.fields.filter(({ shape }) => shape.kind === "enum" && shape.options.length === 1)
      : []
  const [first] = variants
  const constant =
    first &&
    constantsOf(first).find(({ name }) =>
      variants.every((variant) => constantsOf(variant).some((other) => other.name === name)),
    )
  if (!constant) return undefined
  const options = variants.flatMap((variant) =>
    constantsOf(variant).flatMap((other) =>
      other.name === constant.name && other.shape.kind === "enum"
        ? other.shape.options.map((option) => ({
            ...option,
            hints: variant.description === "" ? [] : [variant.description],
            variant,
          }))
        : [],
    ),
  )
  const found = findEnum({ ...constant, required: true }, { kind: "enum", options }, evidence)
  return options.find((option) => option.value === found?.value)?.variant
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
