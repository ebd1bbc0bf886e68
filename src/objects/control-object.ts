/**
 * The Durable Object that the whole deployment shares, named `control`. Routing versions, API keys and the health of
 * providers will live here; nothing on a run's hot path may ever wait for it.
 */
import { DurableObject } from "cloudflare:workers"
import { Lifecycle } from "agents/lifecycle"
import { answerCall, type Call, type Outcome } from "./remote.ts"

export class ControlObject extends DurableObject {
  readonly lifecycle = Lifecycle.install(this)

  /** What others call (see `remote.ts`). */
  call(call: Call): Promise<Outcome> {
    return answerCall(this, call)
  }
}
