/** The response cache that all isolates share: each shelf is an object of its own, in the region that its answers must not leave. */
import type { CacheStore, Kept, Shelf } from "../gateway/cache.ts"
import { type Namespace, type Reached, reach, within } from "./remote.ts"

/** What a shelf's object can be asked. */
export interface CacheRpc {
  find(key: string): Promise<Kept | undefined>
  keep(key: string, kept: Kept): Promise<void>
}

export function sharedCache(namespace: Namespace<CacheRpc>): CacheStore {
  return {
    get: async (shelf, key) => objectOf(namespace, shelf)?.find(key),
    put: async (shelf, key, kept) => objectOf(namespace, shelf)?.keep(key, kept),
  }
}

/** Undefined where the platform cannot keep the answers inside their region: then no object holds them. */
function objectOf(namespace: Namespace<CacheRpc>, { tenantId, region }: Shelf): Reached<CacheRpc> | undefined {
  if (region === undefined) return reach(namespace, tenantId)
  const inside = within(namespace, region)
  return "namespace" in inside ? reach(inside.namespace, tenantId) : undefined
}
