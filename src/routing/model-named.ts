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
  /** What to do before a provider can be asked; undefined when nothing is missing. */
  readonly missingFor: (provider: string) => string | undefined
}

/**
 * Throws `model_not_found` for a name, at `path`, that is neither an alias nor a model of a provider that there is, and
 * `provider_not_configured` when nobody can ask that provider: the step would be served by another model.
 */
export function checkModelName(name: string, nameable: Nameable, path: string): void {
  const { routing, providers } = nameable
  const known = [...Object.keys(routing.models), ...providers.map((id) => `${id}/<model>`)]
  checkModel(name, nameable, path, known)
}

/** As `checkModelName`, for what may also be a route. */
export function checkRouteName(name: string, nameable: Nameable, path: string): void {
  const routes = Object.keys(nameable.routing.routes)
  if (routes.includes(name)) return
  checkModel(name, nameable, path, [...routes, ...Object.keys(nameable.routing.models)])
}

function checkModel(name: string, { routing, providers, missingFor }: Nameable, path: string, known: string[]): void {
  const model = modelNamed(name, routing)
  if (!model || !providers.includes(model.provider)) {
    const message = `${path}: found ${JSON.stringify(name)}, expected one of ${known.join(", ")}.`
    throw new WaybillError("model_not_found", message, { path, known })
  }
  const { provider } = model
  const missing = missingFor(provider)
  if (missing === undefined) return
  const message = `${path}: found ${JSON.stringify(name)}, but ${provider} is not configured. ${missing}`
  throw new WaybillError("provider_not_configured", message, { path, provider })
}
