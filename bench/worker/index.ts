/** The Worker that the benches measure: Waybill as it is deployed, with workflows of its own, beside the bare object. */
import { createApi } from "../../src/api/index.ts"
import type { Deployment, Env } from "../../src/objects/environment.ts"
import { type LiveGateway, liveGateway } from "../../src/objects/live-gateway.ts"
import { RunShell } from "../../src/objects/run-object.ts"
import { PROVIDERS } from "../../src/providers/index.ts"
import { defineRouting } from "../../src/routing/define.ts"
import type { BareCalls, BareObject } from "./bare-object.ts"
import { askRepeatedly } from "./gateway.ts"
import { benchWorkflows } from "./workflows.ts"

export { CacheObject } from "../../src/objects/cache-object.ts"
export { ControlObject } from "../../src/objects/control-object.ts"
export { TenantObject } from "../../src/objects/tenant-object.ts"
export { BareObject } from "./bare-object.ts"

const routing = defineRouting({ routes: { generate: { try: ["openai-compatible/stub"] } } })

let shared: LiveGateway | undefined
const gateway = (env: Env): LiveGateway =>
  (shared ??= liveGateway(env, { routing, providers: PROVIDERS, fetch: (input, init) => fetch(input, init) }))

const deployment: Deployment = {
  workflows: new Map(benchWorkflows.map((workflow) => [workflow.name, workflow])),
  models: gateway,
  gateway,
}

export class RunObject extends RunShell {
  protected override readonly deployment = deployment
}

type BenchEnv = Env & { readonly BARE: DurableObjectNamespace<BareObject> }

const api = createApi(deployment)

export default {
  async fetch(request: Request, env: BenchEnv): Promise<Response> {
    const url = new URL(request.url)
    if (url.pathname === "/gateway") {
      await askRepeatedly(env, url.searchParams)
      return Response.json({})
    }
    if (url.pathname !== "/bare") return api.fetch(request, env)
    const { searchParams } = url
    const steps = Number(searchParams.get("steps"))
    await env.BARE.getByName(searchParams.get("id") ?? "").run(steps, searchParams.get("calls") as BareCalls)
    return Response.json({ steps })
  },
}
