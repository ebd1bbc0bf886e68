/**
 * The gateway: a `ModelClient` that turns an operation into attempts, and everything that happened into one record.
 * It is a library inside the run's isolate. Time, randomness, network, prices, health, cache and budgets are handed in.
 * Invariants: an operation resolves with a record in every case but the caller's abort; no provider's failure is thrown.
 */
import { listedContextTokens, type PriceNanoUsd, priceNanoUsd } from "../ledger/price.ts"
import type { Clock } from "../lib/clock.ts"
import { WaybillError } from "../lib/errors.ts"
import type { Random } from "../lib/random.ts"
import type { Forecaster, ModelClient } from "../model/client.ts"
import { operationDigest } from "../model/operation.ts"
import type { OperationRecord } from "../model/record.ts"
import { addUsage, NO_USAGE } from "../model/result.ts"
import type { Provider, ProviderEnv } from "../providers/provider.ts"
import type { AiBinding } from "../providers/transport.ts"
import type { CompiledRouting } from "../routing/compiled.ts"
import { modelNamed } from "../routing/model-named.ts"
import { Cache, type CacheStore, memoryCache } from "./cache.ts"
import { Catalogue } from "./catalogue.ts"
import { type DeadEnd, explainDecision, nobodyCouldServe, noRoute, operationFailed } from "./decision.ts"
import { type Health, memoryHealth } from "./health.ts"
import { keyRing } from "./keys.ts"
import type { LoopEnd } from "./loop.ts"
import { pdfText } from "./pdf-text.ts"
import { openPurse, type Purse } from "./purse.ts"
import { schemaSupport } from "./schema-support.ts"
import { serveCached } from "./serve-cached.ts"
import { costOf, type Services } from "./services.ts"
import { Session } from "./session.ts"

export interface GatewayOptions {
  /** The routing in force, asked anew for every operation. */
  readonly routing: () => CompiledRouting
  readonly providers: readonly Provider[]
  readonly env: ProviderEnv
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly random: Random
  /** The Worker's `AI` binding, when it has one. */
  readonly ai?: AiBinding
  /** Default: the public price list. */
  readonly price?: PriceNanoUsd
  /** Default: by the public price list. */
  readonly contextTokens?: Services["contextTokens"]
  /** Default: this isolate's own. */
  readonly health?: Health
  /** Default: grants everything. */
  readonly purse?: Purse
  /** Where answers are kept on routes with `cache`. Default: this isolate's memory. */
  readonly cache?: CacheStore
  /** Reads a PDF's text. Default: with `unpdf`. */
  readonly pdfText?: (bytes: Uint8Array) => Promise<string>
}

export interface Gateway extends ModelClient, Forecaster {
  /** What to do before the provider can be asked; undefined when nothing is missing. */
  missingFor(provider: string): string | undefined
}

export function createGateway(options: GatewayOptions): Gateway {
  const servicesNow = services(options)
  return {
    async operate(operation, context, operationOptions) {
      const session = new Session(operation, context, operationOptions, servicesNow())
      const { end, cache } = await serveCached(session, session.services.cache).catch((thrown) => {
        operationOptions.onReject?.(recordOf(session))
        throw thrown
      })
      const record = { ...recordOf(session), ...(cache ? { cache } : {}) }
      if (end.status === "served") return { status: "succeeded", result: end.result, record }
      return { status: "failed", ...deadEnd(session, end, record), record }
    },
    explain(context, operation, of) {
      const services = servicesNow()
      const asked = of ? { ...services, health: { ...services.health, of } } : services
      const session = new Session(operation, context, DRY, asked)
      session.rank()
      if (session.explained) return explainDecision(session.explained)
      const { error } = noRoute(context)
      throw new WaybillError("no_route", error.message, { path: context.step.path, ...error.details })
    },
    estimateNanoUsd(model, usage) {
      const services = servicesNow()
      const named = modelNamed(model, services.routing)
      const cost = named && costOf(named, usage, options.clock.nowMs(), services)
      return cost?.priced ? cost.costNanoUsd : undefined
    },
    missingFor(provider) {
      const configuration = servicesNow().catalogue.entry(provider)?.configuration
      return configuration?.status === "not_configured" ? configuration.remedy : undefined
    },
    worstNanoUsd(context, operation) {
      const session = new Session(operation, context, DRY, servicesNow())
      const ranking = session.rank()
      const first = ranking && session.candidates.pick(ranking)
      return first && session.worstNanoUsd(first.candidate.model)
    },
  }
}

const DRY = { signal: new AbortController().signal, loadMedia: async () => new Uint8Array() }

/** Services for the routing in force now; what depends on the routing is kept until it changes. */
function services(options: GatewayOptions): () => Services {
  const { clock, random, env, providers, ai } = options
  const lasting = {
    clock,
    random,
    transport: { fetch: options.fetch, ...(ai ? { ai } : {}) },
    health: options.health ?? memoryHealth(clock),
    keys: keyRing(clock),
    purse: options.purse ?? openPurse(clock),
    schemas: schemaSupport(),
    price: options.price ?? priceNanoUsd,
    contextTokens: options.contextTokens ?? listedContextTokens,
    cache: new Cache(options.cache ?? memoryCache(clock), clock),
    pdfText: options.pdfText ?? pdfText,
  }
  let current: Services | undefined
  return () => {
    const routing = options.routing()
    if (current?.routing === routing) return current
    const routes = Object.values(routing.routes)
    const pricesMatter = routes.some(({ prefer, maxNanoUsd }) => prefer === "price" || maxNanoUsd !== undefined)
    current = { ...lasting, routing, catalogue: new Catalogue(providers, env, routing), pricesMatter }
    return current
  }
}

function deadEnd(
  { context, requests, services: { catalogue } }: Session,
  end: Exclude<LoopEnd, { status: "served" }>,
  record: OperationRecord,
): DeadEnd {
  switch (end.status) {
    case "no_route":
      return noRoute(context)
    case "nobody":
      return nobodyCouldServe(record.decision, context, catalogue, (provider) => requests.blockedFor(provider))
    case "failed":
      return operationFailed(end.failure, record, context)
  }
}

function recordOf(session: Session): OperationRecord {
  const { operation, services, startedAtMs } = session
  const attempts = [...session.attempts].sort((left, right) => left.attempt - right.attempt)
  const { redactions, redacting } = session.requests
  return {
    type: operation.type,
    requestDigest: operationDigest(operation),
    startedAtMs,
    durationMs: services.clock.nowMs() - startedAtMs,
    decision: session.explained
      ? explainDecision(session.explained)
      : {
          routingVersion: services.routing.version,
          route: "none",
          reason: "No route applies.",
          candidates: [],
          rules: [],
        },
    attempts,
    usage: attempts.reduce((total, { usage }) => addUsage(total, usage), NO_USAGE),
    costNanoUsd: attempts.reduce((total, { costNanoUsd }) => total + costNanoUsd, 0),
    ...(redacting ? { redactions } : {}),
  }
}
