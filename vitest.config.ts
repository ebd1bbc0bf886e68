/**
 * Three projects. `node` runs everything that needs no Cloudflare in plain Node, type tests included. `worker` runs
 * `test/worker/` inside workerd, on a Worker of the tests' own with the bindings of `wrangler.toml`; storage there is fresh
 * for each test file. `system` runs `test/system/` against whole servers in processes of their own, one file at a time and
 * after all others, because each of them wants the machine for itself.
 */
import { cloudflareTest } from "@cloudflare/vitest-plugin"
import { defineConfig } from "vitest/config"
import { fakeAiWorker } from "./src/testing/fake-ai.ts"
import { ClosingLine } from "./test/support/closing-line.ts"
import { FAKE_AI_ANSWERS } from "./test/support/fake-ai-answers.ts"
import { noPackageMaps } from "./test/support/no-package-maps.ts"
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
          // Property tests and processes on a machine that is busy with other things.
          testTimeout: 20_000,
          include: ["test/**/*.test.ts"],
          exclude: ["test/worker/**", "test/system/**"],
          typecheck: { enabled: true, include: ["test/**/*.test-d.ts"] },
        },
      },
      {
        plugins: [
          pngAsBytes(),
          noPackageMaps(),
          cloudflareTest({
            main: "./test/worker/support/worker.ts",
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              serviceBindings: { FAKE_AI: { name: "fake-ai", entrypoint: "FakeAI" } },
              workers: [fakeAiWorker(FAKE_AI_ANSWERS)],
            },
          }),
        ],
        // The first request of a file waits until the Worker is compiled and its objects are up.
        test: { name: "worker", include: ["test/worker/**/*.test.ts"], testTimeout: 30_000 },
      },
      {
        test: {
          name: "system",
          include: ["test/system/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
