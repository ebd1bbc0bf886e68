/** The gateway inside workerd: what it is made of (streams, hashes, patterns, the PDF reader) is there and behaves the same. */
import { describe, expect, it } from "vitest"
import { createGateway } from "../../src/gateway/gateway.ts"
import { systemClock } from "../../src/lib/clock.ts"
import { sha256 } from "../../src/lib/digest.ts"
import { systemRandom } from "../../src/lib/random.ts"
import { PROVIDERS } from "../../src/providers/index.ts"
import { compileRouting } from "../../src/routing/compile.ts"
import { onePagePdf } from "../gateway/one-page-pdf.ts"
import { chunksOf, stream } from "../gateway/wire.ts"
import { CONTEXT, OPTIONS, QUESTION, STRUCTURED } from "../gateway/world.ts"

const routing = compileRouting({
  routes: { plan: { try: ["openai-compatible/m"], cache: "1m", hedge: { after: "20s" } } },
  redact: [{ detect: ["email"], mode: "token" }],
  media: { pdf: "text" },
})

/** A gateway whose only model streams `text`; `sent` are the bodies that it was asked with. */
function speaking(text: string) {
  const sent: string[] = []
  const gateway = createGateway({
    routing: () => routing,
    providers: PROVIDERS,
    env: { OPENAI_COMPATIBLE_BASE_URL: "https://stub.test/v1" },
    fetch: async (_, init) => {
      sent.push(String(init?.body))
      return stream(chunksOf(text, {}, 3))
    },
    clock: systemClock,
    random: systemRandom,
  })
  return { gateway, sent }
}

describe("the gateway in workerd", () => {
  it("streams, restores and validates a structured answer, and answers again from its cache", async () => {
    const { gateway, sent } = speaking('{"action":"refund","amountUsd":1}')
    let seen = ""
    const onDelta = (delta: { type: string; text?: string }) => (seen += delta.text ?? "")
    const outcome = await gateway.operate(STRUCTURED, CONTEXT, { ...OPTIONS, onDelta })
    expect(outcome).toMatchObject({ status: "succeeded", result: { value: { action: "refund" } } })
    expect(seen).toBe('{"action":"refund","amountUsd":1}')
    expect(await gateway.operate(STRUCTURED, CONTEXT, { ...OPTIONS, onDelta })).toMatchObject({
      record: { cache: "hit" },
    })
    expect(sent).toHaveLength(1)
  })

  it("reads a PDF out and hides what is in it", async () => {
    const bytes = onePagePdf("Invoice for jane@example.com")
    const media = { $blob: `sha256:${sha256(bytes)}` as const, bytes: bytes.length, mediaType: "application/pdf" }
    const { gateway, sent } = speaking("It is for [[EMAIL_1]].")
    let seen = ""
    const outcome = await gateway.operate(
      { ...QUESTION, messages: [{ role: "user", content: [{ type: "media", media }] }] },
      CONTEXT,
      {
        ...OPTIONS,
        loadMedia: async () => bytes,
        onDelta: (delta) => (seen += delta.type === "text" ? delta.text : ""),
      },
    )
    expect(sent[0]).toContain("Invoice for [[EMAIL_1]]")
    expect(outcome).toMatchObject({ status: "succeeded", result: { text: "It is for jane@example.com." } })
    expect(seen).toBe("It is for jane@example.com.")
  })
})
