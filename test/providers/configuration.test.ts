/** What providers say before any call: whether they are configured, where they run, what they can do. */
import { describe, expect, it } from "vitest"
import { envText, keysOf } from "../../src/providers/env.ts"
import { PROVIDERS } from "../../src/providers/index.ts"
import type { ProviderEnv } from "../../src/providers/provider.ts"
import { isStrictSchema } from "../../src/providers/strict-schema.ts"
import { SPECS } from "./specs/index.ts"

const provider = (id: string) => {
  const found = PROVIDERS.find((candidate) => candidate.id === id)
  if (!found) throw new Error(`No provider ${id}`)
  return found
}
const regions = (id: string, model: string, env: ProviderEnv = {}, baseUrl?: string) =>
  provider(id).regions(model, { env, ...(baseUrl === undefined ? {} : { baseUrl }) })

describe("the list of providers", () => {
  it("has each id once, and a spec of the contract for each", () => {
    const ids = PROVIDERS.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(SPECS.map((spec) => spec.provider.id).sort()).toEqual([...ids].sort())
  })
})

describe("configuration", () => {
  it.each(PROVIDERS.map(({ id }) => id))(
    "[PROV9] %s is not configured by an empty environment, and says what to set",
    (id) => {
      const configuration = provider(id).configuration({ env: {} })
      expect(configuration.status).toBe("not_configured")
      if (configuration.status === "ready") return
      expect(configuration.missing.length).toBeGreaterThan(0)
      for (const name of configuration.missing) expect(configuration.remedy).toContain(name)
    },
  )

  it.each(SPECS.map((spec) => [spec.provider.id, spec] as const))(
    "[PROV9] %s is configured by what its spec sets",
    (_id, spec) => {
      const [keyName] = spec.provider.keyNames
      const env = { ...spec.settings.env, ...(keyName === undefined ? {} : { [keyName]: "key" }) }
      expect(spec.provider.configuration({ env })).toEqual({ status: "ready" })
    },
  )

  it("[PROV9] takes either way that a provider offers", () => {
    const aws = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "s" }
    expect(provider("bedrock").configuration({ env: aws })).toEqual({ status: "ready" })
    expect(provider("bedrock").configuration({ env: { AWS_ACCESS_KEY_ID: "a" } }).status).toBe("not_configured")
    const account = { GOOGLE_CLIENT_EMAIL: "e", GOOGLE_PRIVATE_KEY: "k", GOOGLE_VERTEX_PROJECT: "p" }
    expect(provider("google-vertex").configuration({ env: account })).toEqual({ status: "ready" })
    expect(provider("workers-ai").configuration({ env: { AI: {} } })).toEqual({ status: "ready" })
    expect(provider("local").configuration({ env: {}, baseUrl: "http://127.0.0.1:1" })).toEqual({ status: "ready" })
  })

  it("[PROV9] takes no blank variable and no binding for a key", () => {
    expect([envText({ A: " " }, "A"), envText({ A: {} }, "A"), envText({ A: " k " }, "A")]).toEqual([
      undefined,
      undefined,
      "k",
    ])
    expect(provider("openai").configuration({ env: { OPENAI_API_KEY: "  " } }).status).toBe("not_configured")
  })

  it("[PROV9] takes several keys, separated by commas, from the first variable that is set", () => {
    expect(keysOf({ keyNames: ["A", "B"] }, { A: "", B: "k1, k2,,k3 " })).toEqual(["k1", "k2", "k3"])
    expect(keysOf({ keyNames: ["A", "B"] }, { A: "k0", B: "k1" })).toEqual(["k0"])
    expect(keysOf({ keyNames: [] }, { A: "k" })).toEqual([])
  })
})

describe("residency", () => {
  it.each(PROVIDERS.map(({ id }) => id).filter((id) => id !== "bedrock"))(
    "[PROV8] %s claims no region that nobody vouches for",
    (id) => {
      expect(regions(id, "model")).toEqual([])
    },
  )

  it.each([
    ["eu-central-1", "eu.anthropic.claude-sonnet-5", ["eu"]],
    ["eu-west-3", "mistral.mistral-large-3", ["eu"]],
    ["eu-central-1", "global.anthropic.claude-sonnet-5", []],
    ["eu-central-1", "us.anthropic.claude-sonnet-5", []],
    ["eu-west-2", "anthropic.claude-sonnet-5", []],
    ["eu-central-2", "anthropic.claude-sonnet-5", []],
    ["us-west-2", "us.anthropic.claude-sonnet-5", ["us"]],
    ["us-west-2", "eu.anthropic.claude-sonnet-5", []],
    ["ap-south-1", "anthropic.claude-sonnet-5", []],
  ])("[PROV8] Bedrock in %s runs %s in %j", (AWS_REGION, model, expected) => {
    expect(regions("bedrock", model, { AWS_REGION })).toEqual(expected)
  })

  it.each([
    ["europe-west1", ["eu"]],
    ["eu", ["eu"]],
    ["europe-west2", []],
    ["europe-west6", []],
    ["us-central1", ["us"]],
    ["global", []],
  ])("[PROV8] Vertex in %s runs in %j", (location, expected) => {
    const env = { GOOGLE_VERTEX_PROJECT: "p", GOOGLE_VERTEX_LOCATION: location }
    expect(regions("google-vertex", "gemini-3-flash", env)).toEqual(expected)
  })

  it("[PROV8] knows the providers' regional hosts", () => {
    expect(regions("openai", "gpt-5-nano", {}, "https://eu.api.openai.com/v1")).toEqual(["eu"])
    expect(regions("openai", "gpt-5-nano", { OPENAI_BASE_URL: "https://us.api.openai.com/v1" })).toEqual(["us"])
    expect(regions("openai", "gpt-5-nano", {}, "https://eu.api.openai.com.evil.example/v1")).toEqual([])
    expect(regions("openrouter", "m", {}, "https://eu.openrouter.ai/api/v1")).toEqual(["eu"])
    expect(regions("xai", "grok-4.6", {}, "https://eu-west-1.api.x.ai/v1")).toEqual(["eu"])
  })

  it("[PROV8] takes the operator's word", () => {
    expect(regions("mistral", "mistral-small", { MISTRAL_REGIONS: "EU, us" })).toEqual(["eu", "us"])
    expect(regions("azure", "gpt-5-nano", { AZURE_REGIONS: "eu" })).toEqual(["eu"])
  })

  it("[PROV8] lets what stays on this machine satisfy every region, and nothing that only looks so", () => {
    for (const url of ["http://127.0.0.1:8799", "http://localhost:8799", "http://[::1]:8799"])
      expect(regions("local", "extract", { LOCAL_MODELS_URL: url })).toEqual(["*"])
    expect(regions("local", "extract", { LOCAL_MODELS_URL: "http://models.example:8799" })).toEqual([])
    expect(regions("local", "extract", { LOCAL_MODELS_URL: "http://127.0.0.1.evil.example" })).toEqual([])
    expect(regions("openai-compatible", "m", { OPENAI_COMPATIBLE_BASE_URL: "http://127.0.0.1:11434/v1" })).toEqual([
      "*",
    ])
  })
})

describe("strict schemas", () => {
  const object = (properties: object, more: object = {}) => ({
    type: "object",
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
    ...more,
  })

  it.each([
    [object({ a: { type: "string" } }), true],
    [object({ a: { type: "string" } }, { required: [] }), false],
    [object({ a: { type: "string" } }, { additionalProperties: true }), false],
    [object({ a: { type: "array", items: object({ b: { type: "number" } }) } }), true],
    [object({ a: { type: "array", items: { type: "object" } } }), false],
    [object({ a: { anyOf: [object({}), { type: "null" }] } }), true],
    [object({ a: { enum: [{ properties: 1 }] } }), true],
  ])("%j: %s", (schema, strict) => {
    expect(isStrictSchema(JSON.parse(JSON.stringify(schema)))).toBe(strict)
  })
})
