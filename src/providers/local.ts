/**
 * The embedded models: the Node process beside the Worker that answers on loopback, at LOCAL_MODELS_URL. Its wire is
 * OpenAI's with one more field each way: `waybill: { template?, examples? }` in a request, `waybill.method` in an answer,
 * which says how an answer of a model that is not a language model was made.
 */

import { createOpenAICompatible } from "@ai-sdk/openai-compatible"
import type { SharedV4ProviderMetadata, SharedV4ProviderOptions } from "@ai-sdk/provider"
import { toJson } from "../lib/json.ts"
import type { GenerateOperation } from "../model/operation.ts"
import { defineProvider, IMAGES } from "./define.ts"
import { openaiDialect } from "./dialects/openai.ts"
import { declaredRegions, envText, needs } from "./env.ts"
import { isLoopback } from "./loopback.ts"
import { moderateOverHttp } from "./openai-moderation.ts"
import { ANY_REGION, type Capabilities, type ProviderSettings, type ProviderSetup } from "./provider.ts"
import { textAt } from "./wire/body.ts"

const NOTHING: Capabilities = { operations: [], media: [], structuredOutput: "native", tools: false, streaming: false }

/** What each embedded model does. Models behind the server's UPSTREAM_BASE_URL are language models. */
const MODELS: Readonly<Record<string, Capabilities>> = {
  ocr: { ...NOTHING, operations: ["generate"], media: IMAGES, streaming: true, needs: ["media"] },
  extract: { ...NOTHING, operations: ["generate"], streaming: true, needs: ["schema"], examples: "body" },
  template: { ...NOTHING, operations: ["generate"], streaming: true, needs: ["template"] },
  embed: { ...NOTHING, operations: ["embed"] },
  moderate: { ...NOTHING, operations: ["moderate"] },
}
const UPSTREAM: Capabilities = {
  ...NOTHING,
  operations: ["generate", "embed"],
  media: IMAGES,
  tools: true,
  streaming: true,
}

function addressOf({ env, baseUrl }: ProviderSetup): string {
  const address = (baseUrl ?? envText(env, "LOCAL_MODELS_URL") ?? "").replace(/\/+$/, "")
  return address.endsWith("/v1") ? address : `${address}/v1`
}

function localPackage(settings: ProviderSettings) {
  return createOpenAICompatible({
    name: "local",
    baseURL: addressOf(settings),
    fetch: settings.transport.fetch,
    headers: { ...settings.headers },
    includeUsage: true,
    supportsStructuredOutputs: true,
    metadataExtractor: {
      extractMetadata: async ({ parsedBody }) => methodMetadata(parsedBody),
      createStreamExtractor() {
        let found: SharedV4ProviderMetadata | undefined
        return {
          processChunk(chunk) {
            found = methodMetadata(chunk) ?? found
          },
          buildMetadata: () => found,
        }
      },
    },
  })
}

function methodMetadata(document: unknown): SharedV4ProviderMetadata | undefined {
  const method = textAt(document, "waybill", "method")
  return method === undefined ? undefined : { local: { method } }
}

function waybillField({ template, examples }: GenerateOperation): SharedV4ProviderOptions {
  if (template === undefined && examples === undefined) return {}
  // `toJson` detaches: the package's own JSON type is mutable, ours is not.
  return { local: { waybill: JSON.parse(JSON.stringify(toJson({ template, examples }))) } }
}

export const local = defineProvider({
  id: "local",
  otelName: "waybill.local",
  keyNames: [],
  optionsKey: "local",
  dialect: openaiDialect({ id: "local" }),
  configuration: (setup) => (setup.baseUrl === undefined ? needs(setup, [["LOCAL_MODELS_URL"]]) : { status: "ready" }),
  capabilities: (model) => MODELS[model] ?? UPSTREAM,
  regions: (_model, setup) => (isLoopback(addressOf(setup)) ? [ANY_REGION] : declaredRegions(setup.env, "LOCAL")),
  callOptions: waybillField,
  methodOf: (metadata) => textAt(metadata, "local", "method"),
  languageModel: (model, settings) => localPackage(settings).languageModel(model),
  embeddingModel: (model, settings) => localPackage(settings).embeddingModel(model),
  moderate: (texts, model, settings, signal) => moderateOverHttp(addressOf(settings), texts, model, settings, signal),
})
