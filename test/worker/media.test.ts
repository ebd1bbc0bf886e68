/** Media through the HTTP doors, into R2 and into a run's input. */
import { env } from "cloudflare:workers"
import { describe, expect, it } from "vitest"
import { isBlobRef } from "../../src/lib/blob-ref.ts"
import { MAX_BLOB_BYTES } from "../../src/lib/limits.ts"
import { BucketBlobStore } from "../../src/store/bucket-blob-store.ts"
import chat from "../fixtures/screens/abusive-message-chat.png"
import { finish, get, post, send } from "./support/client.ts"

const png = new Uint8Array(chat)

async function upload(body: BodyInit, type?: string) {
  const headers = type === undefined ? {} : { "content-type": type }
  const response = await send("/v1/media", { method: "POST", body, headers })
  const reference: unknown = await response.json()
  return { status: response.status, reference }
}

function dataUrl(bytes: Uint8Array, type = "image/png"): string {
  return `data:${type};base64,${Buffer.from(bytes).toString("base64")}`
}

describe("POST /v1/media", () => {
  it("[MEDIA1] answers with a reference to the content, the same for the same content", async () => {
    const { status, reference } = await upload(png, "image/png")
    expect(status).toBe(201)
    expect(reference).toMatchObject({ bytes: png.length, mediaType: "image/png" })
    if (!isBlobRef(reference)) throw new Error("no reference")
    expect(await new BucketBlobStore(env.BLOBS).get(reference)).toEqual(png)
    const form = new FormData()
    form.set("file", new File([png], "chat.png", { type: "image/png" }))
    expect(await upload(form)).toEqual({ status: 201, reference })
    expect(await upload(png)).toEqual({ status: 201, reference })
  })

  it("[MEDIA2] refuses what is no medium, and what is another than it was declared", async () => {
    const text = new TextEncoder().encode("This is not a picture.")
    expect(await upload(text, "image/png")).toMatchObject({ status: 422, reference: { code: "media_invalid" } })
    expect(await upload(png, "audio/mpeg")).toMatchObject({ status: 422, reference: { code: "media_invalid" } })
    expect(await upload(png, "application/pdf")).toMatchObject({ status: 422 })
    expect(await upload("--x--", "multipart/form-data; boundary=x")).toMatchObject({ status: 422 })
  })

  it("[MEDIA3] refuses what is too large before it is all there", async () => {
    let sent = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1024 * 1024
        controller.enqueue(new Uint8Array(1024 * 1024))
      },
    })
    expect(await upload(endless, "image/png")).toMatchObject({ status: 413, reference: { code: "body_too_large" } })
    expect(sent).toBeLessThan(MAX_BLOB_BYTES + 4 * 1024 * 1024)
  })
})

describe("media fields of an input", () => {
  it("[MEDIA4] take a reference or a data: URL, and steps see a reference", async () => {
    const { reference } = await upload(png, "image/png")
    const run = await finish("album", { cover: reference, pages: [{ scan: dataUrl(png) }] })
    expect(run).toMatchObject({ status: "succeeded", output: { count: 2, cover: reference } })
    const { body } = await get(`/v1/runs/${run.id}/events?limit=1`)
    expect(body).toMatchObject({ events: [{ data: { input: { cover: reference, pages: [{ scan: reference }] } } }] })
  })

  it("[MEDIA5] that hold none are refused by their path, and nothing is started", async () => {
    const listed = async () => ((await get("/v1/runs?workflow=album&limit=200")).body.runs as unknown[]).length
    const before = await listed()
    const refused = async (cover: unknown, pages: unknown[] = []) => {
      const { status, body } = await post("/v1/workflows/album/runs", { input: { cover, pages } })
      expect(status).toBe(422)
      return body
    }
    const broken = dataUrl(new TextEncoder().encode("no picture"))
    expect(await refused(broken)).toMatchObject({ code: "media_invalid", path: "input.cover" })
    const last = await refused(dataUrl(png), [{ scan: dataUrl(png) }, { scan: broken }])
    expect(last).toMatchObject({ code: "media_invalid", path: "input.pages[1].scan" })
    const never = { $blob: `sha256:${"0".repeat(64)}`, bytes: 3, mediaType: "image/png" }
    expect(await refused(never)).toMatchObject({ code: "media_invalid", path: "input.cover" })
    expect(await refused("https://169.254.169.254/latest")).toMatchObject({ code: "media_invalid" })
    expect(await refused("http://example.com/a.png")).toMatchObject({ code: "input_invalid", path: "input.cover" })
    expect(await listed()).toBe(before)
  })
})
