/**
 * The gateway of one isolate with everything that a deployment shares: the routing that is in force, whoever put it there,
 * the health of providers, and the answers that were paid for before. One per isolate serves all its runs.
 */
import { waitUntil } from "cloudflare:workers"
import { memoryCache } from "../gateway/cache.ts"
import { createGateway, type Gateway } from "../gateway/gateway.ts"
import { memoryHealth } from "../gateway/health.ts"
import { layeredCache } from "../gateway/layered-cache.ts"
import { systemClock } from "../lib/clock.ts"
import { systemRandom } from "../lib/random.ts"
import type { OperationContext } from "../model/client.ts"
import type { Operation } from "../model/operation.ts"
import type { Decision } from "../model/record.ts"
import type { Provider, ProviderEnv } from "../providers/provider.ts"
import type { AiBinding } from "../providers/transport.ts"
import type { CompiledRouting } from "../routing/compiled.ts"
import type { ControlRpc } from "./control-rpc.ts"
import { LiveRouting } from "./live-routing.ts"
import { type Namespace, reach } from "./remote.ts"
import { type CacheRpc, sharedCache } from "./shared-cache.ts"

/** Name of the one control object. */
export const CONTROL = "control"

/** Provider keys, and the way to the objects that isolates share. */
export type LiveEnv = ProviderEnv & {
  readonly CONTROL: Namespace<ControlRpc>
  readonly CACHE: Namespace<CacheRpc>
}

export interface LiveGatewayOptions {
  /** The routing that the deployment ships with. */
  readonly routing: CompiledRouting
  readonly providers: readonly Provider[]
  readonly fetch: typeof fetch
}

export interface LiveGateway extends Gateway {
  readonly live: LiveRouting
  /** Ids of the providers that routing may name. */
  readonly providers: readonly string[]
  /** As `explain`, as if `routing` were in force. */
  explainUnder(routing: CompiledRouting, context: OperationContext, operation: Operation): Decision
}

export function liveGateway(env: LiveEnv, { routing: shipped, providers, fetch }: LiveGatewayOptions): LiveGateway {
  const clock = systemClock
  const health = memoryHealth(clock)
  const live = new LiveRouting({ shipped, health, clock, control: () => reach(env.CONTROL, CONTROL) })
  const shared = {
    ...{ providers, env, fetch, clock, health },
    random: systemRandom,
    cache: layeredCache(memoryCache(clock), sharedCache(env.CACHE), { clock, hold: waitUntil }),
    ...(isAiBinding(env.AI) ? { ai: env.AI } : {}),
  }
  const gateway = createGateway({ ...shared, routing: () => live.current })
  return {
    ...gateway,
    live,
    providers: providers.map(({ id }) => id),
    async operate(operation, context, options) {
      await live.freshen()
      try {
        return await gateway.operate(operation, context, options)
      } finally {
        live.report()
      }
    },
    explainUnder: (routing, context, operation) =>
      createGateway({ ...shared, routing: () => routing }).explain(context, operation),
  }
}

function isAiBinding(binding: unknown): binding is AiBinding {
  return typeof binding === "object" && binding !== null && "run" in binding
}
