/**
 * The Durable Object that the whole deployment shares, named `control`: the routing versions and the health of providers.
 * Nothing on a run's hot path waits for it: isolates ask it in the background what is new (see `live-routing.ts`).
 */
import { DurableObject } from "cloudflare:workers"
import { Lifecycle } from "agents/lifecycle"
import { systemClock } from "../lib/clock.ts"
import { newId } from "../lib/id.ts"
import { systemRandom } from "../lib/random.ts"
import type { ControlRpc, Known, News } from "./control-rpc.ts"
import { answerCall, type Call, type Outcome } from "./remote.ts"
import { type RoutingSource, type RoutingVersion, type RoutingVersionRow, RoutingVersions } from "./routing-versions.ts"
import { SharedHealth } from "./shared-health.ts"
import { durableSql } from "./sql.ts"

export class ControlObject extends DurableObject implements ControlRpc {
  readonly lifecycle = Lifecycle.install(this)
  readonly #versions = new RoutingVersions(durableSql(this.ctx.storage))
  readonly #health = new SharedHealth(newId("epoch", systemClock, systemRandom))

  /** What others call; all other methods are called through it (see `remote.ts`). */
  call(call: Call): Promise<Outcome> {
    return answerCall(this, call)
  }

  /** Asked by every isolate all the time: answered from memory. */
  async exchange({ version, health, heard }: Known): Promise<News> {
    await this.lifecycle.start()
    const news = this.#health.since(heard)
    this.#health.report(health)
    const { live } = this.#versions
    return {
      ...((live?.version ?? null) === version ? {} : { routing: live }),
      health: news,
      heard: this.#health.mark,
    }
  }

  async live(): Promise<RoutingSource | null> {
    await this.lifecycle.start()
    return this.#versions.live
  }

  async putRouting(routing: RoutingSource, shipped: RoutingSource): Promise<void> {
    await this.lifecycle.start()
    this.#versions.put(routing, shipped, systemClock.nowMs())
  }

  async rollbackRouting(version: string, shipped: RoutingSource): Promise<RoutingSource | null> {
    await this.lifecycle.start()
    this.#versions.rollback(version, shipped, systemClock.nowMs())
    return this.#versions.live
  }

  async routingVersion(version: string): Promise<RoutingVersion> {
    await this.lifecycle.start()
    return this.#versions.get(version)
  }

  async routingVersions(limit: number): Promise<readonly RoutingVersionRow[]> {
    await this.lifecycle.start()
    return this.#versions.list(limit)
  }
}
