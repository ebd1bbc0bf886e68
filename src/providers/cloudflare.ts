/**
 * Cloudflare's model catalogue behind AI Gateway: `cloudflare/anthropic/claude-opus-4.8`, dynamic routes
 * (`cloudflare/dynamic/support`) and the auto router (`cloudflare/auto`), all spoken to in chat completions and billed by
 * Cloudflare. For a provider's own wire through the gateway use that provider with `via: "ai-gateway"` instead.
 */
import { cloudflareAi, cloudflareConfiguration, cloudflareHeaders } from "./ai-binding.ts"
import { capable, defineProvider, IMAGES, readsImages } from "./define.ts"
import { workersAiDialect } from "./dialects/cloudflare.ts"

/** `<author>/<model>`, `dynamic/<route>`, or `auto`. */
const CATALOGUE = /^(?:auto|[^/@]+\/.+)$/

export const cloudflare = defineProvider({
  id: "cloudflare",
  otelName: "cloudflare.ai_gateway",
  keyNames: ["CLOUDFLARE_API_TOKEN"],
  optionsKey: "cloudflare",
  dialect: workersAiDialect,
  aiGateway: { slug: "run", inPackage: true },
  configuration: cloudflareConfiguration,
  capabilities: (model) =>
    capable(model, {
      operations: CATALOGUE.test(model) ? ["generate"] : [],
      media: readsImages(model) ? IMAGES : [],
    }),
  regions: () => [],
  languageModel: (model, settings) =>
    cloudflareAi(settings).languageModel(model === "auto" ? "cloudflare/auto" : model, {
      headers: cloudflareHeaders(settings),
    }),
})
