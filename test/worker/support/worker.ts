/**
 * The Worker that tests inside workerd talk to: the product's own objects and API over the workflows of the tests. The model
 * steps of `routed` go through the real gateway to a scripted server; those of the others are answered by a scripted model.
 */
import type { Workflow } from "waybill"
import { scriptedModel } from "waybill/testing"
import { createApi } from "../../../src/api/index.ts"
import type { ModelClient } from "../../../src/model/client.ts"
import type { Deployment, Env } from "../../../src/objects/environment.ts"
import { type LiveGateway, liveGateway } from "../../../src/objects/live-gateway.ts"
import { RunShell } from "../../../src/objects/run-object.ts"
import { PROVIDERS } from "../../../src/providers/index.ts"
import { defineRouting } from "../../../src/routing/define.ts"
import { liveModel } from "./live-workflows.ts"
import { mendingModel, noting } from "./mending.ts"
import { UPSTREAM, upstream } from "./upstream.ts"
import { workflows } from "./workflows.ts"

export { CacheObject } from "../../../src/objects/cache-object.ts"
export { ControlObject } from "../../../src/objects/control-object.ts"
export { TenantObject } from "../../../src/objects/tenant-object.ts"

/** The routing that this Worker ships with. */
export const shipped = defineRouting({
  models: {
    first: "openai-compatible/first",
    quick: "openai-compatible/quick",
    priced: { model: "openai-compatible/held", price: { input: 1, output: 2 } },
  },
  routes: {
    generate: { try: ["first"] },
    plan: { try: [{ model: "openai-compatible/busy", attempts: 1 }, "quick"], backoff: { delay: 1 } },
    "mend-json.decision": { try: ["openai-compatible/rambler"], backoff: { delay: 1 } },
    embed: { try: ["openai-compatible/text-embedding-small"] },
    moderate: { try: ["local/moderate"] },
    "lost.model": { try: ["priced"] },
  },
  redact: [
    { detect: ["email"], mode: "token" },
    { detect: ["private-key"], mode: "block" },
  ],
})

const script = scriptedModel(
  {
    topic: { value: { kind: "billing" } },
    check: { result: { type: "moderate", results: [{ flagged: false, scores: { harassment: 0.6 } }] } },
  },
  { costNanoUsd: 1_234_567 },
)

let shared: LiveGateway | undefined
const gateway = (env: Env): LiveGateway => (shared ??= testGateway(env))

/** A gateway as each isolate has one: what a second one knows, it was told by the control object. */
export function testGateway(env: Env): LiveGateway {
  const variables = { OPENAI_COMPATIBLE_BASE_URL: UPSTREAM, LOCAL_MODELS_URL: UPSTREAM }
  return liveGateway({ ...env, ...variables }, { routing: shipped, providers: PROVIDERS, fetch: upstream })
}

const deployed = new Map<string, Workflow>(workflows.map((workflow) => [workflow.name, workflow]))

/** From now on objects that come to memory find this code. */
export function deploy(workflow: Workflow): void {
  deployed.set(workflow.name, workflow)
}

/** From now on objects that come to memory do not find this code. */
export function remove(name: string): void {
  deployed.delete(name)
}

const deployment: Deployment = {
  workflows: deployed,
  models: (env) => ({
    operate: (operation, context, options) => modelsOf(context.workflow, env).operate(operation, context, options),
  }),
  gateway,
}

function modelsOf(workflow: string, env: Env): ModelClient {
  if (workflow === "routed" || workflow === "lost") return gateway(env)
  if (workflow === "mend-json") return noting(gateway(env))
  if (workflow.startsWith("live-")) return liveModel
  return workflow.startsWith("mend-") ? mendingModel : script
}

export class RunObject extends RunShell {
  protected override readonly deployment = deployment
}

export default createApi(deployment)
