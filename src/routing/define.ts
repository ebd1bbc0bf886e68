/** The door for authors: a typed configuration in, compiled routing out. */
import { compileRouting } from "./compile.ts"
import type { CompiledRouting } from "./compiled.ts"
import type { RoutingConfig } from "./config.ts"

/**
 * Compiles a routing configuration. A misspelt key, alias or field is a compile error; what types cannot see throws
 * `routing_invalid` with the path of the first thing that is wrong and all of them in `details.issues`.
 */
export function defineRouting<const Alias extends string = never>(config: RoutingConfig<Alias>): CompiledRouting {
  return compileRouting(config)
}
