/** Finds a model by what people call it: an alias of the configuration, or `"<provider>/<model>"`. */
import { WaybillError } from "../lib/errors.ts"
import type { CompiledModel, CompiledRouting } from "./compiled.ts"

/** The model, with the deployment's settings for it; undefined when `name` is neither. */
export function modelNamed(name: string, { models }: Pick<CompiledRouting, "models">): CompiledModel | undefined {
  if (Object.hasOwn(models, name)) return models[name]
  const slash = name.indexOf("/")
  if (slash <= 0 || slash === name.length - 1) return undefined
  const configured = Object.values(models).find((model) => model.key === name)
  return configured ?? { key: name, provider: name.slice(0, slash), model: name.slice(slash + 1) }
}

/** Whom names given by hand may mean. */
export interface Nameable {
  readonly routing: CompiledRouting
  /** Ids of the providers that there are. */
  readonly providers: readonly string[]
}

/** Throws `model_not_found` for a name, at `path`, that is neither an alias nor a model of a provider that there is. */
export function checkModelName(name: string, { routing, providers }: Nameable, path: string): void {
  const model = modelNamed(name, routing)
  if (model && providers.includes(model.provider)) return
  throw unknown(name, path, [...Object.keys(routing.models), ...providers.map((id) => `${id}/<model>`)])
}

/** As `checkModelName`, for what may also be a route. */
export function checkRouteName(name: string, nameable: Nameable, path: string): void {
  const routes = Object.keys(nameable.routing.routes)
  const model = modelNamed(name, nameable.routing)
  if (routes.includes(name) || (model && nameable.providers.includes(model.provider))) return
  throw unknown(name, path, [...routes, ...Object.keys(nameable.routing.models)])
}

function unknown(name: string, path: string, known: readonly string[]): WaybillError {
  const message = `${path}: found ${JSON.stringify(name)}, expected one of ${known.join(", ")}.`
  return new WaybillError("model_not_found", message, { path, known })
}
