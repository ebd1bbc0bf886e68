/** Workers AI: Cloudflare's own models (`workers-ai/@cf/…`), by the AI binding or by account id and token. */
import { cloudflareAi, cloudflareConfiguration, cloudflareHeaders } from "./ai-binding.ts"
import { capable, defineProvider, IMAGES, readsImages } from "./define.ts"
import { workersAiDialect } from "./dialects/cloudflare.ts"
import { declaredRegions } from "./env.ts"
import type { ProviderSettings } from "./provider.ts"

type ModelId = `@cf/${string}`

/** `workers-ai/meta/llama-…` is short for `workers-ai/@cf/meta/llama-…`. */
function modelId(model: string): ModelId {
  return `@cf/${model.replace(/^@cf\//, "")}`
}

function callOptions(settings: ProviderSettings) {
  return { headers: cloudflareHeaders(settings) }
}

export const workersAi = defineProvider({
  id: "workers-ai",
  otelName: "cloudflare.workers_ai",
  priceId: "cloudflare",
  keyNames: ["CLOUDFLARE_API_TOKEN"],
  optionsKey: "cloudflare",
  dialect: workersAiDialect,
  // The package takes the gateway as an option of the call, so no request is redirected.
  aiGateway: { slug: "workers-ai", inPackage: true },
  configuration: cloudflareConfiguration,
  capabilities: (model) =>
    capable(model, {
      operations: ["generate", "embed", "transcribe"],
      media: readsImages(model) ? IMAGES : [],
    }),
  regions: (_model, { env }) => declaredRegions(env, "WORKERS_AI"),
  languageModel: (model, settings) => cloudflareAi(settings).languageModel(modelId(model), callOptions(settings)),
  embeddingModel: (model, settings) => cloudflareAi(settings).embeddingModel(modelId(model), callOptions(settings)),
  transcriptionModel: (model, settings) =>
    cloudflareAi(settings).transcriptionModel(modelId(model), callOptions(settings)),
})
