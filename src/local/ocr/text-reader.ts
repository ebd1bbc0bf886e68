/** Text in images. Owns the reading thread and a memory of what each image said, by the digest of its bytes. */
import { join } from "node:path"
import { z } from "zod"
import { systemClock } from "../../lib/clock.ts"
import { sha256 } from "../../lib/digest.ts"
import { Lru } from "../lru.ts"
import { Thread } from "../thread.ts"

const READING = z.object({ text: z.string(), confidence: z.number() })
const REMEMBERED_IMAGES = 200

export interface Reading {
  /** Lines as they stand on the page; columns of a table row are two spaces apart. Empty when there is no text. */
  readonly text: string
  /** How sure the reader is of its letters, 0 to 1. */
  readonly confidence: number
}

export class TextReader {
  readonly #thread = new Thread<{ image: Uint8Array }, Reading>({
    module: join(import.meta.dirname, "ocr-thread.ts"),
    name: "The text reader",
    parseReply: (reply) => READING.parse(reply),
    callTimeoutMs: 60_000,
    maxQueued: 64,
    clock: systemClock,
  })
  // Promises, so that the same image asked for twice at once is read once.
  readonly #memory = new Lru<Promise<Reading>>(REMEMBERED_IMAGES)

  get ready(): Promise<void> {
    return this.#thread.ready
  }

  read(image: Uint8Array): Promise<Reading> {
    const digest = sha256(image)
    const known = this.#memory.get(digest)
    if (known) return known
    const reading = this.#thread.call({ image })
    this.#memory.set(digest, reading)
    // A failure is not what the image says: the next request may try again.
    reading.catch(() => this.#memory.delete(digest))
    return reading
  }

  close(): Promise<void> {
    return this.#thread.close()
  }
}
