/**
 * What usage costs: the public price list that ships with `@pydantic/genai-prices` (offline data), or prices of one's own.
 * The only place where dollars become nano-dollars, rounded once, half up. Cached, cache-write and reasoning tokens are priced
 * as the list says; reasoning tokens are output tokens.
 */
import { calcPrice, findProvider, type ModelInfo, type Provider } from "@pydantic/genai-prices"
import type { Usage } from "../model/result.ts"

export interface Cost {
  /** Zero when `priced` is false. */
  readonly costNanoUsd: number
  /** Whether a price is known. */
  readonly priced: boolean
}

/** USD per million tokens. */
export interface TokenPrice {
  readonly input: number
  readonly output: number
  /** Absent: as `input`. */
  readonly cacheRead?: number
  /** Absent: as `input`. */
  readonly cacheWrite?: number
}

/** Cost of `usage` at `atMs`. `provider` is the price list's id of it (`aws`, `x-ai`), which the provider's wiring names. */
export type PriceNanoUsd = (provider: string, model: string, usage: Usage, atMs: number) => Cost

const UNPRICED: Cost = { costNanoUsd: 0, priced: false }
export const FREE: Cost = { costNanoUsd: 0, priced: true }

/** Models of our own machine cost nothing. */
const FREE_PROVIDERS: ReadonlySet<string> = new Set(["local"])

/** The price by the public list: free for `local`, unpriced for a model that the list does not know. */
export const priceNanoUsd: PriceNanoUsd = (provider, model, usage, atMs) => {
  if (FREE_PROVIDERS.has(provider)) return FREE
  const entry = listed(provider, model)
  if (!entry) return UNPRICED
  // A call that used nothing was not served: fees by the request do not fall due either.
  if (usage.inputTokens + usage.outputTokens + (usage.audioMs ?? 0) === 0) return FREE
  const counted = consistent(usage)
  return entry.flat && usage.audioMs === undefined && usage.cacheWrite1hTokens === undefined
    ? costAt(entry.flat, counted)
    : costByList(entry.provider, model, counted, atMs)
}

/** Tokens that the model's context holds, by the public list; undefined when it does not say. */
export function listedContextTokens(provider: string, model: string): number | undefined {
  return listed(provider, model)?.provider.models[0]?.context_window
}

/** The list refuses parts that exceed the whole; a provider that reports them so is taken at its total. */
function consistent(usage: Usage): Usage {
  const cacheReadTokens = Math.min(usage.cacheReadTokens, usage.inputTokens)
  const cacheWriteTokens = Math.min(usage.cacheWriteTokens, usage.inputTokens - cacheReadTokens)
  const reasoningTokens = Math.min(usage.reasoningTokens, usage.outputTokens)
  const { cacheWrite1hTokens } = usage
  return {
    ...usage,
    cacheReadTokens,
    cacheWriteTokens,
    reasoningTokens,
    ...(cacheWrite1hTokens === undefined ? {} : { cacheWrite1hTokens: Math.min(cacheWrite1hTokens, cacheWriteTokens) }),
  }
}

/** The way of the list's own package: tiers, prices that change with the date or the hour, fees, thoughts and sound apart. */
function costByList(provider: Provider, model: string, usage: Usage, atMs: number): Cost {
  const price = calcPrice(
    {
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
      cache_read_tokens: usage.cacheReadTokens,
      cache_write_tokens: usage.cacheWriteTokens,
      ...(usage.cacheWrite1hTokens === undefined ? {} : { cache_write_1h_tokens: usage.cacheWrite1hTokens }),
      ...(usage.reasoningTokens === 0 ? {} : { output_reasoning_tokens: usage.reasoningTokens }),
      ...(usage.audioMs === undefined ? {} : { audio_seconds: usage.audioMs / 1000 }),
    },
    model,
    { provider, timestamp: new Date(atMs) },
  )
  return price ? { costNanoUsd: nano(price.total_price), priced: true } : UNPRICED
}

/** The cost at a price of one's own. */
export function costAt(price: TokenPrice, usage: Usage): Cost {
  const plainTokens = Math.max(0, usage.inputTokens - usage.cacheReadTokens - usage.cacheWriteTokens)
  const microUsd =
    plainTokens * price.input +
    usage.cacheReadTokens * (price.cacheRead ?? price.input) +
    usage.cacheWriteTokens * (price.cacheWrite ?? price.input) +
    usage.outputTokens * price.output
  return { costNanoUsd: Math.round(microUsd * 1_000), priced: true }
}

function nano(usd: number): number {
  // A sum of products such as 7.000000000000001e-5 must not cross a rounding boundary by its last bit.
  return Math.round(Number((usd * 1e9).toPrecision(15)))
}

interface Listed {
  /** The list's provider with nothing but the one model in it. */
  readonly provider: Provider
  /** The model's price, when it is nothing but a number for each kind of token: most are, and need no package. */
  readonly flat: TokenPrice | undefined
}

/** Finding a model tests every pattern of the list (a third of a millisecond), so what was found is kept; models in use are few. */
const found = new Map<string, Listed | undefined>()
const MAX_FOUND = 1_000

function listed(provider: string, model: string): Listed | undefined {
  const key = `${provider}/${model}`
  if (found.has(key)) return found.get(key)
  const whole = findProvider({ providerId: provider })
  const match = whole && calcPrice({ input_tokens: 1 }, model, { provider: whole })
  const entry = match && { provider: { ...match.provider, models: [match.model] }, flat: flatPrice(match.model) }
  if (found.size >= MAX_FOUND) found.clear()
  found.set(key, entry ?? undefined)
  return entry ?? undefined
}

/** Prices that say something about tokens of text, or about every call. */
const FLAT_KEYS: ReadonlySet<string> = new Set(["input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok"])
/** Prices of things that our usage does not count: they change nothing. */
const UNCOUNTED = /audio|image|video|search|_1h_|grounding|character|storage/

function flatPrice({ prices }: ModelInfo): TokenPrice | undefined {
  if (Array.isArray(prices) || Object.keys(prices).some((key) => !FLAT_KEYS.has(key) && !UNCOUNTED.test(key)))
    return undefined
  const { input_mtok: input, output_mtok: output, cache_read_mtok: cacheRead, cache_write_mtok: cacheWrite } = prices
  if (typeof input !== "number" || typeof output !== "number") return undefined
  if (typeof cacheRead === "object" || typeof cacheWrite === "object") return undefined
  return {
    input,
    output,
    ...(cacheRead === undefined ? {} : { cacheRead }),
    ...(cacheWrite === undefined ? {} : { cacheWrite }),
  }
}
