/**
 * Two projects. `node` runs everything that needs no Cloudflare in plain Node, type tests included; `worker` runs
 * `test/worker/` inside workerd with the bindings of `wrangler.toml`. Storage there is fresh for each test file.
 */
import { cloudflareTest } from "@cloudflare/vitest-plugin"
import { defineConfig } from "vitest/config"
import { ClosingLine } from "./test/support/closing-line.ts"
import { pngAsBytes } from "./test/support/png-as-bytes.ts"

// Type tests are "experimental" in vitest; its version is pinned, so the warning tells nobody anything.
process.env.VITEST_DISABLE_EXPERIMENTAL_LOG ??= "1"
// The Workers runtime would otherwise ask the network where in the world this machine is.
process.env.CLOUDFLARE_CF_FETCH_ENABLED ??= "false"
process.env.WRANGLER_SEND_METRICS ??= "false"

export default defineConfig({
  test: {
    reporters: ["default", new ClosingLine()],
    projects: [
      {
        plugins: [pngAsBytes()],
        test: {
          name: "node",
          include: ["test/**/*.test.ts"],
          exclude: ["test/worker/**"],
          typecheck: { enabled: true, include: ["test/**/*.test-d.ts"] },
        },
      },
      {
        plugins: [pngAsBytes(), cloudflareTest({ wrangler: { configPath: "./wrangler.toml" } })],
        test: { name: "worker", include: ["test/worker/**/*.test.ts"] },
      },
    ],
  },
})
