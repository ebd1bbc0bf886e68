/**
 * Makes `import bytes from "./screen.png"` mean the same in tests as in the deployed Worker, where `wrangler.toml`
 * has a rule of type `Data`: an `ArrayBuffer`. Vite alone would give a URL.
 */
import { readFileSync } from "node:fs"
import type { Plugin } from "vitest/config"

export function pngAsBytes(): Plugin {
  return {
    name: "png-as-bytes",
    enforce: "pre",
    load(id) {
      if (!id.endsWith(".png")) return null
      const base64 = readFileSync(id).toString("base64")
      return `export default Uint8Array.from(atob("${base64}"), (char) => char.charCodeAt(0)).buffer`
    },
  }
}
