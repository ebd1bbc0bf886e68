/** OpenAI: the Responses API, embeddings, moderations, transcriptions. */
import { createOpenAI } from "@ai-sdk/openai"
import { capable, defineProvider, IMAGES, PDF, packageSettings, strictSchema } from "./define.ts"
import { openaiDialect } from "./dialects/openai.ts"
import { declaredRegions, envText, needs } from "./env.ts"
import { moderateOverHttp } from "./openai-moderation.ts"
import type { ProviderSettings, ProviderSetup } from "./provider.ts"

const MODELS_WITHOUT_EYES = /^(?:gpt-3\.5|o1-mini|o1-preview|o3-mini|gpt-4(?:-0613)?$)/

/** Models from before JSON schemas were taken. */
const MODELS_WITHOUT_SCHEMAS =
  /^(?:gpt-3\.5|gpt-35|gpt-4(?:$|-(?:0\d{3}|1106|32k|turbo|vision))|gpt-4o-2024-05-13|chatgpt-4o|o1-mini|o1-preview)/

/** Projects with data residency answer on a host of their own, and only there. */
const RESIDENT_HOST = /^https:\/\/(eu|us)\.api\.openai\.com(?:\/|$)/

function addressOf({ env, baseUrl }: ProviderSetup): string {
  return baseUrl ?? envText(env, "OPENAI_BASE_URL") ?? "https://api.openai.com/v1"
}

function openaiPackage(settings: ProviderSettings) {
  return createOpenAI(packageSettings(settings, addressOf(settings)))
}

export const openai = defineProvider({
  id: "openai",
  otelName: "openai",
  priceId: "openai",
  keyNames: ["OPENAI_API_KEY"],
  optionsKey: "openai",
  dialect: openaiDialect({ id: "openai" }),
  aiGateway: { slug: "openai", path: (url) => `${url.pathname.replace(/^\/v1\//, "")}${url.search}` },
  configuration: (setup) => needs(setup, [["OPENAI_API_KEY"]]),
  capabilities: (model) =>
    capable(model, {
      operations: ["generate", "embed", "moderate", "transcribe"],
      media: MODELS_WITHOUT_EYES.test(model) ? [] : [...IMAGES, ...PDF],
      structuredOutput: MODELS_WITHOUT_SCHEMAS.test(model) ? "instruction" : "native",
    }),
  regions(_model, setup) {
    const host = RESIDENT_HOST.exec(addressOf(setup))?.[1]
    return host === undefined ? declaredRegions(setup.env, "OPENAI") : [host]
  },
  // Answers are not to be kept at OpenAI's; reasoning then travels encrypted with the conversation. Summaries of it are for
  // verified organisations only: to ask for them unasked would fail every other.
  callOptions: (operation) => ({
    openai: { store: false, reasoningSummary: null, ...strictSchema("openai", operation).openai },
  }),
  languageModel: (model, settings) => openaiPackage(settings).languageModel(model),
  embeddingModel: (model, settings) => openaiPackage(settings).embeddingModel(model),
  transcriptionModel: (model, settings) => openaiPackage(settings).transcription(model),
  moderate: (texts, model, settings, signal) => moderateOverHttp(addressOf(settings), texts, model, settings, signal),
})
