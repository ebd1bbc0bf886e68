/**
 * Finding what a redaction rule looks for in a text: the detectors that it names, and patterns of its own. What is done with what
 * is found is said elsewhere (`redaction.ts`, `anonymize.ts`).
 */
import type { RedactConfig } from "../routing/config.ts"
import type { Detector, DetectorPattern } from "./detectors/detector.ts"
import { DETECTORS } from "./detectors/index.ts"

/** A rule as it is run. */
export interface Finder {
  readonly name: string
  readonly label: string
  readonly hint: ((text: string) => boolean) | undefined
  readonly places: DetectorPattern["places"]
  readonly pattern: RegExp
  readonly accept: Detector["accept"]
  readonly end: Detector["end"]
  readonly mode: "token" | "block"
  readonly rule: number
}

interface Place {
  readonly start: number
  readonly end: number
}

/** Something that was found, and by whom. */
export interface Found extends Place {
  readonly finder: Finder
}

const known = new WeakMap<RedactConfig, readonly Finder[]>()

/** The finders of a rule; `rule` is its index in the routing. */
export function findersOf(config: RedactConfig, rule: number): readonly Finder[] {
  let finders = known.get(config)
  if (!finders) {
    finders = makeFinders(config, rule)
    known.set(config, finders)
  }
  return finders
}

function makeFinders({ detect = [], patterns = {}, mode }: RedactConfig, rule: number): readonly Finder[] {
  const builtIn = detect.flatMap((name) => {
    const { label, patterns, accept, end } = DETECTORS[name]
    return patterns.map(({ hint, places, pattern: source }): Finder => {
      const pattern = new RegExp(source, places ? "yu" : "gu")
      return { name, label, hint, places, pattern, accept, end, mode, rule }
    })
  })
  const own = Object.entries(patterns).map(([name, source]): Finder => {
    const label =
      name
        .toUpperCase()
        .replace(/[^A-Z0-9]+/g, "_")
        .replace(/^[^A-Z]+/, "")
        .slice(0, 40) || "VALUE"
    const pattern = new RegExp(source, "gu")
    return { ...PLAIN, name, label, pattern, mode, rule }
  })
  return [...builtIn, ...own]
}

/** What a pattern has that is nothing but a pattern. */
export const PLAIN = { hint: undefined, places: undefined, accept: undefined, end: undefined }

const SECRETS: RedactConfig = { detect: ["secret", "private-key"], mode: "token" }

/** `text` with `[hidden]` for every secret: for what strangers' errors repeat of a request. */
export function withoutSecrets(text: string): string {
  let shown = text
  for (const finder of findersOf(SECRETS, -1))
    for (const { start, end } of find(shown, finder).reverse())
      shown = `${shown.slice(0, start)}[hidden]${shown.slice(end)}`
  return shown
}

/** Where `config` finds something in `text`, in order, none within another. */
export function findIn(
  text: string,
  config: RedactConfig,
): readonly { readonly start: number; readonly end: number; readonly label: string }[] {
  return apart(findAll(text, findersOf(config, -1))).map(({ start, end, finder: { label } }) => ({ start, end, label }))
}

/** All that `finders` find in `text`, in no order; some may overlap. */
export function findAll(text: string, finders: readonly Finder[]): Found[] {
  return finders.flatMap((finder) => find(text, finder).map((place): Found => ({ ...place, finder })))
}

/** Those that begin first, and of those the longest, without what overlaps them. */
export function apart(found: readonly Found[]): Found[] {
  const sorted = found.toSorted((left, right) => left.start - right.start || right.end - left.end)
  let at = 0
  return sorted.filter(({ start, end }) => {
    const isApart = start >= at
    if (isApart) at = end
    return isApart
  })
}

function find(text: string, finder: Finder): Place[] {
  const { hint, places, pattern } = finder
  if (hint && !hint(text)) return []
  const found: Place[] = []
  if (places) {
    let from = 0
    for (const place of places(text)) {
      if (place < from) continue
      pattern.lastIndex = place
      const match = pattern.exec(text)
      if (match) from = take(match, text, finder, found)
    }
    return found
  }
  pattern.lastIndex = 0
  for (let match = pattern.exec(text); match; match = pattern.exec(text))
    pattern.lastIndex = take(match, text, finder, found)
  return found
}

/** Adds what was matched to `found`, and says where to go on: what was matched too much may be the beginning of another one. */
function take(match: RegExpExecArray, text: string, { accept, end: endOf }: Finder, found: Place[]): number {
  const value = match.groups?.value ?? (match.groups?.before ?? "") + match[0]
  const start = match.index + match[0].length - value.length
  const length = accept ? accept(value) : value.length
  const end = length > 0 && endOf ? endOf(text, start + length) : start + length
  if (length > 0) found.push({ start, end })
  return Math.max(end, start + firstCharacter(text, start))
}

/** Length of the character at `index`: half of a surrogate pair is no place to go on from. */
function firstCharacter(text: string, index: number): number {
  return (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1
}
