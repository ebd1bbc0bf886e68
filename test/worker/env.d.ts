/** What tests inside workerd see beside the source: the test module of the plugin, and the bindings of `wrangler.toml`. */
/// <reference types="@cloudflare/vitest-plugin/types" />

declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import("./support/worker.ts")
  }
  interface Env {
    readonly RUNS: DurableObjectNamespace & import("../../src/objects/environment.ts").Env["RUNS"]
    readonly TENANTS: import("../../src/objects/environment.ts").Env["TENANTS"]
    readonly CONTROL: import("../../src/objects/environment.ts").Env["CONTROL"]
    readonly CACHE: DurableObjectNamespace & import("../../src/objects/environment.ts").Env["CACHE"]
    readonly BLOBS: R2Bucket
    /** The fake of `vitest.config.ts`; the real binding is bound in production only. */
    readonly FAKE_AI: import("../../src/providers/transport.ts").AiBinding
  }
}
