/**
 * The routing configuration as authors write it: plain data, typed so that a misspelt alias, field or key is a compile
 * error. Types only; `schema.ts` checks the same shape at run time, `compile.ts` resolves it.
 */
import type { Duration } from "../lib/duration.ts"
import type { JsonObject } from "../lib/json.ts"
import type { Condition } from "./condition.ts"
import type { DetectorName } from "./detectors.ts"
import type { FieldName } from "./fields.ts"

/** A model in full, `"<provider>/<model>"`; the provider ends at the first slash. */
export type ModelId = `${string}/${string}`
/** A model in full, or one of the aliases under `models`. */
export type ModelRef<Alias extends string = string> = Alias | ModelId

/** A model with what only the deployment knows about it. */
export interface ModelConfig {
  readonly model: ModelId
  /** Residency regions that this model is contractually served from: replaces what the provider's wiring knows. */
  readonly region?: string | readonly string[]
  /** Price in USD per million tokens: replaces the public price list. */
  readonly price?: PriceConfig
  readonly maxOutputTokens?: number
  readonly temperature?: number
  readonly reasoningEffort?: "none" | "low" | "medium" | "high"
  /** Passed through untouched to the provider. */
  readonly options?: JsonObject
}

export interface PriceConfig {
  readonly input: number
  readonly output: number
  /** Absent: as `input`. */
  readonly cacheRead?: number
  /** Absent: as `input`. */
  readonly cacheWrite?: number
}

/** One entry of a route's `try` list. */
export interface CandidateConfig<Alias extends string = string> {
  readonly model: ModelRef<Alias>
  /** Tries in all at this model within one operation. Default 2. */
  readonly attempts?: number
  /** Asked again before every attempt: `step.failures` counts the failed attempts of this operation too. */
  readonly when?: Condition
}

export interface TimeoutConfig {
  /** To the first output token of a streamed answer. */
  readonly firstToken?: Duration
  /** Between two pieces of a streamed answer. */
  readonly idle?: Duration
  /** Of one attempt. */
  readonly attempt?: Duration
  /** Of the whole operation, waits included. */
  readonly total?: Duration
}

export interface BackoffConfig {
  /** Upper bound of the first wait; the wait itself is drawn evenly from zero to it. Default 500 ms. */
  readonly delay?: Duration
  /** Default 2. */
  readonly factor?: number
  /** Default 30 s. A longer wait is taken only when the provider asks for it. */
  readonly maxDelay?: Duration
}

/** A rung of the ladder that an answer which does not fit its schema climbs. */
export type InvalidRung = "repair" | "reask" | "next"

export interface RouteConfig<Alias extends string = string> {
  /** Models in the order in which they are tried. */
  readonly try: readonly (ModelRef<Alias> | CandidateConfig<Alias>)[]
  /** A duration alone is the total. Defaults: attempt 2 min, total 10 min, no others. */
  readonly timeout?: Duration | TimeoutConfig
  /** How long an equal operation of the same tenant is answered from the cache. Absent: never. */
  readonly cache?: Duration
  /** Default: all three, in this order. */
  readonly onInvalid?: readonly InvalidRung[]
  /** What a refusal or a blocked prompt leads to. Default `next`. */
  readonly onRefusal?: "next" | "stop"
  /** Attempts in all in one operation, whatever for. Default 8. */
  readonly attempts?: number
  readonly backoff?: BackoffConfig
  /** Ask the next candidate too when this one has not answered after `after`; `max` calls at a time (default 2). */
  readonly hedge?: { readonly after: Duration; readonly max?: number }
  /** Sends shares of the traffic to arms. One key always meets the same arm. */
  readonly split?: {
    readonly experiment: string
    readonly by: FieldName
    readonly arms: { readonly [Ref in ModelRef<Alias>]?: number }
  }
  /** Tries the cheapest or the quickest first, instead of the order of `try`. */
  readonly prefer?: "price" | "latency"
  /** Skips a model whose worst case for this operation costs more. */
  readonly maxUsd?: number
}

export interface RuleConfig<Alias extends string = string> {
  /** Absent: always. */
  readonly when?: Condition
  /** A hard filter: fails closed. Texts may hold placeholders such as `"{run.region}"`. */
  readonly require?: {
    readonly region?: string | readonly string[]
    readonly provider?: string | readonly string[]
  }
  /** Puts a model (or several, in order) before the others. */
  readonly use?: ModelRef<Alias> | readonly ModelRef<Alias>[]
}

/** Detectors of the redactor, by name; `patterns` adds own ones by regular expression. */
export interface RedactConfig {
  readonly detect?: readonly DetectorName[]
  readonly patterns?: { readonly [name: string]: string }
  /** `token`: replaced by a placeholder and restored in the answer. `block`: the operation fails. */
  readonly mode: "token" | "block"
  readonly when?: Condition
  /** Providers that may see what others may not, such as `local`. */
  readonly except?: readonly string[]
}

export interface BudgetConfig<Alias extends string = string> {
  /** Who shares the money, such as `"user:{user.id}"`. A bucket whose placeholder has no value does not apply. */
  readonly bucket: string
  readonly usd: number
  readonly per: "run" | "hour" | "day" | "month"
  readonly onExceed: "reject" | { readonly use: ModelRef<Alias> }
}

export interface LimitConfig {
  readonly bucket: string
  readonly requests?: number
  readonly tokens?: number
  readonly per: "second" | "minute" | "hour" | "day"
}

export interface ProviderConfig {
  /** Through Cloudflare's AI Gateway (binding `AI`, or account id and token from the environment). */
  readonly via?: "ai-gateway"
  /** Gateway id. Default `default`. */
  readonly gateway?: string
  /** Slug of a custom provider of the gateway, whose base URL is this provider's origin: for those it does not know. */
  readonly custom?: string
  readonly baseUrl?: string
  readonly headers?: { readonly [name: string]: string }
  /** Residency regions in which this endpoint serves: replaces what the provider's wiring knows. */
  readonly region?: string | readonly string[]
}

export interface BreakerConfig {
  /** Failures in a row that open it. Default 5. */
  readonly failures?: number
  /** How long it stays open before a probe. Default 30 s. */
  readonly cooldown?: Duration
}

export interface RoutingConfig<Alias extends string = string> {
  readonly models?: { readonly [Name in Alias]: ModelId | ModelConfig }
  /** By step kind, by `"<workflow>.<step>"`, by a name that steps choose with `route`, or `default`. */
  readonly routes: { readonly [name: string]: RouteConfig<NoInfer<Alias>> }
  readonly rules?: readonly RuleConfig<NoInfer<Alias>>[]
  readonly redact?: readonly RedactConfig[]
  readonly budgets?: readonly BudgetConfig<NoInfer<Alias>>[]
  readonly limits?: readonly LimitConfig[]
  readonly providers?: { readonly [provider: string]: ProviderConfig }
  /** `text`: a model that cannot read PDFs is given their text instead of being skipped. Default `native`. */
  readonly media?: { readonly pdf?: "native" | "text" }
  readonly breaker?: BreakerConfig
}
