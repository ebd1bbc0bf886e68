/**
 * What provider files are written with: judging a model by its name, and the settings that every `@ai-sdk/*` package
 * takes. Invariant: a base URL and a key are always passed explicitly, so that no package looks into `process.env`
 * behind the routing's back.
 */
import type { SharedV4ProviderOptions } from "@ai-sdk/provider"
import type { GenerateOperation, Operation } from "../model/operation.ts"
import { NO_KEY, reachThroughGateway } from "./ai-gateway.ts"
import type { Capabilities, Configuration, Provider, ProviderSettings } from "./provider.ts"
import { isStrictSchema } from "./strict-schema.ts"

export const IMAGES: readonly string[] = ["image/png", "image/jpeg", "image/webp", "image/gif"]
export const PDF: readonly string[] = ["application/pdf"]

/** The operation that a model is for, as its name tells. */
export function operationOf(model: string): Operation["type"] {
  if (/embed|(?:^|[/-])bge-|(?:^|\/)(?:e5|gte|m2-bert)/i.test(model)) return "embed"
  if (/moderat|llama-guard|prompt-guard/i.test(model)) return "moderate"
  if (/whisper|transcribe|nova-3|^voxtral/i.test(model)) return "transcribe"
  return "generate"
}

/** Whether an open model reads images, as its name tells. */
export function readsImages(model: string): boolean {
  return /vision|[-/]vl\b|\bvl[-\d]|pixtral|llava|internvl|llama-4|gemma-?[34]|kimi-k2\.|qwen3\.[56]-3|gpt-(?:4o|4\.1|5)|claude|gemini|grok-4/i.test(
    model,
  )
}

export interface ModelTraits {
  /** Operations that the provider's wiring serves at all. */
  readonly operations: readonly Operation["type"][]
  readonly media?: readonly string[]
  readonly structuredOutput?: Capabilities["structuredOutput"]
  readonly tools?: boolean
  readonly maxRequestBytes?: number
}

/** Capabilities of `model` under `traits`: an embedding model does nothing but embed. */
export function capable(model: string, traits: ModelTraits): Capabilities {
  const operation = operationOf(model)
  const generates = operation === "generate"
  return {
    operations: traits.operations.filter((offered) => offered === operation),
    media: generates ? (traits.media ?? []) : operation === "transcribe" ? ["audio/*"] : [],
    structuredOutput: traits.structuredOutput ?? "native",
    tools: generates && (traits.tools ?? true),
    streaming: generates,
    ...(traits.maxRequestBytes === undefined ? {} : { maxRequestBytes: traits.maxRequestBytes }),
  }
}

/** The settings that all packages share. */
export interface PackageSettings {
  readonly apiKey: string
  readonly baseURL: string
  readonly fetch: typeof fetch
  readonly headers: Record<string, string>
}

/** Settings for a package: `baseUrl` is the provider's own address, unless the setup names another. */
export function packageSettings(settings: ProviderSettings, baseUrl: string): PackageSettings {
  return {
    apiKey: settings.apiKey ?? NO_KEY,
    baseURL: settings.baseUrl ?? baseUrl,
    fetch: settings.transport.fetch,
    headers: { ...settings.headers },
  }
}

/** Asks for strict schema adherence exactly where the schema allows it: strict endpoints refuse schemas with optional members. */
export function strictSchema(optionsKey: string, operation: GenerateOperation): SharedV4ProviderOptions {
  if (operation.output === undefined) return {}
  return { [optionsKey]: { strictJsonSchema: isStrictSchema(operation.output.schema) } }
}

/** Finishes a provider: its factories reach through AI Gateway when the settings say so, and then claim no region. */
export function defineProvider(provider: Provider): Provider {
  const { languageModel, embeddingModel, transcriptionModel, moderate } = provider
  const reach = (settings: ProviderSettings) => reachThroughGateway(provider.aiGateway, settings)
  return {
    ...provider,
    configuration: (setup) =>
      setup.gateway === undefined || setup.gateway.custom !== undefined || provider.aiGateway !== undefined
        ? provider.configuration(setup)
        : noPlace(provider.id),
    // Where the gateway's own requests leave from is not documented, so nobody can vouch for a region behind it.
    regions: (model, setup) => (setup.gateway === undefined ? provider.regions(model, setup) : []),
    ...(languageModel && { languageModel: (model, settings) => languageModel(model, reach(settings)) }),
    ...(embeddingModel && { embeddingModel: (model, settings) => embeddingModel(model, reach(settings)) }),
    ...(transcriptionModel && { transcriptionModel: (model, settings) => transcriptionModel(model, reach(settings)) }),
    ...(moderate && { moderate: (texts, model, settings, signal) => moderate(texts, model, reach(settings), signal) }),
  }
}

function noPlace(id: string): Configuration {
  return {
    status: "not_configured",
    missing: ["ai-gateway"],
    remedy: `Cloudflare's AI Gateway has no place for ${id}: take via: "ai-gateway" from it, or name a custom provider of the gateway for it (custom: "<slug>").`,
  }
}
