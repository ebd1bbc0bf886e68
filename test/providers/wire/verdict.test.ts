import { describe, expect, it } from "vitest"
import { WaybillError } from "../../../src/lib/errors.ts"
import { anthropic } from "../../../src/providers/anthropic.ts"
import { openai } from "../../../src/providers/openai.ts"
import { openaiCompatible } from "../../../src/providers/openai-compatible.ts"
import type { Exchange } from "../../../src/providers/transport.ts"
import { wireFailure, wireResponse, wireUsage } from "../../../src/providers/wire/verdict.ts"

const exchange = (parts: Partial<Exchange> & { readonly content?: string }): Exchange => ({
  url: "https://example.com",
  method: "POST",
  requestHeaders: {},
  status: 200,
  headers: {},
  body: "ended",
  text: () => parts.content ?? "",
  bytes: () => new TextEncoder().encode(parts.content ?? ""),
  ...parts,
})
const named = (name: string, message = "m") => Object.assign(new Error(message), { name })

describe("the verdict on an exchange", () => {
  it.each([
    ["AI_UnsupportedFunctionalityError", "request.unsupported"],
    ["AI_InvalidPromptError", "request.invalid"],
    ["AI_LoadAPIKeyError", "own_code.config"],
    ["TypeError", "own_code.exception"],
    ["AbortError", "cancelled"],
  ])("[PROV3] is %s's, when nothing was sent", (name, failureClass) => {
    expect(wireFailure(openai, undefined, named(name), 0)).toEqual({ class: failureClass, message: expect.any(String) })
  })

  it("[PROV3] is the configuration's, when a provider lacks it at the last moment", () => {
    const thrown = new WaybillError("provider_not_configured", "No binding.")
    expect(wireFailure(openai, undefined, thrown, 0)).toEqual({ class: "own_code.config", message: "No binding." })
    expect(wireFailure(openai, undefined, undefined, 0)).toBeUndefined()
  })

  it("[PROV4] is a bad response for a redirect that nobody followed, and for an orderly answer that the package cannot read", () => {
    expect(wireFailure(openai, exchange({ status: 302 }), undefined, 0)).toMatchObject({
      class: "provider.bad_response",
      status: 302,
    })
    const odd = exchange({ content: '{"object":"response"}' })
    expect(wireFailure(openai, odd, named("AI_TypeValidationError", "x".repeat(9000)), 0)).toMatchObject({
      class: "provider.bad_response",
      message: expect.stringMatching(/^x{500}…$/),
    })
  })

  it("[PROV3] is nothing for an error that says nothing", () => {
    for (const error of [null, {}, ""])
      expect(
        wireFailure(openai, exchange({ content: JSON.stringify({ id: "r", error }) }), undefined, 0),
      ).toBeUndefined()
  })

  it("[PROV6] is nothing for what we ourselves stopped reading", () => {
    expect(wireFailure(openai, exchange({ body: "dropped", content: "data: {}\n\n" }), undefined, 0)).toBeUndefined()
    const aborted = exchange({ status: undefined, body: "none", error: named("AbortError") })
    expect(wireFailure(openai, aborted, aborted.error, 0)).toMatchObject({ class: "cancelled" })
  })

  it("[PROV2] finds usage and ids also in an answer that broke off", () => {
    const started = { type: "response.created", response: { id: "resp_1", model: "gpt-5-nano-2025", usage: null } }
    const broken = exchange({
      body: "broken",
      error: new TypeError("terminated"),
      content: `data: ${JSON.stringify(started)}\n\ndata: {"type":"response.output_text.delta","item_id":"msg_1","delta":"B"}\n\n`,
    })
    expect(wireFailure(openai, broken, broken.error, 0)).toMatchObject({ class: "provider.stream_cut" })
    expect(wireResponse(broken)).toEqual({ responseId: "resp_1", responseModel: "gpt-5-nano-2025" })
    expect(wireUsage(openai, broken)).toBeUndefined()
    expect([wireUsage(openai, undefined), wireResponse(undefined)]).toEqual([undefined, {}])
  })

  it("[PROV2] takes no count back that a proxy puts into Anthropic's last event as 0 or null", () => {
    const started = {
      input_tokens: 25,
      cache_read_input_tokens: 1800,
      cache_creation_input_tokens: 248,
      cache_creation: { ephemeral_5m_input_tokens: 48, ephemeral_1h_input_tokens: 200 },
      output_tokens: 1,
    }
    const events = [
      { type: "message_start", message: { id: "msg_1", usage: started } },
      { type: "message_delta", usage: { input_tokens: 0, cache_read_input_tokens: null, output_tokens: 12 } },
    ]
    const told = exchange({ content: events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("") })
    expect(wireUsage(anthropic, told)).toEqual({
      inputTokens: 25 + 1800 + 248,
      outputTokens: 12,
      cacheReadTokens: 1800,
      cacheWriteTokens: 248,
      cacheWrite1hTokens: 200,
      reasoningTokens: 0,
    })
  })

  it("[PROV10] is nothing for a stream of a server that knows no finish reason, once it is done", () => {
    const chunk = {
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta: { content: "4", role: "assistant" } }],
    }
    const usage = { object: "chat.completion.chunk", choices: [], usage: { prompt_tokens: 22, completion_tokens: 5 } }
    const events = `data: ${JSON.stringify(chunk)}\n\ndata: ${JSON.stringify(usage)}\n\n`
    const failure = (content: string) => wireFailure(openaiCompatible, exchange({ content }), undefined, 0)
    expect(failure(`${events}data: [DONE]\n\n`)).toBeUndefined()
    expect(failure(events)).toMatchObject({ class: "provider.stream_cut" })
  })

  it("[PROV3] never holds more of a provider's words than a log can bear", () => {
    const failure = wireFailure(openai, exchange({ status: 500, content: "y".repeat(100_000) }), undefined, 0)
    expect(failure?.message.length).toBeLessThan(510)
  })
})
