/** Media from URLs, without a network: which addresses are asked, and what is made of what they answer. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { z } from "zod"
import { media } from "../../src/graph/media.ts"
import { jsonSchema } from "../../src/graph/schema.ts"
import { fakeClock } from "../../src/lib/fake-clock.ts"
import { type Json, toJson } from "../../src/lib/json.ts"
import { MAX_BLOB_BYTES, MAX_MEDIA_PER_INPUT, MEDIA_TIMEOUT_MS } from "../../src/lib/limits.ts"
import { ingestMedia } from "../../src/objects/media.ts"
import { mediaFields } from "../../src/objects/media-fields.ts"
import { sniffMediaType } from "../../src/objects/media-type.ts"
import { refusedUrl } from "../../src/objects/public-url.ts"
import { MemoryBlobStore } from "../../src/store/memory-blob-store.ts"

const PNG = readFileSync(join(import.meta.dirname, "../fixtures/screens/abusive-message-chat.png"))
const schema = jsonSchema(z.object({ image: media() }), "input")

/** Ingests `{ image: url }` while `answers` stand in for the network; says what was asked. */
async function ingest(url: string, answers: Readonly<Record<string, () => Response>> = {}) {
  const asked: string[] = []
  const fetch = async (input: RequestInfo | URL): Promise<Response> => {
    const address = String(input)
    asked.push(address)
    const answer = answers[address]
    if (!answer) throw new TypeError("connection refused")
    return answer()
  }
  const blobs = new MemoryBlobStore()
  const outcome = await ingestMedia({ image: url }, schema, { fetch, blobs, clock: fakeClock() }).catch(
    (error) => error,
  )
  return { outcome, asked, blobs }
}

const image = (type = "image/png") => new Response(PNG, { headers: { "content-type": type } })
const redirect = (location: string) => () => new Response(null, { status: 302, headers: { location } })

describe("a reference", () => {
  const given = (reference: Json, blobs: MemoryBlobStore) =>
    ingestMedia({ image: reference }, schema, { fetch, blobs }).catch((error) => error)

  it("[MEDIA5] is refused when it says of its content what is not so, or names a value that is no medium", async () => {
    const blobs = new MemoryBlobStore()
    const stored = await blobs.put(PNG, "image/png")
    expect(await given({ ...stored, more: "dropped" }, blobs)).toEqual({ image: stored })
    const value = await blobs.put(new TextEncoder().encode('{"secret":1}'), "application/json")
    for (const lie of [{ ...stored, mediaType: "application/pdf" }, { ...stored, bytes: 1 }, value])
      expect(await given(lie, blobs)).toMatchObject({ code: "media_invalid", details: { path: "input.image" } })
  })
})

describe("a medium at a URL", () => {
  it("[MEDIA6] is fetched, stored, and named by what it is", async () => {
    const { outcome, blobs } = await ingest("https://shots.example.com/1", {
      "https://shots.example.com/1": () => image(),
    })
    expect(outcome).toMatchObject({ image: { bytes: PNG.length, mediaType: "image/png" } })
    expect(blobs.size).toBe(1)
  })

  it("[MEDIA6] may be redirected a few times, within public addresses", async () => {
    const { outcome } = await ingest("https://a.example.com/", {
      "https://a.example.com/": redirect("https://b.example.com/x"),
      "https://b.example.com/x": redirect("/y"),
      "https://b.example.com/y": () => image("application/octet-stream"),
    })
    expect(outcome).toMatchObject({ image: { mediaType: "image/png" } })
  })

  it.each([
    ["an address that does not answer", {}, "does not answer"],
    [
      "a status that is none of success",
      { "https://a.example.com/": () => new Response(null, { status: 404 }) },
      "404",
    ],
    ["a page", { "https://a.example.com/": () => new Response("<html>") }, "no image"],
    ["another medium than declared", { "https://a.example.com/": () => image("audio/wav") }, "declared"],
    ["redirects without end", { "https://a.example.com/": redirect("https://a.example.com/") }, "redirects"],
  ])("[MEDIA6] is refused for %s", async (_what, answers, reason) => {
    const { outcome, blobs } = await ingest("https://a.example.com/", answers)
    expect(outcome).toMatchObject({ code: "media_invalid", details: { path: "input.image" } })
    expect(outcome.message).toContain(reason)
    expect(blobs.size).toBe(0)
  })

  it("[MEDIA6] is refused as soon as it is too large, whatever its length says", async () => {
    let sent = 0
    const endless = () =>
      new Response(
        new ReadableStream<Uint8Array>({
          pull(controller) {
            sent += 1024 * 1024
            controller.enqueue(new Uint8Array(1024 * 1024))
          },
        }),
        { headers: { "content-length": "10" } },
      )
    const { outcome } = await ingest("https://a.example.com/", { "https://a.example.com/": endless })
    expect(outcome).toMatchObject({ code: "media_invalid" })
    expect(sent).toBeLessThan(MAX_BLOB_BYTES + 4 * 1024 * 1024)
  })

  it("[MEDIA6] is refused when it takes too long", async () => {
    const clock = fakeClock()
    const fetch = (_url: unknown, init?: RequestInit) =>
      new Promise<Response>((_resolve, reject) => {
        init?.signal?.addEventListener("abort", () => reject(new Error("aborted")))
      })
    const host = { fetch, blobs: new MemoryBlobStore(), clock }
    const ingested = ingestMedia({ image: "https://slow.example.com/" }, schema, host)
    const refused = expect(ingested).rejects.toMatchObject({ code: "media_invalid" })
    clock.tick(MEDIA_TIMEOUT_MS)
    await refused
  })
})

describe("addresses that are not public", () => {
  const refused = [
    "http://example.com/",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://a.localhost/",
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://intranet/",
    "https://user@example.com/",
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://10.1.2.3/",
    "https://172.31.255.255/",
    "https://192.168.0.1./",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/",
    "https://0.0.0.0/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[fe80::1]/",
    "https://[fd00::1]/",
    "https://[ff02::1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:db8::1]/",
    "https://[2001::1]/",
  ]

  it.each(refused)("[MEDIA7] %s is never asked", async (url) => {
    expect(refusedUrl(new URL(url))).toBeDefined()
    const direct = await ingest(url)
    expect(direct.asked).toEqual([])
    const led = await ingest("https://a.example.com/", { "https://a.example.com/": redirect(url) })
    expect(led.asked).toEqual(["https://a.example.com/"])
    expect(led.outcome).toMatchObject({ code: "media_invalid" })
  })

  it.each([
    "https://example.com/",
    "https://8.8.8.8/",
    "https://172.32.0.1/",
    "https://100.128.0.1/",
    "https://[2606:4700::1]/",
  ])("%s may be asked", (url) => expect(refusedUrl(new URL(url))).toBeUndefined())
})

describe("where the media of an input are", () => {
  const paths = (input: z.ZodType, value: Json) =>
    mediaFields(value, jsonSchema(input, "input"), "input").map(({ path }) => path)

  it("finds them through objects, lists, tuples, records, unions and optional parts", () => {
    const input = z.object({
      cover: media().optional(),
      pages: z.array(z.object({ scan: media(), text: z.string() })),
      pair: z.tuple([z.string(), media()]),
      named: z.record(z.string(), media()),
      either: z.union([z.object({ picture: media() }), z.object({ words: z.string() })]),
      both: z.intersection(z.object({ left: media() }), z.object({ right: media() })),
    })
    const value = {
      cover: "data:1",
      pages: [
        { scan: "data:2", text: "data:no" },
        { scan: "data:3", text: "" },
      ],
      pair: ["data:no", "data:4"],
      named: { "a.b": "data:5" },
      either: { picture: "data:6" },
      both: { left: "data:7", right: "data:8" },
    }
    expect(paths(input, value)).toEqual([
      "input.cover",
      "input.pages[0].scan",
      "input.pages[1].scan",
      "input.pair[1]",
      "input.named.a.b",
      "input.either.picture",
      "input.both.left",
      "input.both.right",
    ])
  })

  it("finds them in schemas that hold themselves", () => {
    const node: z.ZodType = z.object({
      image: media().optional(),
      get children() {
        return z.array(node).optional()
      },
    })
    const value = { children: [{ image: "data:1", children: [{ image: "data:2" }] }] }
    expect(paths(node, value)).toEqual(["input.children[0].image", "input.children[0].children[0].image"])
  })

  it("replaces exactly them, whatever the keys are called", async () => {
    const input = z.record(z.string(), z.union([media(), z.record(z.string(), media())]))
    const url = `data:image/png;base64,${PNG.toString("base64")}`
    const host = { fetch, blobs: new MemoryBlobStore(), clock: fakeClock() }
    const reference = { $blob: expect.stringMatching(/^sha256:/), bytes: PNG.length, mediaType: "image/png" }
    const value = { "a.b": url, a: { b: url, __proto__x: url } }
    const ingested = await ingestMedia(value, jsonSchema(input, "input"), host)
    expect(ingested).toEqual({ "a.b": reference, a: { b: reference, __proto__x: reference } })
    expect(host.blobs.size).toBe(1)
  })

  it("refuses more than an input may hold", async () => {
    const value = { all: new Array<string>(MAX_MEDIA_PER_INPUT + 1).fill("https://a.example.com/") }
    const many = jsonSchema(z.object({ all: z.array(media()) }), "input")
    const host = { fetch, blobs: new MemoryBlobStore(), clock: fakeClock() }
    await expect(ingestMedia(value, many, host)).rejects.toMatchObject({ code: "limit_exceeded" })
  })
})

describe("what bytes are", () => {
  it.each([
    ["89504e470d0a1a0a0000000d49484452", "image/png"],
    ["ffd8ffe000104a46", "image/jpeg"],
    ["474946383961", "image/gif"],
    ["52494646aabbccdd57454250", "image/webp"],
    ["255044462d312e37", "application/pdf"],
    ["52494646aabbccdd57415645", "audio/wav"],
    ["494433040000", "audio/mpeg"],
    ["fffb9064", "audio/mpeg"],
    ["4f67675300", "audio/ogg"],
    ["664c614300", "audio/flac"],
    ["89504e470d0a1a0a", undefined],
    ["fffff0", undefined],
    ["", undefined],
    ["3c68746d6c3e", undefined],
  ])("%s is %s", (hex, type) => {
    expect(sniffMediaType(Buffer.from(hex, "hex"))).toBe(type)
  })

  it("never throws on bytes that nobody chose", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void sniffMediaType(bytes)))
  })
})

describe("a data: URL", () => {
  const bad = [
    "data:",
    "data:image/png",
    "data:image/png,abc",
    "data:image/png;base64,***",
    "data:image/png;base64,%",
    "data:;base64,AAAA",
  ]
  it.each(bad)("%s is refused", async (url) => {
    expect((await ingest(url)).outcome).toMatchObject({ code: "media_invalid" })
  })

  it("may leave its type out and percent-encode its content", async () => {
    const url = `data:;base64,${encodeURIComponent(PNG.toString("base64"))}`
    expect(toJson((await ingest(url)).outcome)).toMatchObject({ image: { mediaType: "image/png" } })
  })
})
