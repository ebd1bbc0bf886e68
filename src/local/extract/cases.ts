/**
 * Answering like the examples when source and examples are made of the same `label: value` facts: finds the example
 * whose facts are nearest, weighing each fact by how well it tells the examples' answers apart, and says what its
 * answer would be with this source's facts put in the place of the example's.
 *
 * Invariants: the answer is that of one example, so its fields fit each other; a number, id or date of an example is
 * never repeated unless the source holds it too, or the example's own input did not hold it.
 */
import type { Json } from "../../lib/json.ts"
import type { Evidence, ReadExample } from "./evidence.ts"
import { type Fact, type Source, saysNothing, saysYes } from "./source.ts"
import { findTokens } from "./values.ts"
import { normalize, wordCount } from "./words.ts"

/** Facts that source and example must share before they are compared this way. */
const MIN_SHARED_FACTS = 2

export interface NearestCase {
  readonly example: ReadExample
  /** 0 to 1: how alike its facts are. */
  readonly likeness: number
  /** The example's place in the request, from 1. */
  readonly number: number
  /** The likeness of the nearest example that answers a field differently, by the field's path. */
  rivalOf(valueAt: (output: Json) => Json | undefined): number
}

type Facts = ReadonlyMap<string, string>

/** The nearest example, or `undefined` when there are no examples or they are not made of the same facts. */
export function nearestCase(evidence: Evidence): NearestCase | undefined {
  if (!isMadeOfFacts(evidence.source)) return undefined
  const own = factsOf(evidence.source.facts)
  const cases = evidence.examples.map((example, index) => ({
    example,
    number: index + 1,
    facts: factsOf(example.source.facts),
  }))
  const comparable = cases.filter(
    ({ facts }) => [...facts.keys()].filter((key) => own.has(key)).length >= MIN_SHARED_FACTS,
  )
  if (comparable.length === 0) return undefined
  const keys = [...new Set([...own.keys(), ...comparable.flatMap(({ facts }) => [...facts.keys()])])]
  const likeness = keys.map((key) =>
    factLikeness(comparable.map(({ facts }) => valueLikeness(own.get(key), facts.get(key), evidence))),
  )
  const attainable = sum(likeness.map((shares) => Math.max(...shares)))
  const ranked = comparable
    .map((one, index) => ({
      ...one,
      likeness: attainable === 0 ? 0 : sum(likeness.map((shares) => shares[index] ?? 0)) / attainable,
    }))
    .toSorted((a, b) => b.likeness - a.likeness)
  const [best] = ranked
  if (!best) return undefined
  const rivalOf = (valueAt: (output: Json) => Json | undefined): number => {
    const value = JSON.stringify(valueAt(best.example.output))
    return ranked.find(({ example }) => JSON.stringify(valueAt(example.output)) !== value)?.likeness ?? 0
  }
  return { example: best.example, likeness: best.likeness, number: best.number, rivalOf }
}

/** A list of facts, and not a page on which some happen to stand. */
function isMadeOfFacts({ facts, lines }: Source): boolean {
  return new Set(facts.map((fact) => fact.line)).size >= 0.7 * lines.length
}

function factsOf(facts: readonly Fact[]): Facts {
  return new Map(facts.map((fact) => [normalize(fact.key), fact.value]))
}

/**
 * What one fact says for each example: much where its value is like that of few examples, little where it is like that
 * of all. A value that all share tells none of them apart.
 */
function factLikeness(likeness: readonly number[]): number[] {
  const rarity = Math.log((likeness.length + 1) / (1 + sum(likeness)))
  return likeness.map((value) => rarity * value ** 2)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** 0 to 1. A fact that is left out says as little as one that says "none"; nothing is unlike something. */
export function valueLikeness(a = "none", b = "none", { alike }: Evidence): number {
  const [nothingA, nothingB] = [saysNothing(a), saysNothing(b)]
  if (nothingA || nothingB) return nothingA === nothingB ? 1 : 0
  if (normalize(a) === normalize(b) || (saysYes(a) && saysYes(b))) return 1
  const [tokenA, tokenB] = [onlyToken(a), onlyToken(b)]
  if (tokenA && tokenB && tokenA.kind === tokenB.kind) {
    if (tokenA.amount === undefined || tokenB.amount === undefined) return 0.95
    const [small, large] = [Math.abs(tokenA.amount), Math.abs(tokenB.amount)].toSorted((x, y) => x - y)
    return small === undefined || !large ? 0 : 0.4 + 0.6 * (small / large)
  }
  const meaning = Math.max(0, alike(a, b))
  // Two different words out of a closed list are different, however related.
  return wordCount(a) === 1 && wordCount(b) === 1 ? 0.3 * meaning : 0.9 * meaning
}

function onlyToken(text: string) {
  const [token, second] = findTokens(text)
  return token && !second && token.text.length >= text.length - 4 ? token : undefined
}
