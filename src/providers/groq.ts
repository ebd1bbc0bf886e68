/** Groq. */
import { createGroq } from "@ai-sdk/groq"
import { capable, defineProvider, IMAGES, packageSettings, readsImages, strictSchema } from "./define.ts"
import { openaiDialect } from "./dialects/openai.ts"
import { declaredRegions, needs } from "./env.ts"
import type { ProviderSettings } from "./provider.ts"

/** By Groq's documentation: the others refuse `json_schema`, and only some of these hold to it strictly. */
const MODELS_WITH_SCHEMAS = /gpt-oss|kimi-k2|llama-4-/
const STRICT_MODELS = /gpt-oss-(?:20|120)b/

function groqPackage(settings: ProviderSettings) {
  return createGroq(packageSettings(settings, "https://api.groq.com/openai/v1"))
}

export const groq = defineProvider({
  id: "groq",
  otelName: "groq",
  priceId: "groq",
  keyNames: ["GROQ_API_KEY"],
  optionsKey: "groq",
  dialect: openaiDialect({
    id: "groq",
    rules: [
      // "Request too large … tokens per minute" bears the code of a rate limit, but no wait makes it fit.
      { class: "request.too_long", status: [413] },
      { class: "provider.overloaded", status: [498] },
      {
        class: "provider.quota",
        status: [400, 403, 429],
        code: /^(?:organization_restricted|spend_limit_reached|blocked_api_access)$/,
      },
    ],
  }),
  aiGateway: { slug: "groq", path: (url) => `${url.pathname.replace(/^\/openai\/v1\//, "")}${url.search}` },
  configuration: (setup) => needs(setup, [["GROQ_API_KEY"]]),
  capabilities: (model) =>
    capable(model, {
      operations: ["generate", "transcribe"],
      media: readsImages(model) ? IMAGES : [],
      structuredOutput: MODELS_WITH_SCHEMAS.test(model) ? "native" : "instruction",
    }),
  regions: (_model, { env }) => declaredRegions(env, "GROQ"),
  callOptions: (operation, model) =>
    STRICT_MODELS.test(model) ? strictSchema("groq", operation) : { groq: { strictJsonSchema: false } },
  languageModel: (model, settings) => groqPackage(settings).languageModel(model),
  transcriptionModel: (model, settings) => groqPackage(settings).transcription(model),
})
