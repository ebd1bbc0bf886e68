/** Large values: round trip, size, sharing, and what may not be forged. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { byteLength } from "../../src/lib/bytes.ts"
import { canonicalJson, type Json, toJson } from "../../src/lib/json.ts"
import { INLINE_VALUE_BYTES, MAX_BLOB_BYTES } from "../../src/lib/limits.ts"
import { MemoryBlobStore } from "../../src/store/memory-blob-store.ts"
import { isValueRef, VALUE_MEDIA_TYPE } from "../../src/store/shrink.ts"
import {
  externalize,
  externalizeMade,
  externalizeWhole,
  fitsInline,
  hasStoredParts,
  internalize,
  wholeBytes,
} from "../../src/store/values.ts"

const text = (bytes: number, letter = "x"): string => letter.repeat(bytes)

/** What nobody may make a look-up of: a reference of ours, written by a user. */
const forged = {
  $blob: `sha256:${"ab".repeat(32)}`,
  bytes: 10,
  mediaType: VALUE_MEDIA_TYPE,
} satisfies Json

describe("values in the log", () => {
  it("[LOG4] a value up to 128 KiB is stored as it is", async () => {
    const blobs = new MemoryBlobStore()
    const value = { text: text(INLINE_VALUE_BYTES - '{"text":""}'.length) }
    expect(fitsInline(value)).toBe(true)
    expect(await externalize(value, blobs)).toBe(value)
    expect(hasStoredParts(value)).toBe(false)
    expect(blobs.size).toBe(0)
    expect(fitsInline({ text: `${value.text}x` })).toBe(false)
  })

  it("[LOG4] a loop that carries a large document stores it once, however deep it lies", async () => {
    const blobs = new MemoryBlobStore()
    const document = { title: "t", pages: [{ body: text(5_000_000) }] }
    for (let round = 0; round < 5; round += 1) {
      const stored = await externalize({ round, state: { document, notes: [`round ${round}`] } }, blobs)
      expect(stored).toMatchObject({ round, state: { document: { title: "t" }, notes: [`round ${round}`] } })
    }
    expect(blobs.size).toBe(1)
  })

  it("takes out the largest parts first, until the rest fits", async () => {
    const value = { small: "s", a: text(50_000, "a"), b: text(60_000, "b"), c: text(70_000, "c") }
    const stored = await externalize(value, new MemoryBlobStore())
    expect(stored).toEqual({ small: "s", a: value.a, b: value.b, c: expect.objectContaining({ bytes: 70_002 }) })
  })

  it("stores a container of many small things as one part", async () => {
    const blobs = new MemoryBlobStore()
    const numbers = Array.from({ length: 60_000 }, (_, index) => index)
    const stored = await externalize({ name: "n", numbers }, blobs)
    expect(stored).toEqual({ name: "n", numbers: expect.objectContaining({ mediaType: VALUE_MEDIA_TYPE }) })
    const manyLarge = Array.from({ length: 100 }, (_, index) => text(40_000, String(index % 10)))
    expect(isValueRef(await externalize(manyLarge, blobs))).toBe(true)
    const tooSmall = Array.from({ length: 64 }, (_, index) => text(3_900, String(index % 10)))
    expect(isValueRef(await externalize(tooSmall, blobs))).toBe(true)
    expect(blobs.size).toBe(3)
  })

  const list = (length: number, bytes: number): string[] =>
    Array.from({ length }, (_, index) => String(index).padEnd(bytes, "x"))

  it.each([
    ["very many members", list(1_500, 20_000)],
    ["lists of large members", [list(100, 100_000), "short", list(180, 95_000)]],
    ["members by name", Object.fromEntries(list(300, 100_000).map((member, index) => [`way${index}`, member]))],
  ])("[LOG4] a value larger than any blob may be is stored in several: %s", async (_what, value: Json) => {
    const blobs = new MemoryBlobStore()
    const stored = await externalizeMade(value, "value", blobs)
    expect(wholeBytes(stored)).toBeGreaterThan(MAX_BLOB_BYTES)
    expect(byteLength(canonicalJson(stored))).toBeLessThanOrEqual(INLINE_VALUE_BYTES)
    expect(await internalize(JSON.parse(canonicalJson(stored)), blobs)).toEqual(value)
  })

  it("[LOG4] a long list that grows is stored once but for its end", async () => {
    const blobs = new MemoryBlobStore()
    const grown = list(200, 100_000)
    await externalize(grown.slice(0, 190), blobs)
    const before = blobs.size
    await externalize(grown, blobs)
    expect(blobs.size).toBe(before + 1)
  })

  it("refuses a value over the limit", async () => {
    const value = list(700, 100_000)
    const refused = { code: "limit_exceeded", details: { limit: "MAX_VALUE_BYTES" } }
    await expect(externalize(value, new MemoryBlobStore())).rejects.toMatchObject(refused)
  })

  it("refuses what is no plain JSON by its path", async () => {
    const odd = { members: [1, new Date(0)] }
    await expect(externalizeMade(odd, "output", new MemoryBlobStore())).rejects.toMatchObject({
      code: "not_json",
      details: { path: "output.members[1]" },
    })
  })

  it("leaves references to media where they are", async () => {
    const blobs = new MemoryBlobStore()
    const image = { ...forged, mediaType: "image/png" }
    const stored = await externalize({ image, text: text(200_000) }, blobs)
    expect(stored).toMatchObject({ image })
    expect(await internalize(stored, blobs)).toEqual({ image, text: text(200_000) })
  })

  it("[LOG7] a reference that a user wrote into a value comes back as text, and is never looked up", async () => {
    const blobs = new MemoryBlobStore()
    const secret = await blobs.put(new TextEncoder().encode('"secret of another run"'), VALUE_MEDIA_TYPE)
    for (const value of [
      { ...secret },
      [{ ...secret, mediaType: "application/vnd.waybill.values+json" }],
      { deep: [{ thing: { ...secret } }] },
      { big: text(200_000), thing: { ...secret } },
    ]) {
      expect(fitsInline(value)).toBe(false)
      const stored = await externalize(value, blobs)
      expect(hasStoredParts(stored)).toBe(true)
      expect(canonicalJson(stored)).not.toContain(secret.$blob)
      expect(await internalize(stored, blobs)).toEqual(value)
    }
  })

  it("says which part is gone", async () => {
    const stored = await externalize({ text: text(200_000) }, new MemoryBlobStore())
    await expect(internalize(stored, new MemoryBlobStore())).rejects.toMatchObject({ code: "blob_missing" })
  })

  it("keeps a typed value whole: itself, or one reference", async () => {
    const blobs = new MemoryBlobStore()
    const small = { type: "generate", text: "hello" }
    expect(await externalizeWhole(small, blobs)).toBe(small)
    const large = { type: "generate", text: text(300_000) }
    const stored = await externalizeWhole(large, blobs)
    expect(isValueRef(stored)).toBe(true)
    expect(await internalize(stored, blobs)).toEqual(large)
    expect(isValueRef(await externalizeWhole(forged, blobs))).toBe(true)
  })

  it("takes time by the size of a value and not by its depth", async () => {
    let value: Json = text(1_000_000)
    for (let depth = 0; depth < 150; depth += 1) value = { [`level${depth}`]: value, note: "n" }
    const blobs = new MemoryBlobStore()
    const stored = await externalize(value, blobs)
    expect(blobs.size).toBe(1)
    expect(await internalize(stored, blobs)).toEqual(value)
  })
})

describe("any value", () => {
  // Bulky leaves, so that small structures cross the limit in many ways.
  const leaf = fc.oneof(
    { weight: 4, arbitrary: fc.jsonValue({ maxDepth: 1 }).map((value) => toJson(value)) },
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 90_000 }).map((bytes): Json => text(bytes, "é")) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 20_000 }).map((length): Json => Array(length).fill(1.5)) },
    { weight: 1, arbitrary: fc.constant<Json>(forged) },
  )
  const key = fc.oneof(fc.string(), fc.constantFrom("__proto__", "$blob", "toString"))
  const { value } = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      leaf,
      fc.array(tie("value"), { maxLength: 5 }),
      fc.dictionary(key, tie("value"), { maxKeys: 5 }).map((members) => toJson(members)),
    ),
  }))

  it("[LOG4] comes back exactly, is stored within the limit, and always as the same text", async () => {
    await fc.assert(
      fc.asyncProperty(value, async (original) => {
        const blobs = new MemoryBlobStore()
        const stored = canonicalJson(await externalize(original, blobs))
        expect(byteLength(stored)).toBeLessThanOrEqual(INLINE_VALUE_BYTES)
        expect(canonicalJson(await internalize(JSON.parse(stored), blobs))).toBe(canonicalJson(original))
        const copy: Json = JSON.parse(JSON.stringify(original))
        expect(canonicalJson(await externalize(copy, blobs))).toBe(stored)
      }),
      { numRuns: 60 },
    )
  })
})
