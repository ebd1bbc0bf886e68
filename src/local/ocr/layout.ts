/**
 * Words with their places, put back into lines of text. The reader goes column by column when a table's columns stand
 * far apart, which tears its rows; here rows are told from prose by their geometry and put together again.
 *
 * What comes out: one line of text per row, cells two spaces apart, an empty line between blocks.
 */

export interface Box {
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
}
export interface Word {
  readonly text: string
  readonly confidence: number
  readonly bbox: Box
}
/** The reader's own hierarchy: blocks of paragraphs of lines of words, in its reading order. */
export interface Block {
  readonly paragraphs: readonly { readonly lines: readonly { readonly words: readonly Word[] }[] }[]
}

export const CELL_GAP = "  "

/** Words further apart than this many line heights stand in different cells. */
const CELL_GAP_HEIGHTS = 1.2
/** How far apart, in line heights, the middles of two cells of one row may be. */
const LEVEL_HEIGHTS = 0.35
/** Single cells that may stand between two rows of one table. */
const MAX_BETWEEN = 2
/** In a table of two columns a cell longer than this is prose. */
const MAX_CELL_WORDS = 10
/** When other lines stand between its rows, the last column must look like values. */
const MAX_VALUE_WORDS = 4

interface Part {
  readonly text: string
  readonly box: Box
}
interface Line {
  readonly cells: readonly Part[]
  readonly box: Box
  readonly block: number
}
/** One line, or several lines under each other, that may be a cell of a torn table. */
interface Cell {
  readonly lines: readonly Line[]
  readonly box: Box
}
/** Cells at one height of the page: a row, or a single cell between rows. */
type Band = readonly Cell[]
type Region = readonly Band[]

export function layoutText(blocks: readonly Block[]): string {
  const lines = blocks.flatMap((block, index) =>
    block.paragraphs.flatMap((paragraph) => paragraph.lines.flatMap((line) => readLine(line.words, index))),
  )
  const regions = tableRegions(lines)
  const regionOf = new Map(regions.flatMap((region) => region.flatMap(linesOf).map((line) => [line, region])))

  const out: string[] = []
  const written = new Set<Region>()
  let previous: Region | number | undefined
  for (const line of lines) {
    const region = regionOf.get(line)
    if (region && written.has(region)) continue
    const place = region ?? line.block
    if (previous !== undefined && previous !== place) out.push("")
    if (region) {
      written.add(region)
      out.push(...region.map((band) => band.map(textOf).join(CELL_GAP)))
    } else {
      out.push(line.cells.map((cell) => cell.text).join(CELL_GAP))
    }
    previous = place
  }
  return out.join("\n")
}

/** One line of the reader, split into cells at wide gaps. None when it holds only specks. */
function readLine(words: readonly Word[], block: number): Line[] {
  const real = words.filter((word) => word.text.trim() !== "" && !isSpeck(word))
  if (real.length === 0) return []
  const height = median(real.map((word) => word.bbox.y1 - word.bbox.y0))
  const groups: Word[][] = []
  for (const word of real) {
    const group = groups.at(-1)
    const last = group?.at(-1)
    if (group && last && word.bbox.x0 - last.bbox.x1 <= CELL_GAP_HEIGHTS * height) group.push(word)
    else groups.push([word])
  }
  const cells = groups.map((group) => ({ text: cellText(group), box: around(group.map((word) => word.bbox)) }))
  return [{ cells, box: around(cells.map((cell) => cell.box)), block }]
}

/** A border or an icon taken for a letter. */
function isSpeck(word: Word): boolean {
  return !/[\p{L}\p{N}]/u.test(word.text) && word.text !== "|" && word.confidence < 50
}

/** The reader takes a capital I that stands alone for a bar. Between words in lower case it is the pronoun. */
function cellText(words: readonly Word[]): string {
  return words
    .map((word, index) => (word.text === "|" && /^[a-z]/.test(words[index + 1]?.text ?? "") ? "I" : word.text))
    .join(" ")
}

/**
 * Tables that were read column by column. Rows whose cells may be several lines tall are looked for first, for their
 * first lines alone would pass for rows too; then rows of single lines.
 */
function tableRegions(lines: readonly Line[]): Region[] {
  const loose = lines.filter((line) => line.cells.length === 1)
  const tall = regionsOf(stacksOf(loose))
  const used = new Set(tall.flatMap((region) => region.flatMap(linesOf)))
  return [
    ...tall,
    ...regionsOf(loose.filter((line) => !used.has(line)).map((line) => ({ lines: [line], box: line.box }))),
  ]
}

/** Lines close under each other with a common left or right edge, as one tall cell. */
function stacksOf(lines: readonly Line[]): Cell[] {
  const stacks: Line[][] = []
  for (const line of lines.toSorted((a, b) => a.box.y0 - b.box.y0)) {
    const stack = stacks.find((members) => {
      const last = members.at(-1)
      if (!last) return false
      const height = Math.max(heightOf(last.box), heightOf(line.box))
      const isUnder = line.box.y0 - last.box.y1 < 0.7 * height && line.box.y0 > middle(last.box)
      return isUnder && (near(last.box.x0, line.box.x0, height / 3) || near(last.box.x1, line.box.x1, height / 3))
    })
    if (stack) stack.push(line)
    else stacks.push([line])
  }
  return stacks.map((members) => ({ lines: members, box: around(members.map((line) => line.box)) }))
}

/** Grows regions down the page, band by band. A single cell between two rows (a date over a group) stays in its place. */
function regionsOf(cells: readonly Cell[]): Region[] {
  const regions: Region[] = []
  let region: Band[] = []
  let waiting: Band[] = []
  for (const band of bandsOf(cells)) {
    const above = region.findLast((other) => other.length >= 2)
    if (band.length < 2) {
      if (above && overlapsInWidth(boxOf(region.flat()), boxOf(band))) waiting.push(band)
      continue
    }
    if (above && waiting.length <= MAX_BETWEEN && alignedColumns(above, band) >= 2) region.push(...waiting, band)
    else {
      regions.push(region)
      region = [band]
    }
    waiting = []
  }
  return [...regions, region].filter(isTable)
}

/** Two columns level by chance are common, over three rows of short cells they are not; three columns are hardly ever. */
function isTable(region: Region): boolean {
  const rows = region.filter((band) => band.length >= 2)
  if (rows.length < 2) return false
  // Every cell of a row several lines tall: those lines are rows themselves, set close.
  if (rows.some((row) => row.every((cell) => cell.lines.length > 1))) return false
  if (rows.some((band) => band.length >= 3)) return true
  const isProse = (cell: Cell | undefined, words: number): boolean =>
    cell !== undefined && textOf(cell).split(" ").length > words
  const hasSingles = rows.length < region.length
  return (
    rows.length >= 3 &&
    !region.flat().some((cell) => isProse(cell, MAX_CELL_WORDS)) &&
    !(hasSingles && rows.some((row) => isProse(row.at(-1), MAX_VALUE_WORDS)))
  )
}

/** Cells that stand level with each other and not above each other, left to right. */
function bandsOf(cells: readonly Cell[]): Band[] {
  const bands: Cell[][] = []
  for (const cell of cells.toSorted((a, b) => middle(a.box) - middle(b.box))) {
    const band = bands.at(-1)
    const tolerance = LEVEL_HEIGHTS * Math.min(...[cell, ...(band ?? [])].map(lineHeight))
    const isLevel = band?.every(
      (other) => near(middle(other.box), middle(cell.box), tolerance) && !overlapsInWidth(other.box, cell.box),
    )
    if (band && isLevel) band.push(cell)
    else bands.push([cell])
  }
  return bands.map((band) => band.toSorted((a, b) => a.box.x0 - b.box.x0))
}

/** How many columns of one band stand under a column of the other: same left edge, right edge or middle. */
function alignedColumns(above: Band, below: Band): number {
  const tolerance = 0.6 * Math.min(...[...above, ...below].map(lineHeight))
  const isUnder = (a: Box, b: Box): boolean =>
    near(a.x0, b.x0, tolerance) || near(a.x1, b.x1, tolerance) || near(a.x0 + a.x1, b.x0 + b.x1, 2 * tolerance)
  return below.filter(({ box }) => above.some((cell) => isUnder(cell.box, box))).length
}

function linesOf(band: Band): readonly Line[] {
  return band.flatMap((cell) => cell.lines)
}

function textOf(cell: Cell): string {
  return cell.lines.flatMap((line) => line.cells.map((part) => part.text)).join(" ")
}

function boxOf(cells: readonly Cell[]): Box {
  return around(cells.map((cell) => cell.box))
}

function lineHeight(cell: Cell): number {
  return median(cell.lines.map((line) => heightOf(line.box)))
}

function near(a: number, b: number, tolerance: number): boolean {
  return Math.abs(a - b) <= tolerance
}

function overlapsInWidth(a: Box, b: Box): boolean {
  return a.x0 < b.x1 && b.x0 < a.x1
}

function around(boxes: readonly Box[]): Box {
  return {
    x0: Math.min(...boxes.map((box) => box.x0)),
    y0: Math.min(...boxes.map((box) => box.y0)),
    x1: Math.max(...boxes.map((box) => box.x1)),
    y1: Math.max(...boxes.map((box) => box.y1)),
  }
}

function heightOf(box: Box): number {
  return box.y1 - box.y0
}

function middle(box: Box): number {
  return (box.y0 + box.y1) / 2
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
