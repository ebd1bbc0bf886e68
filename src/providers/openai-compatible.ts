/** Any server that speaks OpenAI's chat completions (Ollama, vLLM, llama.cpp, LM Studio, a proxy), at OPENAI_COMPATIBLE_BASE_URL. */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible"
import { capable, defineProvider, IMAGES, readsImages } from "./define.ts"
import { openaiDialect } from "./dialects/openai.ts"
import { declaredRegions, envText, needs } from "./env.ts"
import { isLoopback } from "./loopback.ts"
import { ANY_REGION, type ProviderSettings, type ProviderSetup } from "./provider.ts"

function addressOf({ env, baseUrl }: ProviderSetup): string {
  return baseUrl ?? envText(env, "OPENAI_COMPATIBLE_BASE_URL") ?? ""
}

function compatiblePackage(settings: ProviderSettings) {
  return createOpenAICompatible({
    name: "openaiCompatible",
    baseURL: addressOf(settings),
    fetch: settings.transport.fetch,
    headers: { ...settings.headers },
    includeUsage: true,
    supportsStructuredOutputs: true,
    ...(settings.apiKey === undefined ? {} : { apiKey: settings.apiKey }),
  })
}

export const openaiCompatible = defineProvider({
  id: "openai-compatible",
  otelName: "openai_compatible",
  keyNames: ["OPENAI_COMPATIBLE_API_KEY"],
  optionsKey: "openaiCompatible",
  dialect: openaiDialect({ id: "openai-compatible", endsAtFinishReason: true, endsAtDone: true }),
  configuration: (setup) =>
    setup.baseUrl === undefined ? needs(setup, [["OPENAI_COMPATIBLE_BASE_URL"]]) : { status: "ready" },
  capabilities: (model, { env }) =>
    capable(model, {
      operations: ["generate", "embed"],
      media: readsImages(model) ? IMAGES : [],
      structuredOutput:
        envText(env, "OPENAI_COMPATIBLE_STRUCTURED_OUTPUT") === "instruction" ? "instruction" : "native",
    }),
  regions: (_model, setup) =>
    isLoopback(addressOf(setup)) ? [ANY_REGION] : declaredRegions(setup.env, "OPENAI_COMPATIBLE"),
  // Servers of this kind differ in what "strict" means to them; the answer is validated here in any case.
  callOptions: (operation) => (operation.output === undefined ? {} : { openaiCompatible: { strictJsonSchema: false } }),
  languageModel: (model, settings) => compatiblePackage(settings).languageModel(model),
  embeddingModel: (model, settings) => compatiblePackage(settings).embeddingModel(model),
})
