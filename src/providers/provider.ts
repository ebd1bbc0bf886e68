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

/** Send this provider's requests through Cloudflare's AI Gateway instead of straight to the provider. */
export interface AiGatewaySettings {
  /** Gateway id. `default` exists on every account. */
  readonly id: string
  /** At most five flat entries (run, step, tenant, …): they appear in the gateway's log. Further ones are dropped. */
  readonly metadata?: Readonly<Record<string, string | number | boolean>>
  /** Account id and token for the HTTP path. Absent: the binding `transport.ai` is used. */
  readonly account?: { readonly id: string; readonly apiToken: string }
  /** More `cf-aig-*` request headers, such as `cf-aig-cache-ttl`. */
  readonly headers?: Readonly<Record<string, string>>
}

/** What one attempt hands to a provider. */
export interface ProviderSettings {
  readonly env: ProviderEnv
  /** `fetch` and, in a Worker, the `AI` binding; already tapped, when the caller wants a recording. */
  readonly transport: Transport
  /** One key out of those that `keyNames` hold. Absent when the provider needs none. */
  readonly apiKey?: string
  /** Replaces the provider's own address, as for a proxy. */
  readonly baseUrl?: string
  /** Sent with every request of the attempt. */
  readonly headers?: Readonly<Record<string, string>>
  readonly gateway?: AiGatewaySettings
}

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
  /** The member of `providerOptions` that the package reads and of `providerMetadata` that it writes. */
  readonly optionsKey: string
  configuration(env: ProviderEnv): Configuration
  capabilities(model: string, env: ProviderEnv): Capabilities
  /** Residency regions (`eu`, `us`, …) that this environment is known to be served from, processing included. `[]`: unknown. */
  regions(model: string, env: ProviderEnv): readonly string[]
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
