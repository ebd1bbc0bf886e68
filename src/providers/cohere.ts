/** Cohere: the v2 API. */
import { createCohere } from "@ai-sdk/cohere"
import { capable, defineProvider, IMAGES, packageSettings } from "./define.ts"
import { cohereDialect } from "./dialects/cohere.ts"
import { declaredRegions, needs } from "./env.ts"
import type { ProviderSettings } from "./provider.ts"

function coherePackage(settings: ProviderSettings) {
  return createCohere(packageSettings(settings, "https://api.cohere.com/v2"))
}

export const cohere = defineProvider({
  id: "cohere",
  otelName: "cohere",
  priceId: "cohere",
  keyNames: ["COHERE_API_KEY"],
  optionsKey: "cohere",
  dialect: cohereDialect,
  aiGateway: { slug: "cohere" },
  configuration: (setup) => needs(setup, [["COHERE_API_KEY"]]),
  capabilities: (model) =>
    capable(model, { operations: ["generate", "embed"], media: /vision/.test(model) ? IMAGES : [] }),
  regions: (_model, { env }) => declaredRegions(env, "COHERE"),
  languageModel: (model, settings) => coherePackage(settings).languageModel(model),
  embeddingModel: (model, settings) => coherePackage(settings).embeddingModel(model),
})
