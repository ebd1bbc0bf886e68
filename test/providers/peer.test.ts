/**
 * An independent peer: `@copilotkit/aimock`, other people's idea of the same wires, over loopback HTTP. It speaks nine of our
 * dialects well enough to be taken at its word; its xAI and streamed Cohere are not the providers'.
 */
import { LLMock } from "@copilotkit/aimock"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { drive, TEXT, WITH_TOOL } from "./drive.ts"
import { SPECS } from "./specs/index.ts"

const mock = new LLMock({ port: 0 })
  .onMessage("hello in French", { content: "Bonjour !" })
  .onMessage("weather in Paris", { toolCalls: [{ name: "get_weather", arguments: '{"city":"Paris"}' }] })

beforeAll(() => mock.start())
afterAll(() => mock.stop())

/** Where the peer serves each provider. */
const PATHS: Readonly<Record<string, string>> = {
  openai: "/v1",
  anthropic: "/v1",
  google: "/v1beta",
  "google-vertex": "/v1/projects/acme/locations/europe-west1/publishers/google",
  azure: "/openai",
  bedrock: "",
  "openai-compatible": "/v1",
  openrouter: "/api/v1",
  deepseek: "",
}
const PEERS = SPECS.filter(({ provider }) => PATHS[provider.id] !== undefined)

describe.each(PEERS)("$provider.id against aimock", (spec) => {
  const call = (operation: typeof TEXT, stream: boolean) =>
    drive(
      { ...spec, settings: { ...spec.settings, baseUrl: `${mock.url}${PATHS[spec.provider.id]}` } },
      operation,
      [],
      {
        stream,
        fetch,
      },
    )

  it.each([false, true])("[PROV2] reads a text and a tool call (streamed: %s)", async (stream) => {
    expect((await call(TEXT, stream)).reply).toMatchObject({ answer: { text: "Bonjour !" } })
    expect((await call(WITH_TOOL, stream)).reply).toMatchObject({
      answer: { toolCalls: [{ name: "get_weather", input: { city: "Paris" } }] },
    })
  })

  it.each([
    [{ rateLimitRate: 1 }, "provider.rate_limited", 1000],
    [{ dropRate: 1 }, "provider.outage", undefined],
    [{ malformedRate: 1 }, "provider.bad_response", undefined],
    [{ disconnectRate: 1 }, "provider.outage", undefined],
  ])("[PROV4] names its chaos %o", async (chaos, failureClass, retryAfterMs) => {
    mock.setChaos(chaos)
    const { record } = await call(TEXT, true)
    mock.clearChaos()
    expect(record.failure).toMatchObject({
      class: failureClass,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
  })
})
