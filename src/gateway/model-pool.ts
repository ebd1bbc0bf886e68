/**
 * Language models that are used again. A provider package builds its parsers anew for every model object, which costs more
 * than the rest of a call; but each attempt needs a transport of its own, to record what passed. So a model is made around a
 * transport that can be exchanged, and leased to one attempt at a time.
 *
 * Invariant: no two attempts hold the same model at once, and an idle model reaches nothing.
 */
import type { LanguageModelV4 } from "@ai-sdk/provider"
import { canonicalJson } from "../lib/json.ts"
import type { Provider, ProviderSettings } from "../providers/provider.ts"
import type { Transport } from "../providers/transport.ts"

interface Pooled {
  readonly model: LanguageModelV4
  transport: Transport | undefined
}

/** Idle models of one kind that are kept: as many calls of it at once are served without building. */
const MAX_IDLE = 32
/** Kinds that are kept: an environment names a few keys, addresses and models. */
const MAX_KINDS = 100

const idle = new WeakMap<Provider, Map<string, Pooled[]>>()

export interface Lease {
  readonly model: LanguageModelV4
  /** Gives the model back. What it still tries to send after this is refused. */
  release(): void
}

/** A model of `provider` that calls through `settings.transport` until it is released; undefined when the provider has none. */
export function leaseModel(provider: Provider, model: string, settings: ProviderSettings): Lease | undefined {
  const { transport, headers, gateway, ...stable } = settings
  // Headers and gateway metadata are this attempt's own; a model that holds them serves nobody else.
  if (headers !== undefined || gateway !== undefined) {
    const fresh = provider.languageModel?.(model, settings)
    return fresh && { model: fresh, release: () => {} }
  }
  const kept = poolOf(provider, canonicalJson({ model, ...configurationOf(stable) }))
  const pooled = kept.pop() ?? makePooled(provider, model, settings)
  if (!pooled) return undefined
  pooled.transport = transport
  return {
    model: pooled.model,
    release() {
      pooled.transport = undefined
      if (kept.length < MAX_IDLE) kept.push(pooled)
    },
  }
}

/** What two models must agree in to be the same: their settings, and of the environment only what is text. */
function configurationOf({ env, ...rest }: Omit<ProviderSettings, "transport" | "headers" | "gateway">): object {
  return { ...rest, env: environmentId(env) }
}

/** Environments are few and never change, so each is numbered once instead of being read at every call. */
const environments = new WeakMap<object, number>()
let environmentCount = 0

function environmentId(env: object): number {
  const known = environments.get(env)
  if (known !== undefined) return known
  environmentCount += 1
  environments.set(env, environmentCount)
  return environmentCount
}

function poolOf(provider: Provider, kind: string): Pooled[] {
  const kinds = idle.get(provider) ?? new Map<string, Pooled[]>()
  idle.set(provider, kinds)
  const kept = kinds.get(kind) ?? []
  if (kinds.size < MAX_KINDS) kinds.set(kind, kept)
  return kept
}

function makePooled(provider: Provider, model: string, settings: ProviderSettings): Pooled | undefined {
  const pooled: { transport: Transport | undefined } = { transport: undefined }
  const current = (): Transport => {
    if (!pooled.transport) throw new Error("This model was given back; its attempt is over.")
    return pooled.transport
  }
  const exchangeable: Transport = {
    fetch: async (input: RequestInfo | URL, init?: RequestInit) => current().fetch(input, init),
    ...(settings.transport.ai && {
      ai: {
        run: async (name, input, options) => binding(current()).run(name, input, options),
        fetch: async (input, init) => binding(current()).fetch(input, init),
      },
    }),
  }
  const languageModel = provider.languageModel?.(model, { ...settings, transport: exchangeable })
  return languageModel && Object.assign(pooled, { model: languageModel })
}

function binding({ ai }: Transport): NonNullable<Transport["ai"]> {
  if (!ai) throw new Error("Broken invariant: a model made with an AI binding was leased without one.")
  return ai
}
