/** What the `model` of an OpenAI request means here: a route by name, or a model of the routing. */
import { WaybillError } from "../../lib/errors.ts"
import type { Model } from "../../protocol/openai.ts"
import type { CompiledRouting } from "../../routing/compiled.ts"
import { modelNamed } from "../../routing/model-named.ts"

const ROUTE = "route/"

/** The route that an operation asks for. Throws `model_not_found`. */
export function routeNamed(name: string, routing: CompiledRouting, providers: readonly string[]): string {
  const route = name.startsWith(ROUTE) ? name.slice(ROUTE.length) : undefined
  if (route !== undefined && Object.hasOwn(routing.routes, route)) return route
  const model = route === undefined ? modelNamed(name, routing) : undefined
  if (model && providers.includes(model.provider)) return name
  if (Object.hasOwn(routing.routes, name)) return name
  const routes = Object.keys(routing.routes).map((known) => ROUTE + known)
  throw new WaybillError(
    "model_not_found",
    `Found the model ${JSON.stringify(name)}, expected one of ${[...routes, ...Object.keys(routing.models)].join(", ")}, or provider/model.`,
    { path: "model" },
  )
}

/** Everything that the routing has a name for: routes, aliases, and models that stand in them in full. */
export function listedModels({ routes, models }: CompiledRouting): readonly Model[] {
  const named = [
    ...Object.keys(routes).map((name) => model(ROUTE + name, "waybill")),
    ...Object.entries(models).map(([alias, { provider }]) => model(alias, provider)),
    ...Object.values(routes).flatMap((route) => route.try.map((entry) => model(entry.model.key, entry.model.provider))),
  ]
  return [...new Map(named.map((entry) => [entry.id, entry])).values()]
}

function model(id: string, owner: string): Model {
  return { id, object: "model", created: 0, owned_by: owner }
}
