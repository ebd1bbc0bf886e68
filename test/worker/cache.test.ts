/** The response cache that isolates share, on its real object inside workerd. */
import { evictDurableObject } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { describe, expect, it } from "vitest"
import { liveGateway } from "../../src/objects/live-gateway.ts"
import { sharedCache } from "../../src/objects/shared-cache.ts"
import { PROVIDERS } from "../../src/providers/index.ts"
import { defineRouting } from "../../src/routing/define.ts"
import { describeCacheStore, kept } from "../gateway/cache-contract.ts"
import { UPSTREAM, upstream } from "./support/upstream.ts"

const store = sharedCache(env.CACHE)

describeCacheStore("in objects", () => ({ store, nowMs: () => Date.now() }))

describe("two isolates", () => {
  it("[CACHE7] share what one of them paid for", async () => {
    const routing = defineRouting({ routes: { generate: { try: ["openai-compatible/first"], cache: "10m" } } })
    const variables = { OPENAI_COMPATIBLE_BASE_URL: UPSTREAM }
    const isolate = () => liveGateway({ ...env, ...variables }, { routing, providers: PROVIDERS, fetch: upstream })
    const context = {
      ...{ runId: "run_1", workflow: "w", tenant: { id: "sharing" }, tags: [] },
      step: { path: "s", name: "s", kind: "generate", failures: 0, attempt: 1 },
    }
    const options = { signal: new AbortController().signal, loadMedia: async () => new Uint8Array() }
    const question = {
      type: "generate" as const,
      messages: [{ role: "user" as const, content: [{ type: "text" as const, text: "Shared?" }] }],
    }
    const paid = await isolate().operate(question, context, options)
    const had = await isolate().operate(question, context, options)
    expect([paid.record.cache, had.record.cache]).toEqual(["miss", "hit"])
    expect(had).toMatchObject({ status: "succeeded", record: { attempts: [], costNanoUsd: 0 } })
  })
})

describe("a shelf", () => {
  it("[CACHE7] keeps its answers while its object is away", async () => {
    const entry = kept(Date.now(), "still here")
    await store.put({ tenantId: "restarted" }, "k", entry)
    await evictDurableObject(env.CACHE.getByName("restarted"))
    expect(await store.get({ tenantId: "restarted" }, "k")).toEqual(entry)
  })

  it("[CACHE2] is one tenant's own", async () => {
    await store.put({ tenantId: "one" }, "k", kept(Date.now(), "secret"))
    expect(await store.get({ tenantId: "two" }, "k")).toBeUndefined()
  })

  it("[CACHE9] holds nothing of a region that the platform cannot keep it in", async () => {
    await store.put({ tenantId: "resident", region: "eu" }, "k", kept(Date.now(), "stays"))
    expect(await store.get({ tenantId: "resident", region: "eu" }, "k")).toBeUndefined()
    expect(await store.get({ tenantId: "resident" }, "k")).toBeUndefined()
  })
})
