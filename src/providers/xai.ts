/** xAI: the Responses API. */
import { createXai } from "@ai-sdk/xai"
import { capable, defineProvider, packageSettings } from "./define.ts"
import { openaiDialect } from "./dialects/openai.ts"
import { declaredRegions, envText, needs } from "./env.ts"

/** xAI takes no GIF or WebP. */
const XAI_IMAGES = ["image/png", "image/jpeg"]

export const xai = defineProvider({
  id: "xai",
  otelName: "x_ai",
  priceId: "x-ai",
  keyNames: ["XAI_API_KEY"],
  optionsKey: "xai",
  dialect: openaiDialect({
    id: "xai",
    // Codes are sentences: "The caller does not have permission to execute the specified operation".
    rules: [
      { class: "provider.auth", message: /incorrect api key|api key is (?:currently blocked|disabled)/i },
      {
        class: "provider.quota",
        message: /used all available credits|doesn't have any (?:credits|licenses)|monthly spending limit/i,
      },
      { class: "request.content_blocked", message: /content violates usage guidelines/i },
      { class: "provider.rate_limited", status: [429], code: /resource has been exhausted/i },
      { class: "provider.model_gone", code: /requested entity was not found/i },
      { class: "provider.overloaded", code: /service is currently unavailable/i },
    ],
  }),
  aiGateway: { slug: "grok" },
  configuration: (setup) => needs(setup, [["XAI_API_KEY"]]),
  capabilities: (model) =>
    capable(model, { operations: ["generate"], media: /grok-3|grok-code|^grok-4-1$/.test(model) ? [] : XAI_IMAGES }),
  regions: (_model, { env, baseUrl }) => {
    const host = /^https:\/\/(eu|us)-[a-z]+-\d\.api\.x\.ai/.exec(baseUrl ?? envText(env, "XAI_BASE_URL") ?? "")?.[1]
    return host === undefined ? declaredRegions(env, "XAI") : [host]
  },
  // Answers are not to be kept at xAI's; reasoning then travels encrypted with the conversation.
  callOptions: () => ({ xai: { store: false } }),
  languageModel: (model, settings) =>
    createXai(packageSettings(settings, envText(settings.env, "XAI_BASE_URL") ?? "https://api.x.ai/v1")).languageModel(
      model,
    ),
})
