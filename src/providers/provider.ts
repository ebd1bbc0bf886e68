/**
 * The contract of a provider: one company's endpoint and its wiring. A provider is data and factories. How its wire
 * is judged (errors, terminators) is its dialect's business, how often a call is tried is the gateway's: nothing here
 * retries, waits, chooses or writes. Invariant: every byte to and from a provider goes through `settings.transport`.
 */
import type {
  EmbeddingModelV4,
  LanguageModelV4,
  SharedV4ProviderMetadata,
  SharedV4ProviderOptions,
  TranscriptionModelV4,
} from "@ai-sdk/provider"
import type { GenerateOperation, Operation } from "../model/operation.ts"
import type { ModerationScores, Usage } from "../model/result.ts"
import type { Dialect } from "./dialect.ts"
import type { Transport } from "./transport.ts"

/** The Worker's environment: text variables and bindings. Providers read names from it and nothing else. */
export type ProviderEnv = Readonly<Record<string, unknown>>

/** Send a provider's requests through Cloudflare's AI Gateway instead of straight to it. */
export interface AiGatewaySettings {
  /** Gateway id. `default` exists on every account. */
  readonly id: string
  /** Slug of a custom provider of the gateway, for a provider that the gateway does not know by itself. */
  readonly custom?: string
  /** At most five flat entries (run, step, tenant, …) for the gateway's log; further ones are dropped. */
  readonly metadata?: Readonly<Record<string, string | number | boolean>>
  /** Account and token for the HTTP path. Absent: the `AI` binding is used. */
  readonly account?: { readonly id: string; readonly apiToken: string }
  /** More request headers for the gateway, such as `cf-aig-cache-ttl`. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Where AI Gateway forwards a provider's native requests. */
export interface GatewayPlace {
  readonly slug: string
  /** Path and query behind the slug for one of the provider's own URLs. Default: the URL's own path and query. */
  readonly path?: (url: URL) => string
  /** The package reaches the gateway by itself, so its requests are left alone. */
  readonly inPackage?: true
}

/** How this deployment reaches a provider: known before any call is made. */
export interface ProviderSetup {
  readonly env: ProviderEnv
  /** Replaces the provider's own address, as for a proxy or a regional host. */
  readonly baseUrl?: string
  readonly gateway?: AiGatewaySettings
}

/** What one attempt hands to a provider. */
export interface ProviderSettings extends ProviderSetup {
  /** `fetch` and, in a Worker, the `AI` binding; already tapped, when the caller wants a recording. */
  readonly transport: Transport
  /** One key out of those that `keyNames` hold. Absent when the provider needs none, or the gateway holds it. */
  readonly apiKey?: string
  /** Sent with every request of the attempt. */
  readonly headers?: Readonly<Record<string, string>>
}

/** In `regions`: the model runs on this very machine. */
export const ANY_REGION = "*"

/** Whether the environment has all that a provider needs; if not, what is missing and what to do. */
export type Configuration =
  | { readonly status: "ready" }
  | { readonly status: "not_configured"; readonly missing: readonly string[]; readonly remedy: string }

export interface Capabilities {
  readonly operations: readonly Operation["type"][]
  /** MIME patterns of the media that the model reads: `image/*`, `application/pdf`, `audio/wav`. */
  readonly media: readonly string[]
  /** `native`: the wire takes a JSON Schema. `instruction`: the schema must be put into the prompt. */
  readonly structuredOutput: "native" | "instruction"
  readonly tools: boolean
  readonly streaming: boolean
  /** Parts of an operation that the model cannot do without: an operation that lacks one is not sent to it. */
  readonly needs?: readonly ("template" | "schema" | "media")[]
  /** `body`: the provider's wiring sends worked examples by itself. Absent: the gateway makes them turns of the conversation. */
  readonly examples?: "body"
  /** Largest request body that the endpoint takes, in bytes, when documented. */
  readonly maxRequestBytes?: number
}

export interface ModerationAnswer {
  /** One entry per text, in order. */
  readonly results: readonly ModerationScores[]
  readonly model?: string
  readonly responseId?: string
  readonly usage?: Usage
}

export interface Provider {
  /** `openai`, as in `openai/gpt-5-nano`. */
  readonly id: string
  /** Value of `gen_ai.provider.name` in traces. */
  readonly otelName: string
  /** The provider's id in `@pydantic/genai-prices`; absent when nobody publishes its prices. */
  readonly priceId?: string
  /** Environment variables that hold keys, comma-separated when there are several; the first that is set counts. */
  readonly keyNames: readonly string[]
  readonly dialect: Dialect
  /** Its place in Cloudflare's AI Gateway; absent when the gateway has none. */
  readonly aiGateway?: GatewayPlace
  /** The member of `providerOptions` that the package reads and of `providerMetadata` that it writes. */
  readonly optionsKey: string
  configuration(setup: ProviderSetup): Configuration
  capabilities(model: string, setup: ProviderSetup): Capabilities
  /**
   * Residency regions (`eu`, `us`, …) in which the model is known to run in this setup, processing included.
   * `[]`: unknown, which satisfies no requirement. `ANY_REGION`: nothing leaves this machine, which satisfies every one.
   */
  regions(model: string, setup: ProviderSetup): readonly string[]
  /** Provider options that make a message a prompt-cache breakpoint, where the provider wants one marked. */
  readonly cacheMark?: SharedV4ProviderOptions
  /** Provider options that the operation itself calls for. */
  callOptions?(operation: GenerateOperation, model: string): SharedV4ProviderOptions
  /** How an answer of a model that is not a language model was made (`extractive`, …). */
  methodOf?(metadata: SharedV4ProviderMetadata | undefined): string | undefined
  languageModel?(model: string, settings: ProviderSettings): LanguageModelV4
  embeddingModel?(model: string, settings: ProviderSettings): EmbeddingModelV4
  transcriptionModel?(model: string, settings: ProviderSettings): TranscriptionModelV4
  moderate?(
    texts: readonly string[],
    model: string,
    settings: ProviderSettings,
    signal: AbortSignal,
  ): Promise<ModerationAnswer>
}
