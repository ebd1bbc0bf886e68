/** The deployment's blobs: its bucket, asked again when it fails. */
import { systemClock } from "../lib/clock.ts"
import { systemRandom } from "../lib/random.ts"
import type { BlobStore } from "../store/blob-store.ts"
import { BucketBlobStore } from "../store/bucket-blob-store.ts"
import { PatientBlobStore } from "../store/patient-blob-store.ts"
import type { Env } from "./environment.ts"

export function blobsOf(env: Env): BlobStore {
  return new PatientBlobStore(new BucketBlobStore(env.BLOBS), systemClock, systemRandom)
}
