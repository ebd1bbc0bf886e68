/** Fireworks AI: `fireworks/accounts/fireworks/models/…`, or the last name alone. */
import { createFireworks } from "@ai-sdk/fireworks"
import { capable, defineProvider, IMAGES, packageSettings, readsImages, strictSchema } from "./define.ts"
import { openaiDialect } from "./dialects/openai.ts"
import { declaredRegions, needs } from "./env.ts"
import type { ProviderSettings } from "./provider.ts"

function fireworksPackage(settings: ProviderSettings) {
  return createFireworks(packageSettings(settings, "https://api.fireworks.ai/inference/v1"))
}

function modelId(model: string): string {
  return model.includes("/") ? model : `accounts/fireworks/models/${model}`
}

export const fireworks = defineProvider({
  id: "fireworks",
  otelName: "fireworks_ai",
  priceId: "fireworks",
  keyNames: ["FIREWORKS_API_KEY"],
  optionsKey: "fireworks",
  dialect: openaiDialect({
    id: "fireworks",
    rules: [
      // 412: the account is suspended, for its spending limit or for unpaid invoices.
      { class: "provider.quota", status: [412] },
      { class: "provider.model_gone", code: /^NOT_FOUND$/ },
    ],
  }),
  aiGateway: { slug: "fireworks", path: (url) => `${url.pathname.replace(/^\/inference\/v1\//, "")}${url.search}` },
  configuration: (setup) => needs(setup, [["FIREWORKS_API_KEY"]]),
  capabilities: (model) =>
    capable(model, { operations: ["generate", "embed"], media: readsImages(model) ? IMAGES : [] }),
  regions: (_model, { env }) => declaredRegions(env, "FIREWORKS"),
  callOptions: (operation) => strictSchema("fireworks", operation),
  languageModel: (model, settings) => fireworksPackage(settings).languageModel(modelId(model)),
  embeddingModel: (model, settings) => fireworksPackage(settings).embeddingModel(model),
})
