/** The app: endpoints on a router, and one place where every error becomes a problem. */
import { Hono } from "hono"
import { errorData, WaybillError } from "../lib/errors.ts"
import type { Deployment, Env } from "../objects/environment.ts"
import { problemAnswer } from "./answer.ts"
import type { Endpoint } from "./resource.ts"
import { resolveTenant } from "./tenant.ts"

/** Public endpoints ask nothing of a tenant. */
const NOBODY = { id: "" }

export interface App {
  fetch(request: Request, env: Env): Response | Promise<Response>
}

export function createApp(endpoints: readonly Endpoint[], deployment: Deployment): App {
  const app = new Hono<{ Bindings: Env }>()
  for (const endpoint of endpoints) {
    app.on(endpoint.method, routerPath(endpoint.path), async (c) => {
      try {
        const tenant = endpoint.isPublic ? NOBODY : resolveTenant(c.req.raw)
        const context = { env: c.env, deployment, tenant }
        return await endpoint.respond(c.req.raw, c.req.param(), context)
      } catch (thrown) {
        return refusal(thrown, endpoint.refuse)
      }
    })
  }
  app.notFound((c) => missing(endpoints, c.req.method, c.req.path))
  app.onError((thrown) => refusal(thrown))
  return app
}

function refusal(thrown: unknown, refuse = problemAnswer): Response {
  const error = errorData(thrown)
  if (error.code === "internal") console.error(thrown)
  return refuse(error)
}

/** The OpenAPI path as the router writes it. */
function routerPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1")
}

/** The answer to a request that no endpoint takes: there is nothing, or it is there for other methods. */
function missing(endpoints: readonly Endpoint[], method: string, path: string): Response {
  const there = endpoints.filter((endpoint) => fits(endpoint.path, path)).map((endpoint) => endpoint.method)
  if (there.length === 0) return problemAnswer(new WaybillError("not_found", `There is nothing at ${path}.`).toJSON())
  const allow = [...new Set(there)].join(", ")
  const error = new WaybillError("method_not_allowed", `Found ${method} ${path}, expected ${allow}.`, { allow })
  return problemAnswer(error.toJSON(), { allow })
}

function fits(pattern: string, path: string): boolean {
  const [expected, found] = [pattern.split("/"), path.split("/")]
  if (expected.length !== found.length) return false
  return expected.every((part, index) => (part[0] === "{" ? found[index] !== "" : part === found[index]))
}
