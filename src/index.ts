/**
 * The roof: what Cloudflare runs. It puts the authors' workflows and routing into the objects and the API, and holds nothing
 * else. One gateway serves all runs of an isolate.
 */
import { workflows } from "../workflows/index.ts"
import { routing } from "../workflows/routing.ts"
import { createApi } from "./api/index.ts"
import type { Deployment, Env } from "./objects/environment.ts"
import { type LiveGateway, liveGateway } from "./objects/live-gateway.ts"
import { RunShell } from "./objects/run-object.ts"
import { PROVIDERS } from "./providers/index.ts"

export { CacheObject } from "./objects/cache-object.ts"
export { ControlObject } from "./objects/control-object.ts"
export { TenantObject } from "./objects/tenant-object.ts"

let shared: LiveGateway | undefined
const gateway = (env: Env): LiveGateway =>
  (shared ??= liveGateway(env, { routing, providers: PROVIDERS, fetch: (input, init) => fetch(input, init) }))

const deployment: Deployment = {
  workflows: new Map(workflows.map((workflow) => [workflow.name, workflow])),
  models: gateway,
  gateway,
}

export class RunObject extends RunShell {
  protected override readonly deployment = deployment
}

export default createApi(deployment)
