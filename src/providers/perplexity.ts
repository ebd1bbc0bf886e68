/** Perplexity: models that search the web. They take no tools. */
import { createPerplexity } from "@ai-sdk/perplexity"
import { capable, defineProvider, IMAGES, PDF, packageSettings } from "./define.ts"
import { openaiDialect } from "./dialects/openai.ts"
import { declaredRegions, needs } from "./env.ts"

export const perplexity = defineProvider({
  id: "perplexity",
  otelName: "perplexity",
  priceId: "perplexity",
  keyNames: ["PERPLEXITY_API_KEY"],
  optionsKey: "perplexity",
  dialect: openaiDialect({ id: "perplexity", endsAtFinishReason: true, reasoningApart: true }),
  aiGateway: { slug: "perplexity-ai" },
  configuration: (setup) => needs(setup, [["PERPLEXITY_API_KEY"]]),
  capabilities: (model) =>
    capable(model, {
      operations: ["generate"],
      media: /deep-research/.test(model) ? [] : [...IMAGES, ...PDF],
      tools: false,
    }),
  regions: (_model, { env }) => declaredRegions(env, "PERPLEXITY"),
  languageModel: (model, settings) =>
    createPerplexity(packageSettings(settings, "https://api.perplexity.ai")).languageModel(model),
})
