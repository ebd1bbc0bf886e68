/** Every provider that AI Gateway knows, through the gateway: over HTTP, and by the `AI` binding. */
import { describe, expect, it } from "vitest"
import { NO_USAGE } from "../../src/model/result.ts"
import { PROVIDERS } from "../../src/providers/index.ts"
import { local } from "../../src/providers/local.ts"
import { openai } from "../../src/providers/openai.ts"
import type { AiGatewaySettings } from "../../src/providers/provider.ts"
import { aiGatewayStub, gatewayError } from "../../src/testing/ai-gateway-stub.ts"
import { fakeAi } from "../../src/testing/fake-ai.ts"
import { type Driven, drive, type Setup, TEXT } from "./drive.ts"
import type { ProviderSpec } from "./provider-contract.ts"
import { SPECS } from "./specs/index.ts"
import { openaiSpec } from "./specs/openai.ts"
import { workersAiSpec } from "./specs/workers-ai.ts"
import { answer, fixtureJson, fixtureText, responseOf, success } from "./wire-answer.ts"

const METADATA = {
  run: "run_1",
  step: "decision",
  tenant: "acme",
  workflow: "support-refund",
  attempt: 1,
  dropped: true,
}
const HTTP: AiGatewaySettings = { id: "prod", account: { id: "acc1", apiToken: "cf-token" }, metadata: METADATA }
const BINDING: AiGatewaySettings = { id: "prod", metadata: METADATA }

/** Where each provider's requests must arrive, by https://developers.cloudflare.com/ai-gateway/usage/providers/ */
const PLACES: Readonly<Record<string, string>> = {
  openai: "openai/responses",
  anthropic: "anthropic/v1/messages",
  google: "google-ai-studio/v1beta/models/gemini-3-flash:generateContent",
  "google-vertex":
    "google-vertex-ai/v1/projects/acme/locations/europe-west1/publishers/google/models/gemini-3-flash:generateContent",
  azure: "azure-openai/acme/gpt-5-nano/chat/completions?api-version=2024-10-21",
  bedrock: "aws-bedrock/bedrock-runtime/eu-central-1/model/eu.anthropic.claude-sonnet-5/converse",
  mistral: "mistral/v1/chat/completions",
  cohere: "cohere/v2/chat",
  groq: "groq/chat/completions",
  xai: "grok/v1/responses",
  deepseek: "deepseek/chat/completions",
  perplexity: "perplexity-ai/chat/completions",
  cerebras: "cerebras/chat/completions",
  openrouter: "openrouter/v1/chat/completions",
  fireworks: "fireworks/chat/completions",
}
const PLACED = SPECS.filter(({ provider }) => PLACES[provider.id] !== undefined)

/** Azure behind the gateway speaks chat completions, for the gateway knows its deployments only so. */
function wireOf({ provider, text }: ProviderSpec) {
  return provider.id === "azure" ? success("openai-compatible", "text.json") : success(provider.id, text.file)
}

async function throughGateway(spec: ProviderSpec, gateway: AiGatewaySettings, withKey = true) {
  const stub = aiGatewayStub({ answer: () => responseOf(wireOf(spec)), gateways: ["prod"] })
  const { apiKey, ...settings } = spec.settings
  const setup: Setup = {
    ...spec,
    settings: { ...settings, gateway, ...(withKey && apiKey !== undefined ? { apiKey } : {}) },
    ai: fakeAi(() => undefined, stub),
  }
  const driven = await drive(setup, TEXT, [], { fetch: stub.fetch })
  return { driven, request: stub.requests[0], count: stub.requests.length }
}

function expectIds({ record }: Driven): void {
  expect(record.failure).toBeUndefined()
  expect(record.gateway).toEqual({
    "cf-aig-log-id": "log-1",
    "cf-aig-request-id": "request-1",
    "cf-aig-event-id": "event-1",
    "cf-aig-cache-status": "MISS",
    "cf-aig-step": "0",
  })
}

it("[PROV7] names the place in AI Gateway of every provider that has one", () => {
  const known = PROVIDERS.filter(({ aiGateway }) => aiGateway !== undefined && aiGateway.inPackage === undefined)
  expect(known.map(({ id }) => id).sort()).toEqual(Object.keys(PLACES).sort())
})

describe.each(PLACED)("$provider.id through AI Gateway", (spec) => {
  const place = PLACES[spec.provider.id]

  it("[PROV7] arrives over HTTP, unchanged, with token, metadata and its own key, and brings the gateway's ids back", async () => {
    const { driven, request, count } = await throughGateway(spec, HTTP)
    expect(count).toBe(1)
    expect(request).toMatchObject({
      account: "acc1",
      gateway: "prod",
      metadata: { run: "run_1", step: "decision", tenant: "acme", workflow: "support-refund", attempt: 1 },
      headers: { "cf-aig-authorization": "Bearer cf-token", "cf-aig-max-attempts": "1" },
    })
    expect(`${request?.slug}/${request?.endpoint}`).toBe(place)
    expect(Object.keys(request?.metadata ?? {})).toHaveLength(5)
    const { authorization: _, ...auth } = { authorization: "", ...spec.auth }
    expect(request?.headers).toMatchObject(auth)
    if (spec.provider.id !== "azure")
      expect(request?.body).toEqual(fixtureJson<{ text: unknown }>(spec.provider.id, "requests.json").text)
    expectIds(driven)
  })

  it("[PROV7] arrives by the binding, without an account or a token", async () => {
    const { driven, request } = await throughGateway(spec, BINDING)
    expect(`${request?.slug}/${request?.endpoint}`).toBe(place)
    expect(request?.account).toBeUndefined()
    expect(request?.headers["cf-aig-authorization"]).toBeUndefined()
    expectIds(driven)
  })

  it("[PROV7] sends no key when the gateway holds it, and is configured without one", async () => {
    const { gateway: _, apiKey: __, ...settings } = { gateway: undefined, ...spec.settings }
    expect(spec.provider.configuration({ ...settings, gateway: HTTP })).toEqual({ status: "ready" })
    const { driven, request } = await throughGateway(spec, HTTP, false)
    expectIds(driven)
    const values = Object.values(request?.headers ?? {}).join("\n")
    expect(values).not.toContain("no-key")
    expect(Object.keys(request?.headers ?? {})).not.toContain("authorization")
  })

  it("[PROV8] claims no region behind the gateway", () => {
    expect(spec.provider.regions(spec.model, { ...spec.settings, gateway: HTTP })).toEqual([])
  })
})

describe("a provider that AI Gateway does not know", () => {
  const spec = SPECS.find(({ provider }) => provider.id === "together")

  it("[PROV7] arrives at the custom provider that the routing names, and says what to do where it names none", async () => {
    if (!spec) throw new Error("There is no spec of together.")
    expect(spec.provider.configuration({ ...spec.settings, gateway: HTTP })).toMatchObject({
      status: "not_configured",
      remedy: expect.stringContaining("custom"),
    })
    const gateway = { ...HTTP, custom: "together" }
    expect(spec.provider.configuration({ ...spec.settings, gateway })).toEqual({ status: "ready" })
    const { driven, request } = await throughGateway(spec, gateway)
    expect(`${request?.slug}/${request?.endpoint}`).toBe("custom-together/v1/chat/completions")
    expectIds(driven)
  })
})

describe("AI Gateway's own faults", () => {
  const failing = (response: Response, gateway: AiGatewaySettings = HTTP) => {
    const stub = aiGatewayStub({ answer: () => response, gateways: ["prod"] })
    return drive({ ...openaiSpec, settings: { ...openaiSpec.settings, gateway } }, TEXT, [], { fetch: stub.fetch })
  }

  it.each([
    ["a wrong token", { ...HTTP, account: { id: "acc1", apiToken: "wrong" } }, 401, "provider.auth", "2009"],
    ["an unknown gateway", { ...HTTP, id: "gone" }, 400, "own_code.config", "2001"],
  ])("[PROV7] tells %s from the provider's", async (_name, gateway, status, failureClass, providerCode) => {
    const { record } = await failing(Response.json({}), gateway)
    expect(record.failure).toMatchObject({ class: failureClass, providerCode, status })
    expect(record.gateway).toMatchObject({ "cf-aig-log-id": "log-1" })
  })

  it.each([
    [500, 2005, "Failed to get response from provider", "provider.outage"],
    [429, 2003, "Rate limited", "provider.rate_limited"],
    [424, 2016, "Prompt blocked due to security configurations", "policy.guardrail"],
    [402, 2021, "Insufficient credits", "provider.quota"],
    [503, 7013, "Service failure", "provider.overloaded"],
  ])("[PROV7] tells its code %d %d from the provider's", async (status, code, message, failureClass) => {
    const { record } = await failing(gatewayError(status, code, message))
    expect(record.failure).toMatchObject({ class: failureClass, message, providerCode: String(code) })
  })

  it("[PROV7] passes the provider's own errors through", async () => {
    const body = {
      error: { message: "No credit.", type: "insufficient_quota", param: null, code: "insufficient_quota" },
    }
    const { record } = await failing(Response.json(body, { status: 429 }))
    expect(record.failure).toMatchObject({ class: "provider.quota", providerCode: "insufficient_quota" })
  })

  it("[COST7] charges nothing for an answer out of the gateway's cache, and says so", async () => {
    const stub = aiGatewayStub({ answer: () => responseOf(success("openai", "text.json")), gateways: ["prod"] })
    const gateway = { ...HTTP, headers: { "cf-aig-cache-ttl": "60" } }
    const setup = { ...openaiSpec, settings: { ...openaiSpec.settings, gateway } }
    await drive(setup, TEXT, [], { fetch: stub.fetch })
    const { record } = await drive(setup, TEXT, [], { fetch: stub.fetch })
    expect(record).toMatchObject({
      outcome: "succeeded",
      gateway: { "cf-aig-cache-status": "HIT" },
      cached: true,
      usage: NO_USAGE,
      costNanoUsd: 0,
      priced: true,
    })
  })
})

describe("a provider that cannot go through the gateway", () => {
  it("[PROV7] says so before any call", () => {
    const configuration = local.configuration({ env: { LOCAL_MODELS_URL: "http://127.0.0.1:8799" }, gateway: HTTP })
    expect(configuration).toMatchObject({ status: "not_configured", remedy: expect.stringContaining("local") })
  })

  it("[PROV7] is not configured for the binding without one", () => {
    expect(openai.configuration({ env: {}, gateway: BINDING })).toMatchObject({
      status: "not_configured",
      missing: ["AI"],
    })
  })
})

describe("Workers AI by the binding", () => {
  const OK = () =>
    new Response(workersAiText(), { headers: { "content-type": "application/json", "cf-aig-log-id": "log-7" } })
  const workersAi = (ai: ReturnType<typeof fakeAi>, gateway?: AiGatewaySettings): Setup => ({
    provider: workersAiSpec.provider,
    model: workersAiSpec.model,
    settings: { env: { AI: ai }, ...(gateway === undefined ? {} : { gateway }) },
    ai,
  })

  it("[PROV7] runs the model with the gateway's options, and brings its log id back", async () => {
    const ai = fakeAi(OK)
    const { record, reply } = await drive(workersAi(ai, BINDING), TEXT, [])
    expect(ai.calls).toMatchObject([
      {
        model: "@cf/openai/gpt-oss-20b",
        input: { messages: [{ role: "system" }, { role: "user" }], max_tokens: 64 },
        options: { gateway: { id: "prod", metadata: { run: "run_1", tenant: "acme" } }, returnRawResponse: true },
      },
    ])
    expect(record).toMatchObject({ outcome: "succeeded", gateway: { "cf-aig-log-id": "log-7" } })
    expect(reply).toMatchObject({ answer: { text: "Bonjour, très cher !" } })
  })

  it.each([
    ["3040: Capacity temporarily exceeded, please try again.", "provider.overloaded", "3040"],
    ["AiError: 3036: You have used up your daily free allocation", "provider.quota", "3036"],
    ["InferenceUpstreamError: 5007: No such model", "provider.model_gone", "5007"],
    ["Invalid input: 5006: Error: required properties at '/' are 'prompt'", "request.invalid", "5006"],
    ["3046: Request timeout", "provider.timeout", "3046"],
    // AI Gateway's own, which stands in front of it.
    ["2001: Please configure AI Gateway in the Cloudflare dashboard", "own_code.config", "2001"],
    ["2003: Rate limited", "provider.rate_limited", "2003"],
    ["2016: Prompt blocked due to security configurations", "policy.guardrail", "2016"],
    ["2021: Insufficient credits", "provider.quota", "2021"],
  ])("[PROV3] reads what the binding throws: %s", async (message, failureClass, providerCode) => {
    const ai = fakeAi(() => Promise.reject(new Error(message)))
    const { record } = await drive(workersAi(ai), TEXT, [])
    expect(record.failure).toMatchObject({
      class: failureClass,
      providerCode,
      message: expect.stringContaining(message),
    })
  })

  it("[PROV5] never takes its stream for whole that ended early", async () => {
    const cut = fixtureText("workers-ai", "stream.sse").split("data: [DONE]")[0] ?? ""
    const ai = fakeAi(() => responseOf(answer(200, { "content-type": "text/event-stream" }, cut)))
    const { record } = await drive(workersAi(ai), TEXT, [], { stream: true })
    expect(record.failure).toMatchObject({ class: "provider.stream_cut" })
  })
})

/** The binding gives the result itself, where REST wraps it. */
function workersAiText(): string {
  return JSON.stringify(fixtureJson<{ result: unknown }>("workers-ai", "text.json").result)
}
