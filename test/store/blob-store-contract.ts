/** What every blob store promises, as one suite: run by the memory store and by the bucket store in Node and on R2. */
import { describe, expect, it } from "vitest"
import { sha256 } from "../../src/lib/digest.ts"
import { MAX_BLOB_BYTES } from "../../src/lib/limits.ts"
import type { BlobStore } from "../../src/store/blob-store.ts"

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** `open` gives a store; the suite puts only content of its own into it, so it need not be empty. */
export function describeBlobStore(name: string, open: () => BlobStore): void {
  describe(`${name}: the blob store contract`, () => {
    it("[LOG5] names content by its SHA-256 and gives it back byte for byte", async () => {
      const blobs = open()
      const content = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 31) % 256)
      const reference = await blobs.put(content, "image/png")
      expect(reference).toEqual({ $blob: `sha256:${sha256(content)}`, bytes: 70_000, mediaType: "image/png" })
      expect(await blobs.get(reference)).toEqual(content)
      expect(await blobs.find(reference.$blob)).toEqual(reference)
    })

    it("keeps what was put, whatever the caller does with its buffers afterwards", async () => {
      const blobs = open()
      const content = bytesOf("a buffer that is used again")
      const reference = await blobs.put(content, "text/plain")
      content.fill(0)
      const read = await blobs.get(reference)
      read.fill(1)
      expect(new TextDecoder().decode(await blobs.get(reference))).toBe("a buffer that is used again")
    })

    it("holds content of no bytes", async () => {
      const blobs = open()
      expect(await blobs.get(await blobs.put(new Uint8Array(), "text/plain"))).toEqual(new Uint8Array())
    })

    it("says what is missing", async () => {
      const $blob = `sha256:${"0".repeat(64)}` as const
      const blobs = open()
      expect(await blobs.find($blob)).toBeUndefined()
      await expect(blobs.get({ $blob, bytes: 3, mediaType: "text/plain" })).rejects.toMatchObject({
        code: "blob_missing",
        details: { blob: $blob },
      })
    })

    it("refuses a reference whose size is not the content's", async () => {
      const blobs = open()
      const reference = await blobs.put(bytesOf("four"), "text/plain")
      await expect(blobs.get({ ...reference, bytes: 5 })).rejects.toMatchObject({ code: "blob_corrupt" })
    })

    it("refuses content over the limit", async () => {
      await expect(open().put(new Uint8Array(MAX_BLOB_BYTES + 1), "text/plain")).rejects.toMatchObject({
        code: "limit_exceeded",
      })
    })
  })
}
