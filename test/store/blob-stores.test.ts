/** The blob stores in plain Node, against their contract; then how the bucket store treats its bucket. */
import { createHash } from "node:crypto"
import { describe, expect, it } from "vitest"
import { fakeClock } from "../../src/lib/fake-clock.ts"
import { MAX_BLOB_TRIES } from "../../src/lib/limits.ts"
import { seededRandom } from "../../src/lib/random.ts"
import type { BlobStore } from "../../src/store/blob-store.ts"
import { type Bucket, BucketBlobStore } from "../../src/store/bucket-blob-store.ts"
import { MemoryBlobStore } from "../../src/store/memory-blob-store.ts"
import { PatientBlobStore } from "../../src/store/patient-blob-store.ts"
import { describeBlobStore } from "./blob-store-contract.ts"

/** A bucket that keeps objects in a map and a book of the calls, and checks digests as R2 does. */
function mapBucket(): { bucket: Bucket; objects: Map<string, Uint8Array>; calls: string[] } {
  const objects = new Map<string, Uint8Array>()
  const types = new Map<string, string>()
  const calls: string[] = []
  const bucket: Bucket = {
    async head(key) {
      calls.push("head")
      const found = objects.get(key)
      return found ? { size: found.length, httpMetadata: { contentType: types.get(key) ?? "" } } : null
    },
    async get(key) {
      calls.push("get")
      const found = objects.get(key)
      return found ? { arrayBuffer: async () => Uint8Array.from(found).buffer } : null
    },
    async put(key, value, { sha256, httpMetadata }) {
      calls.push("put")
      if (createHash("sha256").update(value).digest("hex") !== sha256) throw new Error("The SHA-256 does not match.")
      objects.set(key, Uint8Array.from(value))
      types.set(key, httpMetadata.contentType)
    },
  }
  return { bucket, objects, calls }
}

describeBlobStore("memory", () => new MemoryBlobStore())
describeBlobStore("bucket", () => new BucketBlobStore(mapBucket().bucket))
describeBlobStore("patient", () => new PatientBlobStore(new MemoryBlobStore(), fakeClock(), seededRandom(1)))

describe("a store in a bucket", () => {
  const content = new TextEncoder().encode("the same document, again and again")

  it("[LOG5] writes the same content once, also when another store wrote it", async () => {
    const { bucket, calls } = mapBucket()
    const first = new BucketBlobStore(bucket)
    await first.put(content, "text/plain")
    await first.put(content, "text/plain")
    await new BucketBlobStore(bucket).put(content, "text/plain")
    expect(calls).toEqual(["head", "put", "head"])
  })

  it("[LOG6] refuses content that was altered behind its back", async () => {
    const { bucket, objects } = mapBucket()
    const blobs = new BucketBlobStore(bucket)
    const reference = await blobs.put(content, "text/plain")
    for (const bytes of objects.values()) bytes[0] = 0
    await expect(blobs.get(reference)).rejects.toMatchObject({ code: "blob_corrupt" })
  })

  it("passes on the bucket's own failure and does not take the content for stored", async () => {
    const { bucket, calls } = mapBucket()
    const broken: Bucket = {
      ...bucket,
      put: async () => {
        throw new Error("We encountered an internal error. Please try again. (10001)")
      },
    }
    const blobs = new BucketBlobStore(broken)
    await expect(blobs.put(content, "text/plain")).rejects.toThrow("10001")
    await expect(blobs.put(content, "text/plain")).rejects.toThrow("10001")
    expect(calls).toEqual(["head", "head"])
  })
})

describe("a patient store", () => {
  const content = new TextEncoder().encode("a document")

  /** A store whose first `failures` calls fail, and what a patient one made of it does in time. */
  function patient(failures: number) {
    const clock = fakeClock(0)
    const inner = new MemoryBlobStore()
    const triedAtMs: number[] = []
    const put: BlobStore["put"] = async (bytes, mediaType) => {
      if (triedAtMs.push(clock.nowMs()) <= failures) throw new Error("Please try again. (10001)")
      return inner.put(bytes, mediaType)
    }
    const get: BlobStore["get"] = (reference) => {
      triedAtMs.push(clock.nowMs())
      return inner.get(reference)
    }
    const blobs = new PatientBlobStore({ put, get, find: (digest) => inner.find(digest) }, clock, seededRandom(1))
    /** Lets time pass until `work` is done. */
    const inTime = async <Result>(work: Promise<Result>): Promise<Result> => {
      let isDone = false
      const done = work.finally(() => {
        isDone = true
      })
      done.catch(() => {})
      while (!isDone) {
        await new Promise((resolve) => setImmediate(resolve))
        clock.moveTo(clock.nextTimerMs() ?? 0)
      }
      return done
    }
    return { blobs, triedAtMs, inTime }
  }

  it("[LOG8] asks again, each time a little later, and gives what it got at last", async () => {
    const { blobs, triedAtMs, inTime } = patient(3)
    const reference = await inTime(blobs.put(content, "text/plain"))
    expect(await blobs.get(reference)).toEqual(content)
    const waits = triedAtMs.slice(1, 4).map((atMs, index) => atMs - (triedAtMs[index] ?? 0))
    for (const [index, longest] of [200, 400, 800].entries()) {
      expect(waits[index]).toBeGreaterThanOrEqual(longest / 2)
      expect(waits[index]).toBeLessThanOrEqual(longest)
    }
  })

  it("[LOG8] gives up after a few times", async () => {
    const { blobs, triedAtMs, inTime } = patient(Number.POSITIVE_INFINITY)
    await expect(inTime(blobs.put(content, "text/plain"))).rejects.toMatchObject({ code: "blobs_unreachable" })
    expect(triedAtMs.length).toBe(MAX_BLOB_TRIES)
  })

  it("does not ask again for what is not there", async () => {
    const { blobs, triedAtMs, inTime } = patient(0)
    const reference = await new MemoryBlobStore().put(content, "text/plain")
    await expect(inTime(blobs.get(reference))).rejects.toMatchObject({ code: "blob_missing" })
    expect(triedAtMs.length).toBe(1)
  })
})
