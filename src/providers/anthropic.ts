/** Anthropic: the Messages API. */
import { createAnthropic } from "@ai-sdk/anthropic"
import { capable, defineProvider, IMAGES, PDF, packageSettings } from "./define.ts"
import { anthropicDialect } from "./dialects/anthropic.ts"
import { declaredRegions, envText, needs } from "./env.ts"

const MAX_REQUEST_BYTES = 32 * 1024 * 1024

export const anthropic = defineProvider({
  id: "anthropic",
  otelName: "anthropic",
  priceId: "anthropic",
  keyNames: ["ANTHROPIC_API_KEY"],
  optionsKey: "anthropic",
  dialect: anthropicDialect,
  aiGateway: { slug: "anthropic" },
  configuration: (setup) => needs(setup, [["ANTHROPIC_API_KEY"]]),
  capabilities: (model) =>
    capable(model, { operations: ["generate"], media: [...IMAGES, ...PDF], maxRequestBytes: MAX_REQUEST_BYTES }),
  regions: (_model, { env }) => declaredRegions(env, "ANTHROPIC"),
  cacheMark: { anthropic: { cacheControl: { type: "ephemeral" } } },
  languageModel: (model, settings) =>
    createAnthropic(
      packageSettings(settings, envText(settings.env, "ANTHROPIC_BASE_URL") ?? "https://api.anthropic.com/v1"),
    ).languageModel(model),
})
