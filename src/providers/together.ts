/** Together AI. */
import { createTogetherAI } from "@ai-sdk/togetherai"
import { capable, defineProvider, IMAGES, packageSettings, readsImages } from "./define.ts"
import { openaiDialect } from "./dialects/openai.ts"
import { declaredRegions, needs } from "./env.ts"
import type { ProviderSettings } from "./provider.ts"

const KEY_NAMES = ["TOGETHER_API_KEY", "TOGETHER_AI_API_KEY"]

function togetherPackage(settings: ProviderSettings) {
  return createTogetherAI(packageSettings(settings, "https://api.together.xyz/v1"))
}

export const together = defineProvider({
  id: "together",
  otelName: "together_ai",
  priceId: "together",
  keyNames: KEY_NAMES,
  optionsKey: "togetherai",
  dialect: openaiDialect({
    id: "together",
    rules: [
      { class: "provider.quota", code: /^credit_limit$/ },
      // Together's documentation: 403 means that prompt and max_tokens do not fit the context.
      { class: "request.too_long", status: [403], message: /token|context/i },
    ],
  }),
  configuration: (setup) => needs(setup, [KEY_NAMES]),
  capabilities: (model) =>
    capable(model, {
      operations: ["generate", "embed"],
      media: readsImages(model) ? IMAGES : [],
      // The package asks for bare JSON from all but one model: the schema must stand in the prompt.
      structuredOutput: "instruction",
    }),
  regions: (_model, { env }) => declaredRegions(env, "TOGETHER"),
  languageModel: (model, settings) => togetherPackage(settings).languageModel(model),
  embeddingModel: (model, settings) => togetherPackage(settings).embeddingModel(model),
})
