/**
 * What the gateway knows of its providers under one routing: how each is reached, whether it is configured, and what each
 * of its models can do. Answers are kept for the life of the catalogue, since environment and routing do not change under it.
 */
import type { OperationContext } from "../model/client.ts"
import { envText, keysOf } from "../providers/env.ts"
import type {
  AiGatewaySettings,
  Capabilities,
  Configuration,
  Provider,
  ProviderEnv,
  ProviderSetup,
} from "../providers/provider.ts"
import type { CompiledModel, CompiledRouting } from "../routing/compiled.ts"
import type { ProviderConfig } from "../routing/config.ts"

export interface CatalogueEntry {
  readonly provider: Provider
  readonly setup: ProviderSetup
  readonly configuration: Configuration
  readonly keys: readonly string[]
  readonly headers: Readonly<Record<string, string>> | undefined
}

export class Catalogue {
  readonly #providers: ReadonlyMap<string, Provider>
  readonly #env: ProviderEnv
  readonly #routing: CompiledRouting
  readonly #entries = new Map<string, CatalogueEntry | undefined>()
  readonly #capabilities = new Map<string, Capabilities>()
  readonly #regions = new Map<string, readonly string[]>()

  constructor(providers: readonly Provider[], env: ProviderEnv, routing: CompiledRouting) {
    this.#providers = new Map(providers.map((provider) => [provider.id, provider]))
    this.#env = env
    this.#routing = routing
  }

  /** The provider of that id with its wiring, or undefined when there is none. */
  entry(id: string): CatalogueEntry | undefined {
    if (!this.#entries.has(id)) this.#entries.set(id, this.#makeEntry(id))
    return this.#entries.get(id)
  }

  capabilities({ provider, setup }: CatalogueEntry, { key, model }: CompiledModel): Capabilities {
    let known = this.#capabilities.get(key)
    if (!known) {
      known = provider.capabilities(model, setup)
      this.#capabilities.set(key, known)
    }
    return known
  }

  regions({ provider, setup }: CatalogueEntry, { key, model, regions }: CompiledModel): readonly string[] {
    if (regions) return regions
    let known = this.#regions.get(key)
    if (!known) {
      const declared = this.#routing.providers[provider.id]?.region
      known = declared === undefined ? provider.regions(model, setup) : [declared].flat()
      this.#regions.set(key, known)
    }
    return known
  }

  #makeEntry(id: string): CatalogueEntry | undefined {
    const provider = this.#providers.get(id)
    if (!provider) return undefined
    const config = this.#routing.providers[id]
    const gateway = config?.via === "ai-gateway" ? this.#gateway(config) : undefined
    const setup: ProviderSetup = {
      env: this.#env,
      ...(config?.baseUrl === undefined ? {} : { baseUrl: config.baseUrl }),
      ...(gateway ? { gateway } : {}),
    }
    return {
      provider,
      setup,
      configuration: provider.configuration(setup),
      keys: keysOf(provider, this.#env),
      headers: config?.headers,
    }
  }

  /** With account and token in the environment over HTTP, else through the binding. */
  #gateway({ gateway: id = "default", custom }: ProviderConfig): AiGatewaySettings {
    const account = envText(this.#env, "CLOUDFLARE_ACCOUNT_ID")
    const apiToken = envText(this.#env, "CLOUDFLARE_API_TOKEN")
    return {
      id,
      ...(custom === undefined ? {} : { custom }),
      ...(account !== undefined && apiToken !== undefined ? { account: { id: account, apiToken } } : {}),
    }
  }
}

/** What appears in Cloudflare's own log of a call: enough to find the run, nothing about a person. */
export function gatewayMetadata(context: OperationContext): Record<string, string> {
  return {
    run: context.runId,
    workflow: context.workflow,
    step: context.step.path,
    tenant: context.tenant.id,
  }
}
