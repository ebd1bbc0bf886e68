/** Media on their way to a candidate: who can read them, who cannot, and what becomes of those that nobody can. */
import { describe, expect, it } from "vitest"
import type { BlobRef } from "../../src/lib/blob-ref.ts"
import { sha256 } from "../../src/lib/digest.ts"
import type { GenerateOperation } from "../../src/model/operation.ts"
import { onePagePdf } from "./one-page-pdf.ts"
import { byProvider, json, say } from "./wire.ts"
import { QUESTION, world } from "./world.ts"

const TWO = { routes: { plan: { try: ["alpha/m", "beta/m"] } } } as const

function medium(
  bytes: Uint8Array,
  mediaType: string,
): { ref: BlobRef; operation: GenerateOperation; loadMedia: () => Promise<Uint8Array> } {
  const ref: BlobRef = { $blob: `sha256:${sha256(bytes)}`, bytes: bytes.length, mediaType }
  const content = [
    { type: "text" as const, text: "Read this." },
    { type: "media" as const, media: ref },
  ]
  return { ref, operation: { ...QUESTION, messages: [{ role: "user", content }] }, loadMedia: async () => bytes }
}

const IMAGE = medium(Uint8Array.of(0x89, 0x50, 0x4e, 0x47), "image/png")

describe("media", () => {
  it("[GATE19] a candidate that cannot read the medium is skipped with that reason", async () => {
    const { operate, asked, calls } = world({
      routing: TWO,
      capabilities: { beta: { media: ["image/*"] } },
      script: byProvider({ beta: say("a picture") }),
    })
    const outcome = await operate(IMAGE.operation, {}, { loadMedia: IMAGE.loadMedia })
    expect(asked()).toEqual(["beta/m"])
    expect(outcome.record.decision.candidates[0]).toMatchObject({ verdict: "skipped", reason: "no_vision" })
    expect(JSON.stringify(calls[0]?.body.messages)).toContain("data:image/png;base64,iVBORw==")
  })

  it.each([
    ["no_audio", "audio/wav", {}],
    ["no_pdf", "application/pdf", {}],
    ["too_large", "image/png", { media: ["image/png"], maxRequestBytes: 4 }],
    ["no_generate", "image/png", { operations: ["embed"] as const }],
    ["no_template", "image/png", { media: ["image/*"], needs: ["template"] as const }],
  ])("says %s", async (reason, mediaType, capabilities) => {
    const { operation, loadMedia } = medium(Uint8Array.of(1, 2, 3, 4, 5, 6), mediaType)
    const { operate } = world({
      routing: { routes: { plan: { try: ["alpha/m"] } } },
      capabilities: { alpha: capabilities },
      script: say("x"),
    })
    const outcome = await operate(operation, {}, { loadMedia })
    expect(outcome).toMatchObject({ status: "failed", error: { code: "no_candidate" } })
    expect(outcome.record.decision.candidates[0]?.reason).toBe(reason)
  })

  it("[GATE20] reads a PDF out, redacted, to a candidate that cannot, where the routing says so", async () => {
    const { operation, loadMedia } = medium(onePagePdf("Invoice 42 for jane@example.com"), "application/pdf")
    const routing = { ...TWO, media: { pdf: "text" }, redact: [{ detect: ["email"], mode: "token" }] } as const
    const { operate, calls } = world({ routing, script: say("It is for [[EMAIL_1]].") })
    const outcome = await operate(operation, {}, { loadMedia })
    expect(JSON.stringify(calls[0]?.body.messages)).toContain("Invoice 42 for [[EMAIL_1]]")
    expect(outcome).toMatchObject({ status: "succeeded", result: { text: "It is for jane@example.com." } })
  })

  it("[GATE26] a PDF that cannot be read out rules out who needs its text, and whoever reads PDFs is asked", async () => {
    const { operation, loadMedia } = medium(Uint8Array.of(1, 2, 3), "application/pdf")
    const { operate, asked } = world({
      routing: { ...TWO, media: { pdf: "text" } },
      capabilities: { beta: { media: ["application/pdf"] } },
      script: say("read it"),
    })
    const outcome = await operate(operation, {}, { loadMedia })
    expect(outcome).toMatchObject({ status: "succeeded", result: { text: "read it" } })
    expect(asked()).toEqual(["beta/m"])
    expect(outcome.record.decision.candidates[0]).toMatchObject({ verdict: "failed", reason: "request.unsupported" })
  })

  it("[GATE26] a medium that cannot be loaded is a failure that says why, with a record", async () => {
    const { operate, asked } = world({
      routing: TWO,
      capabilities: { alpha: { media: ["image/*"] }, beta: { media: ["image/*"] } },
      script: say("never"),
    })
    const loadMedia = async () => {
      throw new Error("the blob is gone")
    }
    const outcome = await operate(IMAGE.operation, {}, { loadMedia })
    expect(outcome).toMatchObject({ status: "failed", failure: { class: "request.unsupported" } })
    expect(outcome.status === "failed" && outcome.failure.message).toContain("the blob is gone")
    expect(asked()).toEqual([])
  })

  it("loads a medium once for all attempts", async () => {
    let loads = 0
    const loadMedia = () => {
      loads += 1
      return IMAGE.loadMedia()
    }
    const { operate } = world({
      routing: TWO,
      capabilities: { alpha: { media: ["image/*"] }, beta: { media: ["image/*"] } },
      script: () => json({}, 503),
    })
    expect((await operate(IMAGE.operation, {}, { loadMedia })).record.attempts).toHaveLength(4)
    expect(loads).toBe(1)
  })
})
