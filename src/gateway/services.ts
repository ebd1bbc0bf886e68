/** What every operation of one gateway shares. */
import type { Cost, PriceNanoUsd } from "../ledger/price.ts"
import { costAt } from "../ledger/price.ts"
import type { Clock } from "../lib/clock.ts"
import type { Random } from "../lib/random.ts"
import type { Usage } from "../model/result.ts"
import type { Transport } from "../providers/transport.ts"
import type { CompiledModel, CompiledRouting } from "../routing/compiled.ts"
import type { Cache } from "./cache.ts"
import type { Catalogue } from "./catalogue.ts"
import { DEFAULT_OUTPUT_TOKENS } from "./estimate.ts"
import type { Health } from "./health.ts"
import type { KeyRing } from "./keys.ts"
import type { Purse } from "./purse.ts"
import type { SchemaSupport } from "./schema-support.ts"

export interface Services {
  readonly routing: CompiledRouting
  readonly catalogue: Catalogue
  readonly clock: Clock
  readonly random: Random
  readonly transport: Transport
  readonly health: Health
  readonly keys: KeyRing
  readonly purse: Purse
  readonly schemas: SchemaSupport
  readonly price: PriceNanoUsd
  /** Tokens that a model's context holds, by the price list's id of its provider; undefined when nobody knows. */
  readonly contextTokens: (provider: string, model: string) => number | undefined
  readonly cache: Cache
  readonly pdfText: (bytes: Uint8Array) => Promise<string>
  /** Some route looks at costs before it decides: they are not worked out otherwise. */
  readonly pricesMatter: boolean
}

/** What `usage` costs on `model`: at the deployment's own price when it has one, else by the list. */
export function costOf(model: CompiledModel, usage: Usage, atMs: number, { catalogue, price }: Services): Cost {
  if (model.price) return costAt(model.price, usage)
  return price(listId(model, catalogue), model.model, usage, atMs)
}

/** Tokens that the model's context holds; undefined when that is not known. */
export function contextTokensOf(model: CompiledModel, { catalogue, contextTokens }: Services): number | undefined {
  return contextTokens(listId(model, catalogue), model.model)
}

function listId({ provider }: CompiledModel, catalogue: Catalogue): string {
  return catalogue.entry(provider)?.provider.priceId ?? provider
}

/** The most that one attempt can cost, with all input uncached; undefined when no price is known. */
export function worstNanoUsd(
  model: CompiledModel,
  inputTokens: number,
  maxOutputTokens: number | undefined,
  services: Services,
): number | undefined {
  const outputTokens = maxOutputTokens ?? model.maxOutputTokens ?? DEFAULT_OUTPUT_TOKENS
  // The worst price of an input token is that of writing it to a cache, where there is such a price.
  const usage = { inputTokens, outputTokens, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 }
  const kept = keepsAnHour(model) ? { cacheWrite1hTokens: inputTokens } : {}
  const nowMs = services.clock.nowMs()
  const written = costOf(model, { ...usage, cacheWriteTokens: inputTokens, ...kept }, nowMs, services)
  const plain = costOf(model, usage, nowMs, services)
  return plain.priced ? Math.max(plain.costNanoUsd, written.costNanoUsd) : undefined
}

/** Whether the model's options keep what is written to its cache for an hour, which costs more. */
function keepsAnHour({ options }: CompiledModel): boolean {
  return options !== undefined && JSON.stringify(options).includes('"ttl":"1h"')
}
