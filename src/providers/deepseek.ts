/** DeepSeek. */
import { createDeepSeek } from "@ai-sdk/deepseek"
import { capable, defineProvider, IMAGES, packageSettings } from "./define.ts"
import { openaiDialect } from "./dialects/openai.ts"
import { declaredRegions, needs } from "./env.ts"

export const deepseek = defineProvider({
  id: "deepseek",
  otelName: "deepseek",
  priceId: "deepseek",
  keyNames: ["DEEPSEEK_API_KEY"],
  optionsKey: "deepseek",
  dialect: openaiDialect({
    id: "deepseek",
    // One code for every fault of the caller's: only the message tells them apart.
    rules: [
      { class: "provider.model_gone", message: /model not exist/i },
      { class: "request.content_blocked", message: /content exists risk/i },
    ],
  }),
  aiGateway: { slug: "deepseek" },
  configuration: (setup) => needs(setup, [["DEEPSEEK_API_KEY"]]),
  capabilities: (model) => capable(model, { operations: ["generate"], media: /vision/.test(model) ? IMAGES : [] }),
  regions: (_model, { env }) => declaredRegions(env, "DEEPSEEK"),
  languageModel: (model, settings) =>
    createDeepSeek(packageSettings(settings, "https://api.deepseek.com")).languageModel(model),
})
