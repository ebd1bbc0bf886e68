/** How well a label (`Amount due`, a column head, the words before a value) names a field. */
import { fieldText } from "./evidence.ts"
import type { Field } from "./field.ts"
import { humanize, normalize, stems, withoutUnits } from "./words.ts"

/** Words of the description count a little less than words of the name. */
const DESCRIPTION_WEIGHT = 0.75

/** 0 to 1, by shared words and by meaning. `alike` must know the label and the field's text. */
export function labelScore(field: Field, label: string, alike: (a: string, b: string) => number): number {
  const known = scores.get(field) ?? new Map<string, number>()
  scores.set(field, known)
  const score = known.get(label) ?? readScore(field, label, alike)
  known.set(label, score)
  return score
}

/** The head of a column is compared once and not for every row. A field belongs to one request, and so do its scores. */
const scores = new WeakMap<Field, Map<string, number>>()

function readScore(field: Field, label: string, alike: (a: string, b: string) => number): number {
  const words = wordScore(field, label)
  const meaning = Math.min(1, Math.max(0, (alike(label, fieldText(field)) - 0.2) / 0.6))
  return Math.max(0.7 * words + 0.3 * meaning, 0.75 * meaning)
}

/** 0 to 1, by shared words only. */
export function wordScore(field: Field, label: string): number {
  const plain = normalize(label)
  if (plain !== "" && (plain === humanize(field.name) || plain === normalize(field.description))) return 1
  const labelStems = stems(label)
  if (labelStems.length === 0) return 0
  const names = withoutUnits(humanize(field.name).split(" ")).flatMap(stems)
  const described = stems(field.description)
  const covered = labelStems.reduce(
    (sum, word) => sum + (names.includes(word) ? 1 : described.includes(word) ? DESCRIPTION_WEIGHT : 0),
    0,
  )
  const recalled = names.filter((word) => labelStems.includes(word)).length
  return 0.55 * (covered / labelStems.length) + 0.45 * (names.length === 0 ? 0 : recalled / names.length)
}
