/** The providers inside workerd: their packages load there, and Workers AI answers through a real service binding. */
import { env } from "cloudflare:workers"
import { describe, expect, it } from "vitest"
import { PROVIDERS } from "../../src/providers/index.ts"
import { workersAi } from "../../src/providers/workers-ai.ts"
import { overRpc } from "../../src/testing/fake-ai.ts"
import { drive, type Setup, TEXT } from "../providers/drive.ts"

const ai = overRpc(env.FAKE_AI)

const setup = (model: string): Setup => ({
  provider: workersAi,
  model,
  settings: { env: { AI: ai }, gateway: { id: "default", metadata: { run: "run_1" } } },
  ai,
})

describe("providers in workerd", () => {
  it("[PROV1] makes a model of every provider without a call", () => {
    const settings = {
      env: {},
      apiKey: "key",
      transport: { fetch, ai: env.FAKE_AI },
      baseUrl: "https://example.com/v1",
    }
    for (const provider of PROVIDERS) expect(provider.languageModel?.("author/model", settings)).toBeDefined()
  })

  it("[PROV2] streams from the AI binding, with its usage and the gateway's ids", async () => {
    const { record, streamed } = await drive(setup("@cf/test/whole"), TEXT, [], { stream: true })
    expect(record).toMatchObject({
      outcome: "succeeded",
      usage: { inputTokens: 5, outputTokens: 2 },
      gateway: { "cf-aig-log-id": "log-1" },
    })
    expect(streamed).toBe("Bonjour")
  })

  it("[PROV5] never takes the binding's stream for whole that ended early", async () => {
    const { record } = await drive(setup("@cf/test/cut"), TEXT, [], { stream: true })
    expect(record.failure).toMatchObject({ class: "provider.stream_cut" })
  })

  it("[PROV3] reads what the binding throws", async () => {
    const { record } = await drive(setup("@cf/test/busy"), TEXT, [])
    expect(record.failure).toMatchObject({ class: "provider.overloaded", providerCode: "3040" })
  })
})
