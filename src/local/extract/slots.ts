/**
 * An example's answer with this source's facts in the place of the example's: a value that the examples copied from one
 * of their facts is copied from the same fact here, alone or inside a sentence.
 */
import type { Json } from "../../lib/json.ts"
import type { Evidence, ReadExample } from "./evidence.ts"
import { type Fact, saysNothing } from "./source.ts"
import { findTokens, type Token } from "./values.ts"
import { normalize, wordCount } from "./words.ts"

/** The facts of this source that answer a field, going by where every example that has an answer took it from. */
export function copiedFacts(at: (output: Json) => Json | undefined, { source, examples }: Evidence): Fact[] {
  const votes = new Map<string, number>()
  let answers = 0
  for (const example of examples) {
    const value = at(example.output)
    if ((typeof value !== "string" && typeof value !== "number") || value === "") continue
    answers += 1
    const holding = example.source.facts.filter((fact) => holds(fact.value, value))
    for (const key of new Set(holding.map((fact) => normalize(fact.key)))) votes.set(key, (votes.get(key) ?? 0) + 1)
  }
  return source.facts.filter((fact) => answers > 0 && votes.get(normalize(fact.key)) === answers)
}

/** Whether a fact's value is the answer's value, or plainly contains it. */
function holds(text: string, value: string | number): boolean {
  if (typeof value === "number")
    return findTokens(text).some((token) => token.amount !== undefined && Math.abs(token.amount - value) < 1e-9)
  return normalize(text) === normalize(value) || (findTokens(value).length === 1 && text.includes(value))
}

/**
 * The example's sentence, refilled. `undefined` when something in it came from the example's facts and this source has
 * no such fact: the sentence would then speak of somebody else.
 */
export function refill(sentence: string, example: ReadExample, { source }: Evidence): string | undefined {
  let refilled = sentence
  for (const { text, kind, fact } of borrowed(sentence, example)) {
    const own = source.facts.find((one) => normalize(one.key) === normalize(fact.key))
    if (!own || saysNothing(own.value)) return undefined
    const value =
      own.value === fact.value ? text : (findTokens(own.value).find((token) => token.kind === kind)?.text ?? own.value)
    refilled = refilled.replaceAll(text, () => value)
  }
  return refilled
}

interface Borrowed {
  readonly text: string
  readonly kind: Token["kind"] | "phrase"
  readonly fact: Fact
}

/** The parts of a sentence that stand in the example's facts: typed values, and values of two words or more. */
function borrowed(sentence: string, { source }: ReadExample): Borrowed[] {
  const typed = findTokens(sentence).flatMap(({ text, kind }): Borrowed[] => {
    const fact = source.facts.find((one) => findTokens(one.value).some((token) => token.text === text))
    return fact ? [{ text, kind, fact }] : []
  })
  const phrases = source.facts
    .filter(({ value }) => wordCount(value) >= 2 && findTokens(value).length === 0 && sentence.includes(value))
    .map((fact): Borrowed => ({ text: fact.value, kind: "phrase", fact }))
  return [...typed, ...phrases]
}
