/**
 * Moderation: one small head per category on sentence vectors, and a list of profanities. Sentence by sentence, for a
 * single bad one drowns in a long text. A help for people who sort messages; no security boundary.
 */
import { englishDataset, englishRecommendedTransformers, RegExpMatcher } from "obscenity"
import { must } from "../../lib/assert.ts"
import type { Embedder } from "../embed/embedder.ts"
import { readSource } from "../extract/source.ts"
import { type Heads, storedHeads, trainHeads } from "./heads.ts"
import { CATEGORIES, type Category, perCategory } from "./lines.ts"
import { type Head, scoreOf } from "./logistic.ts"

/** A score at or above it flags its category. */
export const FLAGGED_AT = 0.5
/** What a profanity alone says about harassment: rude, but at whom it cannot tell. */
const PROFANITY_SCORE = 0.6

export interface Moderation {
  readonly flagged: boolean
  readonly categories: Readonly<Record<Category, boolean>>
  readonly scores: Readonly<Record<Category, number>>
  /** The sentence with the highest score of all, for people who check. */
  readonly worst: string
}

export class Moderator {
  readonly #embedder: Embedder
  readonly #heads: Heads
  readonly #profanities = new RegExpMatcher({ ...englishDataset.build(), ...englishRecommendedTransformers })

  private constructor(embedder: Embedder, heads: Heads) {
    this.#embedder = embedder
    this.#heads = heads
  }

  /** Takes the trained heads as they are stored, or trains them anew when the lines have changed since. */
  static async load(embedder: Embedder): Promise<Moderator> {
    return new Moderator(embedder, storedHeads() ?? (await trainHeads(embedder)))
  }

  async moderate(text: string): Promise<Moderation> {
    const { sentences } = readSource(text)
    const vectors = await this.#embedder.embed(sentences.map(unshout))
    const scores = perCategory(() => 0)
    let [worst, highest] = ["", 0]
    for (const [index, sentence] of sentences.entries()) {
      const vector = must(vectors[index], "one vector for each sentence")
      for (const category of CATEGORIES) {
        const score = this.#score(category, this.#heads[category], vector, sentence)
        scores[category] = Math.max(scores[category], score)
        if (score > highest) [worst, highest] = [sentence, score]
      }
    }
    const categories = perCategory((category) => scores[category] >= FLAGGED_AT)
    return { flagged: highest >= FLAGGED_AT, categories, scores, worst }
  }

  #score(category: Category, head: Head, vector: Float32Array, sentence: string): number {
    const score = scoreOf(head, vector)
    if (category !== "harassment" || !this.#profanities.hasMatch(sentence)) return score
    return Math.max(score, PROFANITY_SCORE)
  }
}

/** The encoder takes a sentence in capitals for another one. */
function unshout(sentence: string): string {
  const shouted = sentence.match(/\b\p{Lu}{2,}\b/gu)?.join("").length ?? 0
  const letters = sentence.match(/\p{L}/gu)?.length ?? 0
  return shouted > letters / 2 ? sentence.toLowerCase() : sentence
}
