/** What the OpenAI-compatible door refuses and what else it does, and the door as the AI SDK's provider sees it. */
import { embed, generateText, Output, streamText, tool } from "ai"
import { describe, expect, it } from "vitest"
import { z } from "zod"
import { get, send } from "./support/client.ts"
import { client, complete, errorOf, sdk } from "./support/openai.ts"

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

  it("[DOOR8] take a query that other doors want, such as an api-version", async () => {
    const models = await get("/openai/v1/models?api-version=2026-10-01")
    expect(models.status).toBe(200)
    const headers = { "content-type": "application/json" }
    const body = JSON.stringify({ model: "first", messages: [{ role: "user", content: "Hello" }] })
    const chat = await send("/openai/v1/chat/completions?api-version=2026-10-01", { method: "POST", headers, body })
    expect(chat.status).toBe(200)
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
