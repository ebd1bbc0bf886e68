/** Cohere: the v2 API. */
import { createCohere } from "@ai-sdk/cohere"
import { capable, defineProvider, IMAGES, packageSettings } from "./define.ts"
import { cohereDialect } from "./dialects/cohere.ts"
import { declaredRegions, needs } from "./env.ts"
import type { ProviderSettings } from "./provider.ts"
import { at, parseJson } from "./wire/body.ts"

function coherePackage(settings: ProviderSettings) {
  const common = packageSettings(settings, "https://api.cohere.com/v2")
  return createCohere({ ...common, fetch: uncited(common.fetch) })
}

/**
 * Unless told not to, Cohere cites the results of tools in its answers, in a form that the package refuses to read: the answer
 * would be paid for and lost.
 */
function uncited(send: typeof fetch): typeof fetch {
  return (input, init) => {
    const body = typeof init?.body === "string" ? parseJson(init.body) : undefined
    if (at(body, "tools") === undefined) return send(input, init)
    return send(input, { ...init, body: JSON.stringify({ ...Object(body), citation_options: { mode: "OFF" } }) })
  }
}

export const cohere = defineProvider({
  id: "cohere",
  otelName: "cohere",
  priceId: "cohere",
  keyNames: ["COHERE_API_KEY"],
  optionsKey: "cohere",
  dialect: cohereDialect,
  aiGateway: { slug: "cohere" },
  configuration: (setup) => needs(setup, [["COHERE_API_KEY"]]),
  capabilities: (model) =>
    capable(model, { operations: ["generate", "embed"], media: /vision/.test(model) ? IMAGES : [] }),
  regions: (_model, { env }) => declaredRegions(env, "COHERE"),
  languageModel: (model, settings) => coherePackage(settings).languageModel(model),
  embeddingModel: (model, settings) => coherePackage(settings).embeddingModel(model),
})
