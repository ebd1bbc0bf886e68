/**
 * Blobs in a store that may be out of reach for a moment: what fails is tried again, a few times, each time a little later.
 * Content has one name for ever, so doing it twice does no harm.
 *
 * Invariant: what the store has decided (there is no such blob, it is not what it was, it is too large) is not asked again.
 */
import type { BlobRef } from "../lib/blob-ref.ts"
import { type Clock, sleep } from "../lib/clock.ts"
import { errorData, WaybillError } from "../lib/errors.ts"
import { BLOB_AGAIN_MS, MAX_BLOB_TRIES } from "../lib/limits.ts"
import type { Random } from "../lib/random.ts"
import { isDecided } from "./blob-content.ts"
import type { BlobStore } from "./blob-store.ts"

export class PatientBlobStore implements BlobStore {
  readonly #inner: BlobStore
  readonly #clock: Clock
  readonly #random: Random

  constructor(inner: BlobStore, clock: Clock, random: Random) {
    this.#inner = inner
    this.#clock = clock
    this.#random = random
  }

  put(bytes: Uint8Array, mediaType: string): Promise<BlobRef> {
    return this.#patiently(() => this.#inner.put(bytes, mediaType))
  }

  get(reference: BlobRef): Promise<Uint8Array> {
    return this.#patiently(() => this.#inner.get(reference))
  }

  find(digest: BlobRef["$blob"]): Promise<BlobRef | undefined> {
    return this.#patiently(() => this.#inner.find(digest))
  }

  /** Throws `blobs_unreachable` when the store failed every time. */
  async #patiently<Result>(ask: () => Promise<Result>): Promise<Result> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await ask()
      } catch (thrown) {
        if (isDecided(thrown)) throw thrown
        if (tries === MAX_BLOB_TRIES) throw unreachable(thrown)
      }
      // Between half and all of the time, so that those who failed together do not come back together.
      await sleep(this.#clock, BLOB_AGAIN_MS * 2 ** (tries - 1) * (0.5 + this.#random.next() / 2))
    }
  }
}

function unreachable(thrown: unknown): WaybillError {
  const message = `The blob store failed ${MAX_BLOB_TRIES} times, at last with: ${errorData(thrown).message}`
  return new WaybillError("blobs_unreachable", message, {}, { cause: thrown })
}
