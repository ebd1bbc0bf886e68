/** Embeddings, moderations and transcriptions over each provider's wire. Formats: the providers' API references. */
import { describe, expect, it } from "vitest"
import type { Operation } from "../../src/model/operation.ts"
import { local } from "../../src/providers/local.ts"
import { openai } from "../../src/providers/openai.ts"
import { drive, IMAGE, type Setup } from "./drive.ts"
import { azureSpec } from "./specs/azure.ts"
import { bedrockSpec } from "./specs/bedrock.ts"
import { cohereSpec } from "./specs/cohere.ts"
import { fireworksSpec } from "./specs/fireworks.ts"
import { googleSpec } from "./specs/google.ts"
import { groqSpec } from "./specs/groq.ts"
import { localSpec } from "./specs/local.ts"
import { mistralSpec } from "./specs/mistral.ts"
import { openaiSpec } from "./specs/openai.ts"
import { openaiCompatibleSpec } from "./specs/openai-compatible.ts"
import { togetherSpec } from "./specs/together.ts"
import { workersAiSpec } from "./specs/workers-ai.ts"
import { usage } from "./usage.ts"
import { answer } from "./wire-answer.ts"

const VECTORS = [
  [0.25, -0.5],
  [1, 0.125],
]
const EMBED: Operation = { type: "embed", texts: ["charged twice", "app crashes"] }
const MODERATE: Operation = { type: "moderate", texts: ["I will find you", "Thank you"] }
/** The fixtures' only bytes; what a sound is, the far end decides. */
const TRANSCRIBE: Operation = { type: "transcribe", audio: { ...IMAGE, mediaType: "audio/wav" }, language: "en" }

/** Rows with their provider's id in front, for the title. */
const named = <Row extends readonly [Setup, ...unknown[]]>(rows: readonly Row[]) =>
  rows.map((row) => [row[0].provider.id, ...row] as const)

const json = (body: unknown, status = 200) =>
  answer(status, { "content-type": "application/json" }, JSON.stringify(body))
const openaiEmbeddings = (tokens: number) => ({
  object: "list",
  data: VECTORS.map((embedding, index) => ({ object: "embedding", index, embedding })),
  model: "m",
  usage: { prompt_tokens: tokens, total_tokens: tokens },
})
const enveloped = (result: unknown) => ({ result, success: true, errors: [], messages: [] })

/** The last member: the tokens that the provider counts; `undefined` where it counts none. */
const EMBEDDERS: readonly [Setup, string, string, unknown, number | undefined][] = [
  [openaiSpec, "text-embedding-3-small", "https://api.openai.com/v1/embeddings", openaiEmbeddings(6), 6],
  [
    azureSpec,
    "text-embedding-3-small",
    "https://acme.openai.azure.com/openai/v1/embeddings?api-version=v1",
    openaiEmbeddings(6),
    6,
  ],
  [mistralSpec, "mistral-embed", "https://api.mistral.ai/v1/embeddings", { id: "e1", ...openaiEmbeddings(9) }, 9],
  [togetherSpec, "BAAI/bge-base-en-v1.5", "https://api.together.xyz/v1/embeddings", openaiEmbeddings(7), 7],
  [
    fireworksSpec,
    "nomic-ai/nomic-embed-text-v1.5",
    "https://api.fireworks.ai/inference/v1/embeddings",
    openaiEmbeddings(7),
    7,
  ],
  [openaiCompatibleSpec, "nomic-embed-text", "http://127.0.0.1:8000/v1/embeddings", openaiEmbeddings(7), 7],
  [localSpec, "embed", "http://127.0.0.1:8799/v1/embeddings", openaiEmbeddings(5), 5],
  [
    googleSpec,
    "gemini-embedding-001",
    "https://generativelanguage.googleapis.com/v1beta/models/gemini-embedding-001:batchEmbedContents",
    { embeddings: VECTORS.map((values) => ({ values })) },
    undefined,
  ],
  [
    cohereSpec,
    "embed-v4.0",
    "https://api.cohere.com/v2/embed",
    { id: "e1", texts: [], embeddings: { float: VECTORS }, meta: { billed_units: { input_tokens: 8 } } },
    8,
  ],
  [
    workersAiSpec,
    "@cf/baai/bge-base-en-v1.5",
    "https://api.cloudflare.com/client/v4/accounts/acc1/ai/run/@cf/baai/bge-base-en-v1.5",
    enveloped({ shape: [2, 2], data: VECTORS, pooling: "cls" }),
    undefined,
  ],
]

describe("embeddings", () => {
  it.each(named(EMBEDDERS))("[PROV2] come in order from %s", async (_id, spec, model, url, body, tokens) => {
    const { sent, reply, record } = await drive({ ...spec, model }, EMBED, [json(body)])
    expect(sent.map((request) => request.url)).toEqual([url])
    expect(JSON.stringify(sent[0]?.body)).toContain("charged twice")
    expect(reply).toMatchObject({ type: "embed", embeddings: VECTORS })
    // Thirteen and eleven characters, at three a token.
    expect(record).toMatchObject({ outcome: "succeeded", usage: usage(tokens ?? 5 + 4, 0) })
    expect(record.estimated).toBe(tokens === undefined ? true : undefined)
    expect(spec.provider.capabilities(model, spec.settings).operations).toEqual(["embed"])
  })

  it("[PROV2] come one text a call where the model takes no more, and their usage is summed", async () => {
    const bodies = VECTORS.map((embedding) => json({ embedding, inputTextTokenCount: 4 }))
    const driven = await drive({ ...bedrockSpec, model: "amazon.titan-embed-text-v2:0" }, EMBED, bodies)
    expect(driven.sent).toHaveLength(2)
    expect(driven.reply).toMatchObject({ embeddings: VECTORS })
    expect(driven.record.usage).toEqual(usage(8, 0))
  })

  it("[COST6] are paid for batch by batch, whatever becomes of the last", async () => {
    const texts = Array.from({ length: 100 }, (_, index) => `t${index}`)
    const first = {
      id: "e1",
      texts: [],
      embeddings: { float: texts.slice(0, 96).map(() => [1, 2]) },
      meta: { billed_units: { input_tokens: 500 } },
    }
    const setup = { ...cohereSpec, model: "embed-v4.0" }
    const wire = [json(first), json({ message: "internal server error" }, 500)]
    const { record } = await drive(setup, { type: "embed", texts }, wire)
    expect(record).toMatchObject({
      outcome: "failed",
      failure: { class: "provider.outage" },
      usage: usage(500, 0),
      costNanoUsd: 500_000,
    })
  })

  it("[PROV3] fail by the provider's own words", async () => {
    const body = {
      error: {
        message: "Input too large",
        type: "invalid_request_error",
        param: null,
        code: "context_length_exceeded",
      },
    }
    const { record } = await drive({ ...openaiSpec, model: "text-embedding-3-small" }, EMBED, [json(body, 400)])
    expect(record.failure).toMatchObject({ class: "request.too_long", providerCode: "context_length_exceeded" })
  })

  it("[PROV4] that are too few are a bad response", async () => {
    const body = { ...openaiEmbeddings(6), data: openaiEmbeddings(6).data.slice(0, 1) }
    const { record } = await drive({ ...openaiSpec, model: "text-embedding-3-small" }, EMBED, [json(body)])
    expect(record.failure).toMatchObject({ class: "provider.bad_response" })
  })
})

describe("moderations", () => {
  const results = [
    { flagged: true, categories: { violence: true }, category_scores: { violence: 0.97, hate: 0.01 } },
    { flagged: false, categories: { violence: false }, category_scores: { violence: 0.001, hate: 0.002 } },
  ]
  const setups: readonly [Setup, string, object][] = [
    [{ ...openaiSpec, model: "omni-moderation-latest" }, "https://api.openai.com/v1/moderations", openaiSpec.auth],
    [{ ...localSpec, model: "moderate" }, "http://127.0.0.1:8799/v1/moderations", {}],
  ]

  it.each(named(setups))("[PROV2] come in order from %s", async (_id, setup, url, auth) => {
    const { sent, reply, record } = await drive(setup, MODERATE, [json({ id: "modr-1", model: "m-2026", results })])
    expect(sent).toMatchObject([
      { url, headers: auth, body: { model: setup.model, input: ["I will find you", "Thank you"] } },
    ])
    expect(reply).toMatchObject({
      results: [
        { flagged: true, scores: { violence: 0.97, hate: 0.01 } },
        { flagged: false, scores: { violence: 0.001, hate: 0.002 } },
      ],
    })
    expect(record).toMatchObject({ outcome: "succeeded", responseId: "modr-1", responseModel: "m-2026" })
  })

  it("[PROV3] fail by the provider's own words", async () => {
    const body = { error: { message: "Slow down", type: "rate_limit_error", param: null, code: "rate_limit_exceeded" } }
    const setup = { ...openaiSpec, model: "omni-moderation-latest" }
    const { record } = await drive(setup, MODERATE, [json(body, 429)])
    expect(record.failure).toMatchObject({ class: "provider.rate_limited", status: 429 })
  })

  it("[PROV4] that are too few are a bad response", async () => {
    const setup = { ...openaiSpec, model: "omni-moderation-latest" }
    const { record } = await drive(setup, MODERATE, [json({ id: "modr-1", model: "m", results: results.slice(1) })])
    expect(record.failure).toMatchObject({ class: "provider.bad_response" })
  })
})

describe("transcriptions", () => {
  const whisper = { task: "transcribe", language: "english", duration: 2.5, text: "I was charged twice.", segments: [] }
  const cases: readonly [Setup, string, string, unknown][] = [
    [openaiSpec, "whisper-1", "https://api.openai.com/v1/audio/transcriptions", whisper],
    [
      groqSpec,
      "whisper-large-v3-turbo",
      "https://api.groq.com/openai/v1/audio/transcriptions",
      { ...whisper, x_groq: { id: "req_1" } },
    ],
    [
      mistralSpec,
      "voxtral-mini-latest",
      "https://api.mistral.ai/v1/audio/transcriptions",
      {
        model: "voxtral-mini-2507",
        text: "I was charged twice.",
        language: "en",
        segments: [],
        usage: { prompt_audio_seconds: 3, prompt_tokens: 4, total_tokens: 400, completion_tokens: 9 },
      },
    ],
    [
      workersAiSpec,
      "@cf/openai/whisper-large-v3-turbo",
      "https://api.cloudflare.com/client/v4/accounts/acc1/ai/run/@cf/openai/whisper-large-v3-turbo",
      enveloped({ text: "I was charged twice.", word_count: 4, transcription_info: { language: "en", duration: 2.5 } }),
    ],
  ]

  it.each(named(cases))("[PROV2] are read from %s", async (_id, spec, model, url, body) => {
    const { sent, reply, record } = await drive({ ...spec, model }, TRANSCRIBE, [json(body)])
    expect(sent.map((request) => request.url)).toEqual([url])
    expect(reply).toMatchObject({ type: "transcribe", text: "I was charged twice." })
    expect(record.outcome).toBe("succeeded")
    expect(spec.provider.capabilities(model, spec.settings)).toMatchObject({
      operations: ["transcribe"],
      media: ["audio/*"],
    })
  })
})

describe("the embedded models", () => {
  it("[PROV2] say how they answered, whole and streamed, and get templates and examples in the body", async () => {
    const operation: Operation = {
      type: "generate",
      messages: [{ role: "user", content: [{ type: "text", text: "hello" }] }],
      template: "Dear customer",
      examples: [{ input: "x", output: { topic: "bug" } }],
    }
    const body = (method: string) => ({
      id: "1",
      object: "chat.completion",
      created: 1,
      model: "template",
      choices: [{ index: 0, message: { role: "assistant", content: "Dear customer" }, finish_reason: "stop" }],
      usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
      waybill: { method },
    })
    const { sent, reply } = await drive({ ...localSpec, model: "template" }, operation, [json(body("template"))])
    expect(sent[0]?.body).toMatchObject({
      waybill: { template: "Dear customer", examples: [{ input: "x", output: { topic: "bug" } }] },
    })
    expect(reply).toMatchObject({ method: "template" })
  })

  it("[PROV9] say what an operation must have", () => {
    const needs = (model: string) => local.capabilities(model, { env: {} }).needs
    expect([needs("ocr"), needs("extract"), needs("template"), needs("llama3.2")]).toEqual([
      ["media"],
      ["schema"],
      ["template"],
      undefined,
    ])
  })
})

it("[PROV9] no model does what its name says it is not for", () => {
  const operations = (model: string) => openai.capabilities(model, { env: {} }).operations
  expect(operations("gpt-5-nano")).toEqual(["generate"])
  expect(operations("text-embedding-3-small")).toEqual(["embed"])
  expect(operations("omni-moderation-latest")).toEqual(["moderate"])
  expect(operations("gpt-4o-mini-transcribe")).toEqual(["transcribe"])
})
