/** Mistral. */
import { createMistral } from "@ai-sdk/mistral"
import { capable, defineProvider, IMAGES, PDF, packageSettings } from "./define.ts"
import { openaiDialect } from "./dialects/openai.ts"
import { declaredRegions, needs } from "./env.ts"
import type { ProviderSettings } from "./provider.ts"

function mistralPackage(settings: ProviderSettings) {
  return createMistral(packageSettings(settings, "https://api.mistral.ai/v1"))
}

export const mistral = defineProvider({
  id: "mistral",
  otelName: "mistral_ai",
  priceId: "mistral",
  keyNames: ["MISTRAL_API_KEY"],
  optionsKey: "mistral",
  dialect: openaiDialect({
    id: "mistral",
    rules: [
      { class: "provider.overloaded", message: /capacity exceeded/i },
      { class: "provider.auth", code: /^tier_not_allowed$/ },
      { class: "provider.quota", status: [429], message: /monthly|usage limit/i },
      { class: "provider.model_gone", code: /^(?:1500|invalid_model)$/ },
    ],
  }),
  aiGateway: { slug: "mistral" },
  configuration: (setup) => needs(setup, [["MISTRAL_API_KEY"]]),
  capabilities: (model) =>
    capable(model, {
      operations: ["generate", "embed", "transcribe"],
      media: /pixtral|mistral-(?:small|medium|large)|ministral|magistral/.test(model) ? [...IMAGES, ...PDF] : PDF,
    }),
  regions: (_model, { env }) => declaredRegions(env, "MISTRAL"),
  languageModel: (model, settings) => mistralPackage(settings).languageModel(model),
  embeddingModel: (model, settings) => mistralPackage(settings).embeddingModel(model),
  transcriptionModel: (model, settings) => mistralPackage(settings).transcription(model),
})
