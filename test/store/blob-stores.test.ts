/** The blob stores in plain Node, against their contract; then how the bucket store treats its bucket. */
import { createHash } from "node:crypto"
import { describe, expect, it } from "vitest"
import { type Bucket, BucketBlobStore } from "../../src/store/bucket-blob-store.ts"
import { MemoryBlobStore } from "../../src/store/memory-blob-store.ts"
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
