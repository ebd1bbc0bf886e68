/** What tests inside workerd see beside the source: the test module of the plugin, and the bindings of `wrangler.toml`. */
/// <reference types="@cloudflare/vitest-plugin/types" />

declare namespace Cloudflare {
  interface Env {
    readonly RUNS: DurableObjectNamespace
    readonly BLOBS: R2Bucket
  }
}
