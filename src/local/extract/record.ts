/**
 * One record (a table row, or a few lines that belong together) read into the fields of an object. Typed values are
 * placed first, each taken once; what is left of the cells are the free texts.
 */
import type { Json } from "../../lib/json.ts"
import { optionIn } from "./enums.ts"
import type { Evidence } from "./evidence.ts"
import { type EnumShape, type Field, isOptional } from "./field.ts"
import { labelScore } from "./labels.ts"
import { meantKind, numberFrom } from "./numbers.ts"
import { type Line, saysYes } from "./source.ts"
import { stringKind } from "./string-kinds.ts"
import type { Token } from "./values.ts"

/** A typed value in a cell. Its start counts from the beginning of the record, for its order among the others. */
interface Claim {
  readonly field: Field
  readonly cell: number
  readonly start: number
  readonly end: number
}
interface Cell {
  readonly text: string
  readonly head: string | undefined
  readonly tokens: readonly Token[]
}

export interface RecordReading {
  readonly value: Readonly<Record<string, Json>>
  /** Typed fields that this record does not hold. */
  readonly missing: readonly Field[]
  readonly typed: number
  /** Typed values, and free texts that are required: an optional free text can be had from any line nearby. */
  readonly filled: number
  /** The last of its lines that holds a typed value, counted from 0. */
  readonly lastUsedLine: number
  /** How many words no field took. */
  readonly leftover: number
}

export function readRecord(fields: readonly Field[], lines: readonly Line[], evidence: Evidence): RecordReading {
  const cells = lines.flatMap(cellsOf)
  const lineOfCell = lines.flatMap((line, index) => line.cells.map(() => index))
  const claims: Claim[] = []
  const value: Record<string, Json> = {}
  const missing: Field[] = []

  for (const field of fields.toSorted((a, b) => specificity(b) - specificity(a))) {
    const found = typedValue(field, cells, claims, evidence)
    if (found) {
      claims.push(found.claim)
      value[field.name] = found.value
    } else if (isHard(field)) missing.push(field)
  }
  const typed = claims.length
  for (const field of fields) {
    const currency = isCurrency(field) ? currencyOf(cells) : undefined
    if (currency !== undefined) value[field.name] = currency
  }
  const free = fields.filter((field) => field.shape.kind === "string" && specificity(field) === 0 && !isCurrency(field))
  const segments = freeSegments(cells, claims)
  for (const [field, segment] of assign(free, segments, fields, claims, evidence)) value[field.name] = segment.text
  const used = new Set(Object.values(value))
  return {
    value,
    missing,
    typed,
    filled: typed + free.filter((field) => !isOptional(field) && value[field.name] !== undefined).length,
    lastUsedLine: Math.max(0, ...claims.map((claim) => lineOfCell[claim.cell] ?? 0)),
    leftover: segments
      .filter(({ text }) => !used.has(text))
      .reduce((sum, { text }) => sum + text.split(/\s+/).length, 0),
  }
}

function cellsOf(line: Line): Cell[] {
  return line.cells.map((text, column) => {
    const offset = line.text.indexOf(text)
    const tokens = line.tokens
      .filter((token) => token.start >= offset && token.end <= offset + text.length && text.includes(token.text))
      .map((token) => ({ ...token, start: token.start - offset, end: token.end - offset }))
    return { text, head: line.heads[column], tokens }
  })
}

/** Fields that only certain text can answer come first, the choosiest first; 0 takes what is left. */
function specificity(field: Field): number {
  const { shape } = field
  if (shape.kind === "number") return 3
  if (shape.kind === "enum") return 2
  if (shape.kind !== "string") return 1
  const kind = stringKind(field, shape)
  if (kind.kind === "matching") return 5
  if (kind.kind === "typed") return kind.token === "id" ? 1 : 4
  return 0
}

/** A currency is read off an amount, which some other field has taken. */
function isCurrency(field: Field): boolean {
  return field.shape.kind === "string" && stringKind(field, field.shape).kind === "currency"
}

function currencyOf(cells: readonly Cell[]): string | undefined {
  return cells.flatMap((cell) => cell.tokens.flatMap((token) => token.currency ?? []))[0]
}

/** Whether a record without this value is none: choices and free texts can always be given something. */
function isHard(field: Field): boolean {
  return field.shape.kind === "number" || (field.shape.kind === "string" && specificity(field) > 0)
}

function typedValue(field: Field, cells: readonly Cell[], claims: readonly Claim[], evidence: Evidence) {
  const candidates = cells.flatMap((cell, index) =>
    valuesIn(field, cell, evidence)
      .filter(
        ({ start, end }) => !claims.some((claim) => claim.cell === index && start < claim.end && claim.start < end),
      )
      .map(({ value, start, end, fit }) => ({
        value,
        claim: { field, cell: index, start, end },
        score: fit + (cell.head === undefined ? 0 : 2 * labelScore(field, cell.head, evidence.alike)),
      })),
  )
  return candidates.reduce<(typeof candidates)[number] | undefined>(
    (best, one) => (best && best.score >= one.score ? best : one),
    undefined,
  )
}

interface Value {
  readonly value: Json
  readonly start: number
  readonly end: number
  readonly fit: number
}

/** Everything in a cell that could be the field's value. */
function valuesIn(field: Field, cell: Cell, { source }: Evidence): Value[] {
  const { shape } = field
  switch (shape.kind) {
    case "number": {
      const meant = meantKind(field, shape)
      return cell.tokens.flatMap((token) => {
        const number = numberFrom(token, field, shape)
        // Where amounts carry a currency sign, a bare number is something else: a year, a card's last digits.
        if (meant && token.kind !== meant && source.kinds.has(meant)) return []
        return number ? [{ value: number.value, start: token.start, end: token.end, fit: number.fit }] : []
      })
    }
    case "enum":
      return optionValues(shape, cell.text)
    case "boolean":
      return /^(yes|no|true|false|on|off)$/i.test(cell.text)
        ? [{ value: saysYes(cell.text), start: 0, end: cell.text.length, fit: 1 }]
        : []
    case "string": {
      const kind = stringKind(field, shape)
      if (kind.kind === "matching")
        return [...cell.text.matchAll(kind.pattern)].map((match) => whole(match[0], match.index, 1))
      if (kind.kind !== "typed") return []
      return cell.tokens
        .filter((token) => token.kind === kind.token)
        .flatMap((token) => {
          const text = shape.format === "date" ? token.iso : token.text
          return text === undefined ? [] : [{ value: text, start: token.start, end: token.end, fit: 1 }]
        })
    }
    default:
      return []
  }
}

function whole(text: string, start: number, fit: number): Value {
  return { value: text, start, end: start + text.length, fit }
}

/** The option that a cell, or a part of it, names. */
function optionValues(shape: EnumShape, text: string): Value[] {
  const parts = [...text.matchAll(/[^·•|,;–—]+/g)].flatMap((part) => {
    const option = optionIn(part[0].replace(/^\s*-|-\s*$/g, ""), shape.options)
    if (!option) return []
    const at = part[0].toLowerCase().indexOf(option.name.split(" ")[0] ?? "")
    const start = part.index + Math.max(0, at)
    return [{ value: option.value, start, end: start + String(option.value).length, fit: 1 }]
  })
  return parts
}

interface Segment {
  readonly text: string
  readonly head: string | undefined
  readonly cell: number
  readonly start: number
}

/** What no typed field took, cell by cell, cut at the taken parts. */
function freeSegments(cells: readonly Cell[], claims: readonly Claim[]): Segment[] {
  return cells.flatMap(({ text, head }, cell) => {
    const taken = claims.filter((claim) => claim.cell === cell).toSorted((a, b) => a.start - b.start)
    const edges = [...taken.map((claim) => claim.start), text.length]
    return edges.flatMap((to, index) => {
      const from = taken[index - 1]?.end ?? 0
      const part = text.slice(from, to).replace(/^[\s·•|,;:–—-]+|[\s·•|,;:(–—-]+$/g, "")
      return /[\p{L}\p{N}]/u.test(part) ? [{ text: part, head, cell, start: from }] : []
    })
  })
}

/** Free fields to free texts: by column head where there is one, else by the order the schema lists the fields in. */
function assign(
  free: readonly Field[],
  segments: readonly Segment[],
  fields: readonly Field[],
  claims: readonly Claim[],
  evidence: Evidence,
): [Field, Segment][] {
  const pairs = free.flatMap((field, fieldIndex) =>
    segments.map((segment, segmentIndex) => ({
      field,
      segment,
      score:
        (segment.head === undefined ? 0 : 3 * labelScore(field, segment.head, evidence.alike)) +
        orderAgreement(field, segment, fields, claims) -
        0.1 * Math.abs(fieldIndex - segmentIndex),
    })),
  )
  const result: [Field, Segment][] = []
  for (const { field, segment } of pairs.toSorted((a, b) => b.score - a.score)) {
    if (result.some(([taken, used]) => taken === field || used === segment)) continue
    result.push([field, segment])
  }
  return result
}

/** The share of typed values that stand on the same side of the text as their fields stand of the field. */
function orderAgreement(field: Field, segment: Segment, fields: readonly Field[], claims: readonly Claim[]): number {
  if (claims.length === 0) return 0
  const agreeing = claims.filter((claim) => {
    const isBefore = claim.cell < segment.cell || (claim.cell === segment.cell && claim.start < segment.start)
    return isBefore === fields.indexOf(claim.field) < fields.indexOf(field)
  })
  return agreeing.length / claims.length
}
