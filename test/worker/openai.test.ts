/** The OpenAI-compatible door, as OpenAI's own client and the AI SDK's provider see it; the models behind it are scripted. */

import { exports } from "cloudflare:workers"
import { createOpenAICompatible } from "@ai-sdk/openai-compatible"
import { embed, generateText, Output, streamText, tool } from "ai"
import OpenAI from "openai"
import type { ChatCompletionCreateParamsNonStreaming } from "openai/resources/chat/completions"
import { beforeEach, describe, expect, it } from "vitest"
import { z } from "zod"
import { isJsonObject } from "../../src/lib/json.ts"
import chat from "../fixtures/screens/abusive-message-chat.png"
import { get, ORIGIN, put, send } from "./support/client.ts"
import { shipped } from "./support/worker.ts"

const BASE = `${ORIGIN}/openai/v1`
const served: typeof fetch = (input, init) => exports.default.fetch(new Request(input, init))
const client = new OpenAI({ apiKey: "none", baseURL: BASE, fetch: served })
const sdk = createOpenAICompatible({ name: "waybill", baseURL: BASE, fetch: served, supportsStructuredOutputs: true })

const QUESTION = [{ role: "user" as const, content: "Who are you?" }]
const CITY = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
}
const WEATHER = {
  type: "function" as const,
  function: { name: "weather", description: "Of a city.", parameters: CITY },
}

type ChatOptions = Partial<ChatCompletionCreateParamsNonStreaming>

const complete = (model: string, more: ChatOptions = {}) =>
  client.chat.completions.create({ model, messages: QUESTION, ...more })

/** What the model named `echo` was sent. */
async function echoed(more: ChatOptions): Promise<Record<string, unknown>> {
  const { choices } = await complete("openai-compatible/echo", more)
  return JSON.parse(choices[0]?.message.content ?? "")
}

/** The operation that the header of an answer names. */
async function logged(response: Response) {
  return (await get(`/v1/operations/${response.headers.get("x-waybill-operation")}`)).body
}

async function errorOf(work: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (thrown instanceof OpenAI.APIError) return thrown
  throw new Error(`expected an error of the API, found ${thrown}`)
}

describe("chat completions", () => {
  it("[DOOR1] are answered by a route, an alias or a model in full", async () => {
    const said = async (model: string) => (await complete(model)).choices[0]?.message.content
    expect(await said("route/plan")).toBe("I am quick.")
    expect(await said("first")).toBe("I am first.")
    expect(await said("openai-compatible/anyone")).toBe("I am anyone.")
    const { object, model, choices, usage } = await complete("first")
    expect({ object, model }).toEqual({ object: "chat.completion", model: "openai-compatible/first" })
    expect(choices).toMatchObject([{ index: 0, finish_reason: "stop", message: { role: "assistant" } }])
    expect(usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 })
  })

  it("[DOOR2] say why which model answered and what it cost, and are on record", async () => {
    const { response } = await complete("route/plan", { user: "u7" }).withResponse()
    expect(response.headers.get("x-waybill-model")).toBe("openai-compatible/quick")
    expect(response.headers.get("x-waybill-decision")).toContain("openai-compatible/busy failed (provider.overloaded)")
    expect(response.headers.get("x-waybill-cost-usd")).toBe("0.000000000")
    expect(await logged(response)).toMatchObject({
      endpoint: "chat.completions",
      asked: "route/plan",
      status: "succeeded",
      user: "u7",
      decision: { route: "plan", routingVersion: shipped.version },
      attempts: [
        { model: "busy", outcome: "failed" },
        { model: "quick", outcome: "succeeded" },
      ],
    })
    const { body } = await get("/v1/operations?limit=1")
    expect(body).toMatchObject({
      operations: [{ id: response.headers.get("x-waybill-operation") }],
      nextCursor: response.headers.get("x-waybill-operation"),
    })
  })

  it("[DOOR3] stream", async () => {
    const stream = await client.chat.completions.create({
      ...{ model: "route/plan", messages: QUESTION, stream: true },
      stream_options: { include_usage: true },
    })
    let text = ""
    const chunks = []
    for await (const chunk of stream) {
      chunks.push(chunk)
      text += chunk.choices[0]?.delta.content ?? ""
    }
    expect(text).toBe("I am quick.")
    expect(chunks.length).toBeGreaterThan(4)
    expect(chunks[0]?.choices[0]?.delta).toMatchObject({ role: "assistant" })
    expect(chunks.at(-2)).toMatchObject({
      choices: [{ finish_reason: "stop" }],
      waybill: {
        model: "openai-compatible/quick",
        decision: expect.stringContaining("busy failed"),
        cost_usd: "0.000000000",
      },
    })
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 15 } })
  })

  it("[DOOR3] that fail before the first piece have the failure's status, and after it end with an error", async () => {
    expect(await errorOf(streamed("openai-compatible/limited"))).toMatchObject({ status: 429 })
    const cut = await errorOf(streamed("openai-compatible/cut"))
    expect(cut).toMatchObject({ code: "stream_cut", type: "server_error" })
    const { body } = await get("/v1/operations?limit=1")
    expect(body).toMatchObject({ operations: [{ status: "failed", attempts: [{ model: "cut" }] }] })
  })

  it("[DOOR4] call tools and take their results", async () => {
    for (const stream of [false, true]) {
      const turn = { model: "openai-compatible/caller", messages: QUESTION, tools: [WEATHER] }
      const { choices } = stream
        ? await client.chat.completions.stream(turn).finalChatCompletion()
        : await client.chat.completions.create(turn)
      expect(choices[0]).toMatchObject({
        finish_reason: "tool_calls",
        message: { tool_calls: [{ id: "call_0", function: { name: "weather", arguments: '{"city":"Paris"}' } }] },
      })
    }
    const call = { id: "c1", type: "function" as const, function: { name: "weather", arguments: '{"city":"Paris"}' } }
    const sent = await echoed({
      tools: [WEATHER],
      tool_choice: { type: "function", function: { name: "weather" } },
      messages: [
        ...QUESTION,
        { role: "assistant", content: null, tool_calls: [call] },
        { role: "tool", tool_call_id: "c1", content: "18 °C" },
      ],
    })
    expect(sent).toMatchObject({
      tool_choice: "required",
      messages: [{}, { tool_calls: [call] }, { role: "tool", tool_call_id: "c1", content: "18 °C" }],
    })
  })

  it("[DOOR5] keep to a JSON schema, streamed too", async () => {
    const response_format = { type: "json_schema" as const, json_schema: { name: "place", schema: CITY, strict: true } }
    const { choices } = await complete("openai-compatible/json", { response_format })
    expect(JSON.parse(choices[0]?.message.content ?? "")).toEqual({ city: "Paris" })
    const runner = client.chat.completions.stream({
      model: "openai-compatible/json",
      messages: QUESTION,
      response_format,
    })
    expect(await runner.finalContent()).toBe('{"city":"Paris"}')
    expect(await errorOf(complete("openai-compatible/prose", { response_format }))).toMatchObject({
      status: 502,
      code: "invalid_json",
    })
  })

  it("[DOOR6] take images, and hide what the routing hides", async () => {
    const url = `data:image/png;base64,${Buffer.from(new Uint8Array(chat)).toString("base64")}`
    const picture = { type: "image_url" as const, image_url: { url } }
    const content = [{ type: "text" as const, text: "Ask jane@example.com." }, picture]
    const { choices } = await complete("openai-compatible/gpt-5-vision", { messages: [{ role: "user", content }] })
    expect(choices[0]?.message.content).toBe("I am gpt-5-vision.")
    const broken = { type: "image_url" as const, image_url: { url: "data:image/png;base64,AAAA" } }
    expect(await errorOf(complete("first", { messages: [{ role: "user", content: [broken] }] }))).toMatchObject({
      status: 400,
      param: "messages[0].content[0].image_url.url",
    })
    const { data, response } = await complete("openai-compatible/echo", {
      messages: [{ role: "user", content: "Ask jane@example.com." }],
    }).withResponse()
    // The echo said a placeholder; the caller sees what stood there.
    expect(data.choices[0]?.message.content).toContain("Ask jane@example.com.")
    expect(await logged(response)).toMatchObject({ redactions: 1 })
    const key = "-----BEGIN PRIVATE KEY-----\nMIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6\n-----END PRIVATE KEY-----"
    expect(await errorOf(complete("first", { messages: [{ role: "user", content: key }] }))).toMatchObject({
      status: 400,
      code: "redaction_blocked",
    })
  })

  it("[DOOR7] pass settings on, and an answer that hit its token limit is one", async () => {
    const settings = {
      temperature: 0.5,
      top_p: 0.9,
      stop: ["END"],
      seed: 7,
      presence_penalty: 0.1,
      frequency_penalty: 0.2,
    }
    expect(await echoed({ ...settings, max_completion_tokens: 50 })).toMatchObject({ ...settings, max_tokens: 50 })
    const { choices } = await complete("openai-compatible/longwinded", { max_tokens: 2 })
    expect(choices[0]).toMatchObject({ finish_reason: "length", message: { content: "Once upon" } })
  })

  it("[DOOR8] refuse what cannot be done by name, and name what changes nothing", async () => {
    expect(await errorOf(complete("first", { logprobs: true }))).toMatchObject({ status: 400, param: "logprobs" })
    expect(await errorOf(complete("first", { n: 2 }))).toMatchObject({ status: 400, param: "n" })
    const { response } = await complete("first", { store: true, service_tier: "auto" }).withResponse()
    expect(response.headers.get("x-waybill-ignored")).toBe("store, service_tier")
  })

  it("[DOOR10] end when their caller goes away, and what they cost until then is on record", async () => {
    const stream = await client.chat.completions.create({
      ...{ model: "openai-compatible/drip", messages: QUESTION, stream: true },
    })
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break
    expect(await latestOnceIt("cancelled")).toMatchObject({
      asked: "openai-compatible/drip",
      attempts: [{ model: "drip", outcome: "aborted", estimated: true }],
    })
  })
})

/** The latest operation on record, as soon as it is `status`. */
async function latestOnceIt(status: string): Promise<unknown> {
  for (;;) {
    const { operations } = (await get("/v1/operations?limit=1")).body
    const latest: unknown = Array.isArray(operations) ? operations[0] : undefined
    if (isJsonObject(latest) && latest.status === status) return latest
  }
}

async function streamed(model: string): Promise<string> {
  let text = ""
  const stream = await client.chat.completions.create({ model, messages: QUESTION, stream: true })
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ""
  return text
}

describe("errors", () => {
  it.each([
    ["openai-compatible/limited", 429, "rate_limit_exceeded"],
    ["openai-compatible/broke", 429, "insufficient_quota"],
    ["openai-compatible/strict", 400, "context_length_exceeded"],
    ["openai-compatible/busy", 503, "overloaded"],
    ["anthropic/claude-opus-5", 503, "not_configured"],
    ["route/nowhere", 404, "model_not_found"],
    ["gpt-4o", 404, "model_not_found"],
  ])("[DOOR9] of %s have the status %i and the code %s, and are asked for once", async (model, status, code) => {
    const before = await operationCount()
    const error = await errorOf(complete(model))
    expect(error).toMatchObject({ status, code, error: { message: expect.any(String) } })
    expect(await operationCount()).toBe(before + (status === 404 ? 0 : 1))
  })

  it("[DOOR9] of requests name the part", async () => {
    const response = await send("/openai/v1/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "first", messages: [{ role: "user" }] }),
    })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      error: { type: "invalid_request_error", code: "request_invalid", param: "messages[0].content" },
    })
    const broken = await send("/openai/v1/embeddings", { method: "POST", body: new Blob(["{"]) })
    expect([broken.status, await broken.json()]).toMatchObject([400, { error: { code: "body_not_json" } }])
    const stranger = await send("/openai/v1/models", {}, "http://example.com")
    expect([stranger.status, await stranger.json()]).toMatchObject([403, { error: { code: "origin_refused" } }])
  })
})

async function operationCount(): Promise<number> {
  const { operations } = (await get("/v1/operations?limit=200")).body
  return Array.isArray(operations) ? operations.length : 0
}

describe("embeddings, moderations and models", () => {
  it("[DOOR11] embed one text or several, as numbers or packed", async () => {
    const packed = await client.embeddings.create({ model: "route/embed", input: ["four", "fives"] })
    expect(packed.data.map(({ embedding }) => [...embedding])).toEqual([
      [4, 1],
      [5, 1],
    ])
    const plain = await client.embeddings.create({ model: "route/embed", input: "four", encoding_format: "float" })
    expect(plain).toMatchObject({ data: [{ index: 0, embedding: [4, 1] }], usage: { prompt_tokens: 4 } })
    const narrow = client.embeddings.create({ model: "route/embed", input: "four", dimensions: 1 })
    expect(await errorOf(narrow)).toMatchObject({ status: 400, param: "dimensions" })
  })

  it("[DOOR12] judge texts by category", async () => {
    const { results } = await client.moderations.create({
      model: "route/moderate",
      input: ["hello", "I will kill you"],
    })
    expect(results).toMatchObject([
      { flagged: false, categories: { violence: false } },
      { flagged: true, categories: { violence: true, hate: false }, category_scores: { violence: 0.98 } },
    ])
  })

  it("[DOOR13] list what a request may name", async () => {
    const ids = (await client.models.list()).data.map(({ id }) => id)
    expect(ids).toEqual(expect.arrayContaining(["route/plan", "quick", "openai-compatible/first", "local/moderate"]))
    expect(await client.models.retrieve("route/plan")).toMatchObject({ id: "route/plan", owned_by: "waybill" })
    expect(await errorOf(client.models.retrieve("route/nowhere"))).toMatchObject({ status: 404 })
  })
})

describe("the AI SDK's openai-compatible provider", () => {
  it("[DOOR1] [DOOR3] generates and streams", async () => {
    const { text, usage } = await generateText({ model: sdk("route/plan"), prompt: "Who are you?" })
    expect([text, usage.totalTokens]).toEqual(["I am quick.", 15])
    let streamedText = ""
    for await (const piece of streamText({ model: sdk("route/plan"), prompt: "Who?" }).textStream) streamedText += piece
    expect(streamedText).toBe("I am quick.")
  })

  it("[DOOR4] [DOOR5] calls tools and gives objects", async () => {
    const weather = tool({
      description: "Of a city.",
      inputSchema: z.object({ city: z.string() }),
      execute: () => "18 °C",
    })
    const { toolCalls } = await generateText({
      ...{ model: sdk("openai-compatible/caller"), prompt: "Rain?", tools: { weather } },
    })
    expect(toolCalls).toMatchObject([{ toolName: "weather", input: { city: "Paris" } }])
    const { output } = await generateText({
      ...{ model: sdk("openai-compatible/json"), prompt: "Where?" },
      output: Output.object({ schema: z.object({ city: z.string() }) }),
    })
    expect(output).toEqual({ city: "Paris" })
  })

  it("[DOOR11] embeds", async () => {
    const { embedding } = await embed({ model: sdk.embeddingModel("route/embed"), value: "four" })
    expect(embedding).toEqual([4, 1])
  })
})

beforeEach(async () => {
  await put("/v1/routing", shipped.source)
})
