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
  const keys = [...new Set(comparable.flatMap(({ facts }) => [...facts.keys()]))]
  const weights = new Map(keys.map((key) => [key, weightOf(key, comparable, evidence)]))
  const ranked = comparable
    .map((one) => ({ ...one, likeness: likenessOf(own, one.facts, weights, evidence) }))
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

function likenessOf(a: Facts, b: Facts, weights: ReadonlyMap<string, number>, evidence: Evidence): number {
  let [sum, total] = [0, 0]
  for (const [key, weight] of weights) {
    const [left, right] = [a.get(key), b.get(key)]
    if (left === undefined && right === undefined) continue
    total += weight
    sum += weight * valueLikeness(left, right, evidence)
  }
  return total === 0 ? 0 : sum / total
}

/** A fact weighs much when it differs between examples with different answers and agrees between those with the same. */
function weightOf(key: string, cases: readonly { example: ReadExample; facts: Facts }[], evidence: Evidence): number {
  const [same, different] = [new Mean(), new Mean()]
  for (const [index, one] of cases.entries()) {
    for (const other of cases.slice(index + 1)) {
      const likeness = valueLikeness(one.facts.get(key), other.facts.get(key), evidence)
      const agreement = choiceAgreement(one.example.output, other.example.output)
      same.add(likeness, agreement)
      different.add(1 - likeness, 1 - agreement)
    }
  }
  return same.value(0.7) * different.value(0) + 0.02
}

/** How much of two answers is the same, looking only at short values: what was chosen, not how it was worded. */
function choiceAgreement(a: Json, b: Json): number {
  const [left, right] = [choices(a), choices(b)]
  const keys = new Set([...left.keys(), ...right.keys()])
  if (keys.size === 0) return 0
  return [...keys].filter((key) => left.get(key) === right.get(key)).length / keys.size
}

function choices(output: Json): Map<string, string> {
  if (typeof output !== "object" || output === null || Array.isArray(output))
    return new Map([["", JSON.stringify(output)]])
  return new Map(
    Object.entries(output).flatMap(([key, value]): [string, string][] => {
      if (value === null || typeof value === "number") return [[key, value === null ? "absent" : "present"]]
      if (typeof value === "boolean") return [[key, String(value)]]
      const isChoice = typeof value === "string" && wordCount(value) === 1 && findTokens(value).length === 0
      return isChoice ? [[key, value]] : []
    }),
  )
}

/** 0 to 1. Nothing is unlike something; two amounts, dates or ids are alike for being there. */
export function valueLikeness(a: string | undefined, b: string | undefined, { alike }: Evidence): number {
  if (a === undefined || b === undefined) return a === b ? 1 : 0
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

class Mean {
  #sum = 0
  #weight = 0

  add(value: number, weight: number): void {
    this.#sum += value * weight
    this.#weight += weight
  }

  value(whenEmpty: number): number {
    return this.#weight === 0 ? whenEmpty : this.#sum / this.#weight
  }
}
