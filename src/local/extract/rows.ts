/**
 * Repeated records in the source: rows of a table, or groups of lines such as cards in a list. Owns where one record
 * ends and the next begins; `record.ts` reads each.
 */
import type { Json } from "../../lib/json.ts"
import { fallbackOption } from "./enums.ts"
import type { Evidence } from "./evidence.ts"
import { type EnumOption, type Field, isOptional } from "./field.ts"
import type { Finding } from "./finding.ts"
import { type RecordReading, readRecord } from "./record.ts"
import { isHeaderRow, type Line } from "./source.ts"
import { stringKind } from "./string-kinds.ts"
import { stems, wordCount } from "./words.ts"

/** A record that spans more lines than this is no record. */
const MAX_RECORD_LINES = 5
/** How far above its group a shared value, such as a date over several cards, may stand. */
const MAX_INHERIT_LINES = 14
const MAX_LEFTOVER_WORDS = 8
/** A line of text without columns that is longer than this is prose. */
const MAX_LINE_WORDS = 14

interface Row {
  readonly value: Record<string, Json>
  readonly lines: readonly Line[]
  readonly filled: number
  readonly typed: number
  readonly leftover: number
  readonly inherited: boolean
}

/** The records, or `undefined` when the source holds none. */
export function findRows(item: Field, fields: readonly Field[], evidence: Evidence): Finding | undefined {
  const readings = segmentations(item, fields, evidence).map((records) => readAll(fields, records, evidence))
  const best = readings.reduce<Row[]>((top, rows) => (worth(rows) > worth(top) ? rows : top), [])
  if (best.length === 0) return undefined
  return {
    value: best.map((row) => complete(fields, row, evidence)),
    confidence: best.length > 1 ? 0.9 : 0.7,
    evidence: best.map((row) => row.lines.map((line) => line.text).join(" / ")).join("\n"),
  }
}

/**
 * More records first, then fuller and tighter ones. A way of cutting that finds a value here inside a record and there
 * above it is likely wrong.
 */
function worth(rows: readonly Row[]): number {
  const inherited = rows.filter((row) => row.inherited).length
  const isMixed = inherited > 0 && inherited < rows.length
  const sum = rows.reduce((total, row) => total + 10 + row.filled - 0.2 * row.leftover - 0.1 * row.lines.length, 0)
  return sum - (isMixed ? 8 : 0)
}

/** All ways to cut the source into records: line by line, or from one occurrence of a typed field to the next. */
function segmentations(item: Field, fields: readonly Field[], evidence: Evidence): Line[][][] {
  const lines = evidence.source.lines.filter((line) => mayBeRecord(line, item))
  const standalone = new Set(lines.filter(isStandalone))
  const inRecords = lines.filter((line) => !standalone.has(line))
  const blocks = [lines, inRecords].flatMap((pool) =>
    fields.flatMap((field) => {
      const marks = pool.filter((line) => readRecord([field], [line], evidence).typed > 0)
      return marks.length === 0 ? [] : [fromMarks(pool, marks), upToMarks(pool, marks)]
    }),
  )
  return [lines.map((line) => [line]), ...blocks]
}

const TOTALS = /^(?:sub)?total\b|^(?:sum|balance|amount due|tax|vat)\b/i

/** Prose, labelled facts, column heads and totals are not records. */
function mayBeRecord(line: Line, item: Field): boolean {
  if (isHeaderRow(line)) return false
  if (line.cells.length < 3) {
    if (wordCount(line.text) > MAX_LINE_WORDS || (/[.!?]$/.test(line.text) && wordCount(line.text) >= 6)) return false
    if (/^\p{L}[^:]{0,40}:\s/u.test(line.text)) return false
  }
  return !TOTALS.test(line.text) || stems(item.description).includes("total")
}

/** A line that is one value and nothing else, such as a date over a group. */
function isStandalone(line: Line): boolean {
  const [token, second] = line.tokens
  return token !== undefined && second === undefined && !/[\p{L}\p{N}]/u.test(line.text.replace(token.text, ""))
}

function fromMarks(pool: readonly Line[], marks: readonly Line[]): Line[][] {
  return marks.map((mark, index) => {
    const start = pool.indexOf(mark)
    const next = marks[index + 1]
    return pool.slice(start, Math.min(next ? pool.indexOf(next) : pool.length, start + MAX_RECORD_LINES))
  })
}

function upToMarks(pool: readonly Line[], marks: readonly Line[]): Line[][] {
  return marks.map((mark, index) => {
    const end = pool.indexOf(mark) + 1
    const previous = marks[index - 1]
    return pool.slice(Math.max(previous ? pool.indexOf(previous) + 1 : 0, end - MAX_RECORD_LINES), end)
  })
}

function readAll(fields: readonly Field[], records: readonly Line[][], evidence: Evidence): Row[] {
  const rows = records.flatMap((lines) => readRow(fields, lines, evidence))
  const isRepeated = rows.length > 1
  return rows.filter((row) => row.typed >= 2 || (isRepeated && row.typed >= 1 && row.filled >= 2))
}

function readRow(fields: readonly Field[], lines: readonly Line[], evidence: Evidence): Row[] {
  const first = readRecord(fields, lines, evidence)
  // Lines after the last typed value belong to something else: a footer, the next heading.
  const own = lines.slice(0, first.lastUsedLine + 1)
  const reading = own.length === lines.length ? first : readRecord(fields, own, evidence)
  if (reading.typed === 0 || reading.leftover > MAX_LEFTOVER_WORDS) return []
  const inherited = inherit(reading, own, evidence)
  if (!inherited) return []
  const value = { ...reading.value, ...inherited }
  const { typed, leftover, filled } = reading
  return [{ value, lines: own, filled, typed, leftover, inherited: Object.keys(inherited).length > 0 }]
}

/**
 * Values that the record lacks, from a line above that holds nothing else. `undefined` when a required one is nowhere;
 * of the optional ones only dates are looked for, since it is by date that lists are grouped.
 */
function inherit(reading: RecordReading, lines: readonly Line[], evidence: Evidence): Record<string, Json> | undefined {
  const start = lines[0]?.index ?? 0
  const above = evidence.source.lines.slice(Math.max(0, start - MAX_INHERIT_LINES), start).filter(isStandalone)
  const inherited: Record<string, Json> = {}
  for (const field of reading.missing) {
    if (isOptional(field) && !isDate(field)) continue
    const held = above
      .map((line) => readRecord([field], [line], evidence).value[field.name])
      .findLast((value) => value !== undefined)
    if (held === undefined && !isOptional(field)) return undefined
    if (held !== undefined) inherited[field.name] = held
  }
  return inherited
}

function isDate(field: Field): boolean {
  const kind = field.shape.kind === "string" ? stringKind(field, field.shape) : undefined
  return kind?.kind === "typed" && kind.token === "date"
}

/** The record as the schema wants it: its fields in order, and for those that it does not hold what may stand instead. */
function complete(fields: readonly Field[], row: Row, evidence: Evidence): Json {
  const entries = fields.flatMap((field): [string, Json][] => {
    const value = row.value[field.name] ?? substitute(field, row, evidence)
    return value === undefined ? [] : [[field.name, value]]
  })
  return Object.fromEntries(entries)
}

function substitute(field: Field, row: Row, evidence: Evidence): Json | undefined {
  const { shape } = field
  if (field.fallback !== undefined) return field.fallback
  if (field.nullable) return null
  if (!field.required) return undefined
  switch (shape.kind) {
    case "string":
      return row.lines.map((line) => line.text).join(" ")
    case "enum":
      return (fallbackOption(shape.options) ?? likeliest(shape.options, row, evidence))?.value
    case "boolean":
      return false
    case "array":
      return shape.minItems === 0 ? [] : undefined
    case "object":
      return complete(shape.fields, { ...row, value: readRecord(shape.fields, row.lines, evidence).value }, evidence)
    default:
      return undefined
  }
}

/** The option nearest in meaning to a cell of the record: a guess, for a choice that must be made. */
function likeliest(options: readonly EnumOption[], { lines }: Row, { alike }: Evidence): EnumOption | undefined {
  const cells = lines.flatMap((line) => (line.cells.length > 1 ? line.cells : []))
  const scored = options.map((option) => ({
    option,
    score: Math.max(0, ...cells.map((cell) => alike(cell, option.name))),
  }))
  return scored.toSorted((a, b) => b.score - a.score)[0]?.option
}
