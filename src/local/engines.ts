/** The loaded models, as the endpoints use them. Owns their start and their end. */
import { SentenceEncoder } from "./embed/embedder.ts"
import { Moderator } from "./moderate/moderator.ts"
import { TextReader } from "./ocr/text-reader.ts"

export interface Engines {
  readonly reader: TextReader
  readonly encoder: SentenceEncoder
  readonly moderator: Moderator
  close(): Promise<void>
}

/** Loads everything, side by side. Rejects, with every thread ended, when a model cannot be loaded. */
export async function startEngines(): Promise<Engines> {
  const reader = new TextReader()
  const encoder = new SentenceEncoder()
  const close = async (): Promise<void> => {
    await Promise.all([reader.close(), encoder.close()])
  }
  try {
    await encoder.ready
    const [moderator] = await Promise.all([Moderator.load(encoder), reader.ready])
    return { reader, encoder, moderator, close }
  } catch (error) {
    await close()
    throw error
  }
}
