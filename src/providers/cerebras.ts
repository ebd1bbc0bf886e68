/** Cerebras. */
import { createCerebras } from "@ai-sdk/cerebras"
import { capable, defineProvider, IMAGES, packageSettings, readsImages, strictSchema } from "./define.ts"
import { openaiDialect } from "./dialects/openai.ts"
import { declaredRegions, needs } from "./env.ts"

export const cerebras = defineProvider({
  id: "cerebras",
  otelName: "cerebras",
  priceId: "cerebras",
  keyNames: ["CEREBRAS_API_KEY"],
  optionsKey: "cerebras",
  dialect: openaiDialect({
    id: "cerebras",
    rules: [
      { class: "provider.overloaded", code: /^queue_exceeded$/ },
      { class: "provider.rate_limited", code: /^(?:request|token)_quota_exceeded$/ },
      { class: "provider.quota", status: [402] },
    ],
  }),
  aiGateway: { slug: "cerebras", path: (url) => `${url.pathname.replace(/^\/v1\//, "")}${url.search}` },
  configuration: (setup) => needs(setup, [["CEREBRAS_API_KEY"]]),
  capabilities: (model) => capable(model, { operations: ["generate"], media: readsImages(model) ? IMAGES : [] }),
  regions: (_model, { env }) => declaredRegions(env, "CEREBRAS"),
  callOptions: (operation) => strictSchema("cerebras", operation),
  languageModel: (model, settings) =>
    createCerebras(packageSettings(settings, "https://api.cerebras.ai/v1")).languageModel(model),
})
