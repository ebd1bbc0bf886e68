/** The Worker's bindings and variables as `wrangler.toml` names them, and what the roof adds to them. */
import type { Workflow } from "../graph/workflow.ts"
import type { ModelClient } from "../model/client.ts"
import type { Bucket } from "../store/bucket-blob-store.ts"
import type { ControlRpc } from "./control-rpc.ts"
import type { LiveGateway } from "./live-gateway.ts"
import type { Namespace } from "./remote.ts"
import type { RunObjectRpc, TenantRpc } from "./rpc.ts"
import type { CacheRpc } from "./shared-cache.ts"

export interface Env {
  readonly RUNS: Namespace<RunObjectRpc>
  readonly TENANTS: Namespace<TenantRpc>
  readonly CONTROL: Namespace<ControlRpc>
  readonly CACHE: Namespace<CacheRpc>
  readonly BLOBS: Bucket
  /** Provider keys, service URLs and the secrets of tools: everything else is text. */
  readonly [name: string]: unknown
}

/** What is deployed: the authors' workflows, and the gateway that serves their model steps and the OpenAI-compatible door. */
export interface Deployment {
  readonly workflows: ReadonlyMap<string, Workflow>
  /** The models as this isolate reaches them. Called once per object; the deployment shares what can be shared. */
  readonly models: (env: Env) => ModelClient
  /** This isolate's gateway, always the same. */
  readonly gateway: (env: Env) => LiveGateway
}

/** The variables of `env` that are text: what tools see as their secrets, and providers as their configuration. */
export function textVariables(env: object): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => typeof entry[1] === "string" && entry[1] !== ""),
  )
}
