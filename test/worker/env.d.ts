/** What tests inside workerd see beside the source: the test module of the plugin, and the bindings of `wrangler.toml`. */
/// <reference types="@cloudflare/vitest-plugin/types" />

declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import("./support/worker.ts")
  }
  interface Env {
    readonly RUNS: DurableObjectNamespace
    readonly BLOBS: R2Bucket
    /** The fake of `vitest.config.ts`; the real binding is bound in production only. */
    readonly FAKE_AI: import("../../src/providers/transport.ts").AiBinding
  }
}
