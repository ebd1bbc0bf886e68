/** What one candidate is sent: the operation as it may see it, its media, and the way back from its answer. */

import type { OperationOptions } from "../model/client.ts"
import type { Operation } from "../model/operation.ts"
import type { CompiledModel } from "../routing/compiled.ts"
import type { CatalogueEntry } from "./catalogue.ts"
import { mediaOf } from "./fitness.ts"
import type { MediaBytes } from "./prompt.ts"
import type { Restorer } from "./result.ts"

export interface StreamRestorer {
  /** The part of the answer so far that can be shown now. */
  push(text: string): string
  /** What was held back. */
  end(): string
}

export interface PreparedRequest {
  readonly operation: Operation
  readonly media: MediaBytes
  /** How many values were hidden. */
  readonly redactions: number
  readonly restore: Restorer
  stream(json: boolean): StreamRestorer
  /** Hides in other text, such as a validation message, what was hidden in the operation. */
  conceal(text: string): string
}

/** The requests of one operation: prepared once for all candidates that see the same. */
export class Requests {
  readonly #operation: Operation
  readonly #loadMedia: OperationOptions["loadMedia"]
  #media: Promise<MediaBytes> | undefined

  constructor(operation: Operation, loadMedia: OperationOptions["loadMedia"]) {
    this.#operation = operation
    this.#loadMedia = loadMedia
  }

  async prepare(_model: CompiledModel, _entry: CatalogueEntry): Promise<PreparedRequest> {
    this.#media ??= loadAll(this.#operation, this.#loadMedia)
    return {
      operation: this.#operation,
      media: await this.#media,
      redactions: 0,
      restore: { text: (text) => text, value: (value) => value },
      stream: () => ({ push: (text) => text, end: () => "" }),
      conceal: (text) => text,
    }
  }
}

async function loadAll(operation: Operation, loadMedia: OperationOptions["loadMedia"]): Promise<MediaBytes> {
  const refs = new Map(mediaOf(operation).map((ref) => [ref.$blob, ref]))
  return new Map(await Promise.all([...refs.values()].map(async (ref) => [ref.$blob, await loadMedia(ref)] as const)))
}
