/**
 * Modules of packages without their source maps. Vitest hands a test file that is not the first one all its modules in one
 * message, and workerd takes none over 32 MB. The maps of packages, which nobody here steps through, are much of that.
 */
import type { Plugin } from "vitest/config"

export function noPackageMaps(): Plugin {
  return {
    name: "no-package-maps",
    enforce: "post",
    transform: (code, id) => (id.includes("/node_modules/") ? { code, map: { mappings: "" } } : undefined),
  }
}
