/**
 * What one answer is taken from: the source, the examples, the policy, and how alike two texts are. Owns the embedding
 * of everything that is compared, all at once and before scoring, so that the rest is plain synchronous code.
 */
import type { Json } from "../../lib/json.ts"
import type { Embedder } from "../embed/embedder.ts"
import { Similarity } from "../embed/similarity.ts"
import type { Field } from "./field.ts"
import { readSource, type Source } from "./source.ts"
import { humanize } from "./words.ts"

export interface Example {
  readonly input: string
  readonly output: Json
}

export interface ReadExample {
  readonly source: Source
  readonly output: Json
}

export interface Evidence {
  readonly source: Source
  readonly examples: readonly ReadExample[]
  readonly policy: Source | undefined
  /** Cosine of two texts, whatever their case. Both were handed to `gatherEvidence` in one of its inputs. */
  readonly alike: (a: string, b: string) => number
  readonly centroid: (texts: readonly string[]) => Centroid
}

/** How alike a text is to the mean of several. */
export type Centroid = (text: string) => number

export interface EvidenceInput {
  readonly text: string
  readonly examples: readonly Example[]
  readonly policyText: string | undefined
}

/** Characters of one text that its meaning is taken from. */
const MAX_COMPARED_CHARACTERS = 600

/** Reads everything and embeds what the fields will be compared with. */
export async function gatherEvidence(input: EvidenceInput, root: Field, embedder: Embedder): Promise<Evidence> {
  const source = readSource(input.text)
  const examples = input.examples.map((example) => ({ source: readSource(example.input), output: example.output }))
  const policy = input.policyText === undefined ? undefined : readSource(input.policyText)
  const similarity = new Similarity(embedder)
  const sources = [source, ...examples.map((example) => example.source), ...(policy ? [policy] : [])]
  const texts = [...sources.flatMap(comparedTexts), ...fieldTexts(root)]
  await similarity.prepare(texts.map(fold))
  return {
    source,
    examples,
    policy,
    alike: (a, b) => similarity.between(fold(a), fold(b)),
    centroid: (texts) => {
      const mean = similarity.centroid(texts.map(fold))
      return (text) => similarity.toVector(fold(text), mean)
    },
  }
}

function comparedTexts(source: Source): string[] {
  const headers = source.lines.filter((line) => line.cells.length > 1).flatMap((line) => line.cells)
  return [...source.sentences, ...source.facts.flatMap((fact) => [fact.key, fact.value]), ...headers]
}

/** A field in words, as it is compared with labels and sentences. */
export function fieldText(field: Field): string {
  return [humanize(field.name), field.description].filter((part) => part !== "").join(": ")
}

function fieldTexts(field: Field): string[] {
  const own = [fieldText(field), field.description]
  const { shape } = field
  switch (shape.kind) {
    case "enum":
      return [...own, ...shape.options.flatMap((option) => [option.name, ...option.hints])]
    case "array":
      return [...own, ...fieldTexts(shape.item)]
    case "object":
      return [...own, ...shape.fields.flatMap(fieldTexts)]
    case "union":
      return [...own, ...shape.variants.flatMap(fieldTexts)]
    default:
      return own
  }
}

/** The encoder tells cases apart more than meaning does; screens shout their labels. Its time grows with the length. */
function fold(text: string): string {
  return text.slice(0, MAX_COMPARED_CHARACTERS).toLowerCase().replace(/\s+/g, " ").trim()
}
