/** Runs one attempt through a provider's real package, against scripted bytes, and gives what was sent and what came of it. */

import { runAttempt } from "../../src/gateway/attempt.ts"
import type { Reply } from "../../src/gateway/call.ts"
import { costAt, type TokenPrice } from "../../src/ledger/price.ts"
import type { BlobRef } from "../../src/lib/blob-ref.ts"
import type { Clock } from "../../src/lib/clock.ts"
import { sha256 } from "../../src/lib/digest.ts"
import type { GenerateOperation, Operation } from "../../src/model/operation.ts"
import type { Attempt } from "../../src/model/record.ts"
import type { Provider, ProviderSettings } from "../../src/providers/provider.ts"
import type { AiBinding } from "../../src/providers/transport.ts"
import { responseOf, type WireAnswer } from "./wire-answer.ts"

/** 22 November 2026, 12:00:00 UTC: Retry-After dates count from here. */
export const NOW_MS = Date.UTC(2026, 10, 22, 12, 0, 0)
const clock: Clock = { nowMs: () => NOW_MS, setTimer: () => () => undefined }

export const PRICE: TokenPrice = { input: 1, output: 8, cacheRead: 0.1, cacheWrite: 1.25 }

export interface Sent {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  /** Parsed, when it is JSON. */
  readonly body: unknown
}

export interface Driven {
  readonly record: Attempt
  readonly reply?: Reply
  readonly sent: readonly Sent[]
  /** Text as it streamed. */
  readonly streamed: string
}

export interface Setup {
  readonly provider: Provider
  readonly model: string
  readonly settings: Omit<ProviderSettings, "transport">
  readonly ai?: AiBinding
}

export interface DriveOptions {
  readonly stream?: boolean
  readonly signal?: AbortSignal
  /** Called as a request goes out. */
  readonly onRequest?: () => void
  /** Answers instead of `answers`. */
  readonly fetch?: typeof fetch
}

/** `answers` are given one per request, in order. */
export async function drive(
  setup: Setup,
  operation: Operation,
  answers: readonly WireAnswer[],
  options: DriveOptions = {},
): Promise<Driven> {
  const sent: Sent[] = []
  let streamed = ""
  const send = options.fetch ?? scriptedFetch(answers, sent, options)
  const { provider, model, settings, ai } = setup
  const outcome = await runAttempt({
    call: {
      operation,
      provider,
      model: { key: `${provider.id}/${model}`, provider: provider.id, model },
      capabilities: provider.capabilities(model, settings),
      settings,
      media: new Map([[IMAGE.$blob, IMAGE_BYTES]]),
      turns: [],
    },
    transport: { fetch: send, ...(ai === undefined ? {} : { ai }) },
    limits: { attemptMs: 60_000 },
    signal: options.signal ?? new AbortController().signal,
    header: { attempt: 1, waitedMs: 0 },
    ...(options.stream ? { onText: (text: string) => (streamed += text) } : {}),
    clock,
    inputTokens: 7,
    cost: (usage) => costAt(PRICE, usage),
  })
  return { ...outcome, sent, streamed }
}

function scriptedFetch(answers: readonly WireAnswer[], sent: Sent[], options: DriveOptions): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const text = await request.text()
    sent.push({
      url: request.url,
      method: request.method,
      headers: Object.fromEntries(request.headers.entries()),
      body: request.headers.get("content-type")?.startsWith("application/json") ? JSON.parse(text) : text,
    })
    options.onRequest?.()
    init?.signal?.throwIfAborted()
    const next = answers[sent.length - 1]
    if (next === undefined) throw new Error(`A request too many: ${request.url}`)
    return responseOf(next)
  }
}

/** One red pixel. */
export const IMAGE_BYTES: Uint8Array = Uint8Array.from(
  atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="),
  (character) => character.charCodeAt(0),
)
export const IMAGE: BlobRef = {
  $blob: `sha256:${sha256(IMAGE_BYTES)}`,
  bytes: IMAGE_BYTES.length,
  mediaType: "image/png",
}

export const TEXT: GenerateOperation = {
  type: "generate",
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content: [{ type: "text", text: "Say hello in French." }] },
  ],
  maxOutputTokens: 64,
}

export const WITH_EFFORT: GenerateOperation = { ...TEXT, reasoningEffort: "low" }

export const WITH_TOOL: GenerateOperation = {
  type: "generate",
  messages: [{ role: "user", content: [{ type: "text", text: "What is the weather in Paris?" }] }],
  tools: [
    {
      name: "get_weather",
      description: "Current weather of a city.",
      input: {
        type: "object",
        properties: { city: { type: "string" } },
        required: ["city"],
        additionalProperties: false,
      },
    },
  ],
}

export const STRUCTURED: GenerateOperation = {
  type: "generate",
  messages: [{ role: "user", content: [{ type: "text", text: "I was charged twice!" }] }],
  output: {
    name: "triage",
    schema: {
      type: "object",
      properties: { topic: { type: "string", enum: ["billing", "bug"] }, urgent: { type: "boolean" } },
      required: ["topic", "urgent"],
      additionalProperties: false,
    },
  },
}

export const WITH_IMAGE: GenerateOperation = {
  type: "generate",
  messages: [
    {
      role: "user",
      content: [
        { type: "text", text: "What is on this screenshot?" },
        { type: "media", media: IMAGE },
      ],
    },
  ],
}
