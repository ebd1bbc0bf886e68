/**
 * The Durable Object that the whole deployment shares, named `control`. Routing versions, API keys and the health of
 * providers will live here; nothing on a run's hot path may ever wait for it.
 */
import { DurableObject } from "cloudflare:workers"
import { Lifecycle } from "agents/lifecycle"

export class ControlObject extends DurableObject {
  readonly lifecycle = Lifecycle.install(this)
}
