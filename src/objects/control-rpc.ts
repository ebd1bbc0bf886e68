/** What the control object says to isolates and to the API: its RPC methods as an interface (see `rpc.ts`). */
import type { HealthState } from "../gateway/health.ts"
import type { RoutingSource, RoutingVersion, RoutingVersionRow } from "./routing-versions.ts"
import type { HealthMark } from "./shared-health.ts"

/** What an isolate tells the control object when it asks for news. */
export interface Known {
  /** Version of the configuration that was put in force, as far as the isolate knows; null: what the deployment ships with. */
  readonly version: string | null
  /** Health that changed here since it was last told. */
  readonly health: HealthState
  /** Absent on the first exchange. */
  readonly heard?: HealthMark
}

export interface News {
  /** Present when another configuration is in force than the isolate knows. */
  readonly routing?: RoutingSource | null
  /** Health that the isolate has not heard of. */
  readonly health: HealthState
  readonly heard: HealthMark
}

export interface ControlRpc {
  exchange(known: Known): Promise<News>
  /** What was put in force; null when the deployment's own configuration is. */
  live(): Promise<RoutingSource | null>
  /** Puts a configuration in force. `shipped`: the deployment's own. */
  putRouting(routing: RoutingSource, shipped: RoutingSource): Promise<void>
  /** Puts a version in force again and says what is live then. Throws `routing_version_not_found`. */
  rollbackRouting(version: string, shipped: RoutingSource): Promise<RoutingSource | null>
  /** Throws `routing_version_not_found`. */
  routingVersion(version: string): Promise<RoutingVersion>
  /** Newest first. */
  routingVersions(limit: number): Promise<readonly RoutingVersionRow[]>
}
