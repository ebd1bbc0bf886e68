/**
 * The text that answers are taken from, cut into the units that evidence comes in: lines with cells, `label: value`
 * facts, sentences. Pure text, no model and no schema.
 */
import { findTokens, type Token, type TokenKind } from "./values.ts"
import { normalize, wordCount } from "./words.ts"

export interface Line {
  readonly index: number
  readonly text: string
  /** Parts of a table row: separated by two or more spaces, a tab or a bar. One for ordinary text. */
  readonly cells: readonly string[]
  readonly tokens: readonly Token[]
  /** The labels over the cells: the nearest row of as many labels above. Empty when there is none. */
  readonly heads: readonly string[]
}

/** A value with the label that stands before or above it. */
export interface Fact {
  readonly key: string
  readonly value: string
  readonly line: Line
}

export interface Source {
  readonly text: string
  readonly lines: readonly Line[]
  readonly facts: readonly Fact[]
  /** Sentences and short lines, wrapped lines joined: the units that meaning is compared by. */
  readonly sentences: readonly string[]
  /** The kinds of typed values that stand anywhere in it. */
  readonly kinds: ReadonlySet<TokenKind>
}

const MAX_KEY_WORDS = 9
/** Sentences, and facts, of one text that are looked at: each costs about 10 ms to compare. */
const MAX_UNITS = 300
/** Characters of one line. Some patterns take time in the square of a line's length, and nobody writes longer ones. */
const MAX_LINE = 2000
const PIECE = new RegExp(`.{1,${MAX_LINE}}(?:\\s|$)|.{1,${MAX_LINE}}`, "gu")

export function readSource(text: string): Source {
  const lines = readLines(text)
  const facts = factsOf(lines).slice(0, MAX_UNITS)
  return { text: text.trim(), lines, facts, sentences: sentencesOf(text).slice(0, MAX_UNITS), kinds: kindsOf(lines) }
}

/** The lines of a text; a longer one is cut at a space, or where it must be. */
function physicalLines(text: string): string[] {
  return text.split(/\r?\n/).flatMap((line) => (line.length <= MAX_LINE ? [line] : (line.match(PIECE) ?? [])))
}

function kindsOf(lines: readonly Line[]): Set<TokenKind> {
  return new Set(lines.flatMap((line) => line.tokens.map((token) => token.kind)))
}

function readLines(text: string): Line[] {
  const headsOf = new Map<number, readonly string[]>()
  const filled = physicalLines(text).filter((line) => line.trim() !== "")
  return filled.map((line, index) => {
    const trimmed = line.trim()
    const cells = cellsOf(trimmed)
    const heads = cells.length > 1 ? (headsOf.get(cells.length) ?? []) : []
    const read = { index, text: trimmed, cells, tokens: findTokens(trimmed), heads }
    if (isHeaderRow(read)) headsOf.set(cells.length, cells)
    return read
  })
}

function cellsOf(line: string): string[] {
  const parts = line.split(/\t+| {2,}|\s\|\s|^\||\|$/).map((part) => part.trim())
  const cells = parts.filter((part) => /[\p{L}\p{N}]/u.test(part))
  return cells.length > 0 ? cells : [line]
}

/** Facts in a line (`Label: value`, also several), over two cells (`Label  value`), and label lines over value lines. */
function factsOf(lines: readonly Line[]): Fact[] {
  return lines.flatMap((line, index) => {
    const written = line.cells.flatMap((cell) => colonFacts(cell, line))
    if (written.length > 0) return written
    const above = lines[index - 1]
    const stacked = above ? stackedFacts(above, line) : []
    if (stacked.length > 0) return stacked
    const [first, second, third] = line.cells
    const isPair = first !== undefined && second !== undefined && third === undefined && isLabel(first)
    const below = lines[index + 1]
    const isHead = below !== undefined && stackedFacts(line, below).length > 0
    return isPair && !isHead ? [{ key: first, value: second, line }] : []
  })
}

const KEY = /^(?:[-*•]\s*)?(\p{L}[^:?!.]*?):\s+(\S.*)$/u
/** Where, after one fact, the next one begins in the same line: `Request ID: req_1 Time: 14:05`. */
const NEXT_KEY = /(?<=:\s\S.*)\s(?=\p{Lu}\p{L}+(?: (?:ID|Id|id|No|no|[Cc]ode|[Nn]umber|[Dd]ate))?:\s)/u

function colonFacts(cell: string, line: Line): Fact[] {
  return cell.split(NEXT_KEY).flatMap((part) => {
    const [, key, value] = KEY.exec(part) ?? []
    return key && value && wordCount(key) <= MAX_KEY_WORDS ? [{ key: key.trim(), value: value.trim(), line }] : []
  })
}

/** A line of labels and, under it, a line with as many values. */
function stackedFacts(above: Line, line: Line): Fact[] {
  if (above.cells.length !== line.cells.length || !above.cells.every(isLabel) || line.cells.every(isLabel)) return []
  return line.cells.flatMap((value, column) => {
    const key = above.cells[column]
    return key === undefined ? [] : [{ key, value, line }]
  })
}

/** Short, without digits or an ending: "Account email", "Charge ID". */
export function isLabel(text: string): boolean {
  return wordCount(text) <= 4 && !/[\d@]/.test(text) && !/[.!?,;]$/.test(text) && /\p{L}{2}/u.test(text)
}

/** A row of a table's labels: several cells, all of them labels. */
export function isHeaderRow(line: Line): boolean {
  return line.cells.length >= 2 && line.cells.every(isLabel)
}

/** Sentences; lines that plainly go on in the next one are joined first. */
function sentencesOf(text: string): string[] {
  const joined: string[] = []
  let open = false
  for (const raw of physicalLines(text)) {
    const line = raw.trim()
    if (line === "") {
      open = false
      continue
    }
    const last = joined.at(-1)
    const goesOn = open && last !== undefined && /^[\p{Ll}\d]/u.test(line) && cellsOf(line).length === 1
    if (goesOn) joined[joined.length - 1] = `${last} ${line}`
    else joined.push(line)
    open = !/[.!?:]$/.test(line) && wordCount(line) >= 5 && cellsOf(line).length === 1
  }
  return joined.flatMap(splitSentences)
}

export function splitSentences(line: string): string[] {
  return line
    .split(/(?<=[.!?]["')\]]?)\s+(?=[\p{Lu}\d"'(])/u)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== "")
}

/** `no`, `none`, `0`, `-`: words that say there is nothing. */
export function saysNothing(value: string): boolean {
  const bare = value.trim()
  return /^[-–—]+$/.test(bare) || NOTHING.has(normalize(bare))
}

/** `yes`, `true`, `on`. */
export function saysYes(value: string): boolean {
  return YES.has(normalize(value))
}

const NOTHING = new Set(
  "no none null nil n a na not found not available not applicable unknown nothing empty false off 0 never undefined zero".split(
    " ",
  ),
)
for (const phrase of ["n a", "not found", "not available", "not applicable", "not given", "not visible"])
  NOTHING.add(phrase)
const YES = new Set("yes true on y enabled active checked".split(" "))
