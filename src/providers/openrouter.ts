/** OpenRouter: many providers behind one door, in chat completions. Model names keep their own slash: `openrouter/openai/gpt-5`. */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible"
import { capable, defineProvider, IMAGES, PDF, packageSettings, readsImages, strictSchema } from "./define.ts"
import { openaiDialect } from "./dialects/openai.ts"
import { declaredRegions, needs } from "./env.ts"
import { at, textAt } from "./wire/body.ts"

const RESIDENT_HOST = /^https:\/\/eu\.openrouter\.ai(?:\/|$)/

/** `X-RateLimit-Reset` stands in the error document, in milliseconds since the epoch. */
function resetWaitMs(document: unknown, nowMs: number): number | undefined {
  const reset = Number(textAt(document, "error", "metadata", "headers", "X-RateLimit-Reset"))
  return reset > nowMs ? reset - nowMs : undefined
}

export const openrouter = defineProvider({
  id: "openrouter",
  otelName: "openrouter",
  priceId: "openrouter",
  keyNames: ["OPENROUTER_API_KEY"],
  optionsKey: "openrouter",
  dialect: openaiDialect({
    id: "openrouter",
    waitMs: resetWaitMs,
    codes: (document) => [
      at(document, "error", "metadata", "error_type"),
      at(document, "error", "metadata", "limit_source"),
    ],
    rules: [
      { class: "provider.rate_limited", code: /^openrouter_in_flight_budget$/ },
      {
        class: "provider.quota",
        code: /^(?:payment_required|openrouter_(?:credits|guardrail_budget|workspace_budget|key_limit))$/,
      },
      { class: "provider.quota", status: [403], message: /key limit exceeded|budget limit exceeded/i },
      { class: "request.content_blocked", status: [403], message: /moderation|flagged|request blocked/i },
      { class: "request.content_blocked", code: /^(?:content_filtered|content_policy_violation|moderation)$/ },
      { class: "request.invalid", code: /^invalid_prompt$/ },
      { class: "request.unsupported", status: [404], message: /no endpoints found that support/i },
      {
        class: "request.too_long",
        code: /^(?:max_tokens_exceeded|token_limit_exceeded|string_too_long|payload_too_large)$/,
      },
      { class: "output.truncated", message: /^token limit reached/i },
      { class: "provider.outage", code: /^provider_unavailable$/ },
    ],
  }),
  aiGateway: { slug: "openrouter", path: (url) => `${url.pathname.replace(/^\/api\//, "")}${url.search}` },
  configuration: (setup) => needs(setup, [["OPENROUTER_API_KEY"]]),
  capabilities: (model) =>
    capable(model, { operations: ["generate"], media: readsImages(model) ? [...IMAGES, ...PDF] : PDF }),
  regions: (_model, { env, baseUrl }) =>
    RESIDENT_HOST.test(baseUrl ?? "") ? ["eu"] : declaredRegions(env, "OPENROUTER"),
  callOptions: (operation) => strictSchema("openrouter", operation),
  languageModel: (model, settings) =>
    createOpenAICompatible({
      ...packageSettings(settings, "https://openrouter.ai/api/v1"),
      name: "openrouter",
      includeUsage: true,
      supportsStructuredOutputs: true,
    }).languageModel(model),
})
