/**
 * The roof: what Cloudflare runs. It puts the authors' workflows and routing into the objects and the API, and holds nothing
 * else. One gateway serves all runs of an isolate.
 */
import { workflows } from "../workflows/index.ts"
import { routing } from "../workflows/routing.ts"
import { createApi } from "./api/index.ts"
import { createGateway, type Gateway } from "./gateway/gateway.ts"
import { systemClock } from "./lib/clock.ts"
import { systemRandom } from "./lib/random.ts"
import type { Deployment, Env } from "./objects/environment.ts"
import { RunShell } from "./objects/run-object.ts"
import { PROVIDERS } from "./providers/index.ts"
import type { AiBinding } from "./providers/transport.ts"

export { ControlObject } from "./objects/control-object.ts"
export { TenantObject } from "./objects/tenant-object.ts"

let gateway: Gateway | undefined

const deployment: Deployment = {
  workflows: new Map(workflows.map((workflow) => [workflow.name, workflow])),
  models: (env) => (gateway ??= makeGateway(env)),
}

export class RunObject extends RunShell {
  protected override readonly deployment = deployment
}

export default createApi(deployment)

function makeGateway(env: Env): Gateway {
  return createGateway({
    routing: () => routing,
    providers: PROVIDERS,
    env,
    fetch: (input, init) => fetch(input, init),
    clock: systemClock,
    random: systemRandom,
    ...(isAiBinding(env.AI) ? { ai: env.AI } : {}),
  })
}

function isAiBinding(binding: unknown): binding is AiBinding {
  return typeof binding === "object" && binding !== null && "run" in binding
}
