/**
 * Compiled routing: the configuration with every alias resolved, every default filled in and every duration in
 * milliseconds. Plain JSON, so that it can be stored, compared, sent to an isolate and replayed.
 * Its version is the digest of its source: the same configuration has the same version everywhere.
 */
import type { JsonObject } from "../lib/json.ts"
import type { Condition } from "./condition.ts"
import type { BudgetConfig, InvalidRung, LimitConfig, PriceConfig, ProviderConfig, RedactConfig } from "./config.ts"
import type { FieldName } from "./fields.ts"

/** One provider and model, with the deployment's settings for it. `key` is `"<provider>/<model>"`. */
export interface CompiledModel {
  readonly key: string
  readonly provider: string
  readonly model: string
  /** Present when the configuration states them; the provider's wiring is not asked then. */
  readonly regions?: readonly string[]
  readonly price?: PriceConfig
  readonly maxOutputTokens?: number
  readonly temperature?: number
  readonly reasoningEffort?: "none" | "low" | "medium" | "high"
  readonly options?: JsonObject
}

export interface CompiledCandidate {
  readonly model: CompiledModel
  readonly attempts: number
  readonly when?: Condition
}

export interface CompiledRoute {
  readonly try: readonly CompiledCandidate[]
  readonly timeout: {
    /** Either of these makes the answer be streamed, for only then is there something to time. */
    readonly firstTokenMs?: number
    readonly idleMs?: number
    readonly attemptMs: number
    readonly totalMs: number
  }
  readonly cacheMs: number
  readonly onInvalid: readonly InvalidRung[]
  readonly onRefusal: "next" | "stop"
  readonly attempts: number
  readonly backoff: { readonly delayMs: number; readonly factor: number; readonly maxDelayMs: number }
  readonly hedge?: { readonly afterMs: number; readonly max: number }
  readonly split?: {
    readonly experiment: string
    readonly by: FieldName
    readonly arms: readonly { readonly name: string; readonly model: CompiledModel; readonly weight: number }[]
  }
  readonly prefer?: "price" | "latency"
  readonly maxNanoUsd?: number
}

export interface CompiledRule {
  readonly when?: Condition
  readonly require?: { readonly region?: readonly string[]; readonly provider?: readonly string[] }
  readonly use?: readonly CompiledModel[]
}

export interface CompiledRouting {
  /** Sixteen hex characters: the digest of `source`. */
  readonly version: string
  /** The configuration as it was given: what `GET /v1/routing` shows and what a diff compares. */
  readonly source: JsonObject
  readonly models: Readonly<Record<string, CompiledModel>>
  readonly routes: Readonly<Record<string, CompiledRoute>>
  readonly rules: readonly CompiledRule[]
  readonly redact: readonly RedactConfig[]
  readonly budgets: readonly BudgetConfig[]
  readonly limits: readonly LimitConfig[]
  readonly providers: Readonly<Record<string, ProviderConfig>>
  readonly media: { readonly pdf: "native" | "text" }
  readonly breaker: { readonly failures: number; readonly cooldownMs: number }
}
