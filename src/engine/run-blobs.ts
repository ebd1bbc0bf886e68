/**
 * The blobs of one run as its steps see them. Parts of the log are in there, so a blob store that fails is the run's store
 * that failed: no step fails for it, nothing more is written, and a new engine on the same log goes on.
 */

import { sha256 } from "../lib/digest.ts"
import { isDecided } from "../store/blob-content.ts"
import type { BlobStore } from "../store/blob-store.ts"
import type { RunLog } from "./run-log.ts"

/**
 * Resolves when the store answers. It may be what cut an attempt off whose result could not be stored: until it answers,
 * nobody is asked again, and nothing is paid for once more.
 */
export async function blobsAnswer(blobs: BlobStore): Promise<void> {
  await blobs.find(`sha256:${NO_CONTENT}`)
}

const NO_CONTENT = sha256("")

/** `inner`, whose failures break off `log`. */
export function runBlobs(inner: BlobStore, log: Pick<RunLog, "breakOff">): BlobStore {
  const orBreakOff = async <Result>(work: Promise<Result>): Promise<Result> => {
    try {
      return await work
    } catch (thrown) {
      if (!isDecided(thrown)) log.breakOff(thrown)
      throw thrown
    }
  }
  return {
    put: (bytes, mediaType) => orBreakOff(inner.put(bytes, mediaType)),
    get: (reference) => orBreakOff(inner.get(reference)),
    find: (digest) => orBreakOff(inner.find(digest)),
  }
}
