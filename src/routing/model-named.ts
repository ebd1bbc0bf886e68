/** Finds a model by what people call it: an alias of the configuration, or `"<provider>/<model>"`. */
import type { CompiledModel, CompiledRouting } from "./compiled.ts"

/** The model, with the deployment's settings for it; undefined when `name` is neither. */
export function modelNamed(name: string, { models }: Pick<CompiledRouting, "models">): CompiledModel | undefined {
  if (Object.hasOwn(models, name)) return models[name]
  const slash = name.indexOf("/")
  if (slash <= 0 || slash === name.length - 1) return undefined
  const configured = Object.values(models).find((model) => model.key === name)
  return configured ?? { key: name, provider: name.slice(0, slash), model: name.slice(slash + 1) }
}
