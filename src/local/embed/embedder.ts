/** Sentence vectors. Owns the encoder's thread and a memory of the texts it has seen. */
import { join } from "node:path"
import { z } from "zod"
import { must } from "../../lib/assert.ts"
import { systemClock } from "../../lib/clock.ts"
import { Lru } from "../lru.ts"
import { Thread } from "../thread.ts"

export const EMBEDDING_DIMENSIONS = 512

const REPLY = z.object({ vectors: z.array(z.instanceof(Float32Array)) })
const REMEMBERED_TEXTS = 10_000
/** Small batches: they cost no more per text than large ones, and requests that arrive meanwhile wait less. */
const BATCH = 16

/** What the extractor and the moderator need of an encoder. Vectors have length one, so a dot product is the cosine. */
export interface Embedder {
  embed(texts: readonly string[]): Promise<Float32Array[]>
}

export class SentenceEncoder implements Embedder {
  readonly #thread = new Thread<{ texts: readonly string[] }, z.infer<typeof REPLY>>({
    module: join(import.meta.dirname, "embed-thread.ts"),
    name: "The sentence encoder",
    parseReply: (reply) => REPLY.parse(reply),
    callTimeoutMs: 60_000,
    maxQueued: 1000,
    clock: systemClock,
  })
  readonly #memory = new Lru<Promise<Float32Array>>(REMEMBERED_TEXTS)

  get ready(): Promise<void> {
    return this.#thread.ready
  }

  embed(texts: readonly string[]): Promise<Float32Array[]> {
    const unknown = [...new Set(texts)].filter((text) => this.#memory.get(text) === undefined)
    const fresh = new Map<string, Promise<Float32Array>>()
    for (let from = 0; from < unknown.length; from += BATCH) {
      const batch = unknown.slice(from, from + BATCH)
      const reply = this.#thread.call({ texts: batch })
      batch.forEach((text, index) => {
        const vector = reply.then(({ vectors }) => must(vectors[index], "the encoder answers every text"))
        vector.catch(() => this.#memory.delete(text))
        fresh.set(text, vector)
        this.#memory.set(text, vector)
      })
    }
    return Promise.all(
      texts.map((text) => must(fresh.get(text) ?? this.#memory.get(text), "every text is known or asked for")),
    )
  }

  close(): Promise<void> {
    return this.#thread.close()
  }
}
