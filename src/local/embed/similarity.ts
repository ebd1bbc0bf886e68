/**
 * Similarities of texts that were embedded beforehand, so that scoring can be plain synchronous code: `prepare` the
 * texts, then compare. Owns the vectors of one request.
 */
import { must } from "../../lib/assert.ts"
import type { Embedder } from "./embedder.ts"

export class Similarity {
  readonly #embedder: Embedder
  readonly #vectors = new Map<string, Float32Array>()

  constructor(embedder: Embedder) {
    this.#embedder = embedder
  }

  /** Embeds what is not embedded yet. */
  async prepare(texts: readonly string[]): Promise<void> {
    const fresh = [...new Set(texts)].filter((text) => !this.#vectors.has(text))
    const vectors = await this.#embedder.embed(fresh)
    for (const [index, text] of fresh.entries())
      this.#vectors.set(text, must(vectors[index], "one vector for each text"))
  }

  toVector(text: string, vector: Float32Array): number {
    return dot(this.#vector(text), vector)
  }

  #vector(text: string): Float32Array {
    return must(this.#vectors.get(text), "a text is prepared before it is compared")
  }

  /** Cosine of two prepared texts, -1 to 1. Unrelated English sentences are near 0.2, paraphrases above 0.6. */
  between(a: string, b: string): number {
    return dot(this.#vector(a), this.#vector(b))
  }

  /** The normalised mean of prepared texts. */
  centroid(texts: readonly string[]): Float32Array {
    const vectors = texts.map((text) => this.#vector(text))
    const sum = new Float32Array(vectors[0]?.length ?? 0)
    for (const vector of vectors)
      for (let index = 0; index < sum.length; index += 1) sum[index] = (sum[index] ?? 0) + (vector[index] ?? 0)
    const length = Math.sqrt(dot(sum, sum)) || 1
    return sum.map((value) => value / length)
  }
}

export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let index = 0; index < a.length; index += 1) sum += (a[index] ?? 0) * (b[index] ?? 0)
  return sum
}
