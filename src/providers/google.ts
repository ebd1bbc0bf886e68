/** Google AI (Gemini API). */
import { createGoogle } from "@ai-sdk/google"
import { capable, defineProvider, packageSettings } from "./define.ts"
import { googleDialect } from "./dialects/google.ts"
import { declaredRegions, needs } from "./env.ts"
import { GEMINI_MAX_REQUEST_BYTES, GEMINI_MEDIA } from "./gemini.ts"
import type { ProviderSettings } from "./provider.ts"

const KEY_NAMES = ["GOOGLE_GENERATIVE_AI_API_KEY", "GEMINI_API_KEY"]

function googlePackage(settings: ProviderSettings) {
  return createGoogle(packageSettings(settings, "https://generativelanguage.googleapis.com/v1beta"))
}

export const google = defineProvider({
  id: "google",
  otelName: "gcp.gemini",
  priceId: "google",
  keyNames: KEY_NAMES,
  optionsKey: "google",
  dialect: googleDialect,
  aiGateway: { slug: "google-ai-studio" },
  configuration: (setup) => needs(setup, [KEY_NAMES]),
  capabilities: (model) =>
    capable(model, {
      operations: ["generate", "embed"],
      media: GEMINI_MEDIA,
      maxRequestBytes: GEMINI_MAX_REQUEST_BYTES,
    }),
  regions: (_model, { env }) => declaredRegions(env, "GOOGLE"),
  languageModel: (model, settings) => googlePackage(settings).languageModel(model),
  embeddingModel: (model, settings) => googlePackage(settings).embeddingModel(model),
})
