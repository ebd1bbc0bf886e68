/** What a candidate is sent: schema and examples in the form it takes, its own metadata and nobody else's; and what the record says of it. */
import { describe, expect, it } from "vitest"
import { createGateway } from "../../src/gateway/gateway.ts"
import { fakeClock } from "../../src/lib/fake-clock.ts"
import { seededRandom } from "../../src/lib/random.ts"
import { PROVIDERS } from "../../src/providers/index.ts"
import { compileRouting } from "../../src/routing/compile.ts"
import { decide } from "../../src/routing/decide.ts"
import { json, say } from "./wire.ts"
import { CONTEXT, OPTIONS, QUESTION, STRUCTURED, world } from "./world.ts"

const TWO = { routes: { plan: { try: ["alpha/m", "beta/m"] } } } as const

describe("a request", () => {
  it("shows worked examples as turns before the question", async () => {
    const { operate, calls } = world({ routing: TWO, script: say("ok") })
    const messages = [{ role: "system" as const, content: "Classify." }, ...QUESTION.messages]
    await operate({ ...QUESTION, messages, examples: [{ input: "I paid twice", output: { topic: "billing" } }] })
    expect(calls[0]?.body.messages.map(({ role, content }) => [role, content])).toEqual([
      ["system", "Classify."],
      ["user", "I paid twice"],
      ["assistant", '{"topic":"billing"}'],
      ["user", "What now?"],
    ])
  })

  it("passes provider options through: the step's over the deployment's, each to its own provider", async () => {
    const routing = {
      models: { tuned: { model: "alpha/m", options: { user: "deployment", seed: 7 }, temperature: 0.3 } },
      routes: { plan: { try: ["tuned"] } },
    } as const
    const { operate, calls } = world({ routing, script: say("ok") })
    await operate({ ...QUESTION, providerOptions: { alpha: { user: "step" }, beta: { user: "nobody" } } })
    expect(calls[0]?.body).toMatchObject({ user: "step", seed: 7, temperature: 0.3 })
    expect(JSON.stringify(calls[0]?.body)).not.toContain("nobody")
  })

  it("drops thoughts that another model had", async () => {
    const { operate, calls } = world({ routing: TWO, script: say("ok") })
    const thought = {
      type: "reasoning" as const,
      text: "hm, secret thought",
      metadata: { elsewhere: { signature: "s" } },
    }
    const answer = { role: "assistant" as const, content: [thought, { type: "text" as const, text: "Yes." }] }
    await operate({ ...QUESTION, messages: [...QUESTION.messages, answer, ...QUESTION.messages] })
    expect(JSON.stringify(calls[0]?.body)).not.toContain("secret thought")
    expect(calls[0]?.body.messages[1]).toMatchObject({ role: "assistant", content: "Yes." })
  })
})

describe("other operations", () => {
  const embedding = (input: readonly string[]) => ({
    object: "list",
    data: input.map((text, index) => ({ object: "embedding", index, embedding: [text.length] })),
    model: "m",
    usage: { prompt_tokens: input.length, total_tokens: input.length },
  })

  it("embeds, redacted, in order", async () => {
    const { operate, calls } = world({
      routing: { ...TWO, redact: [{ detect: ["email"], mode: "token" }] },
      script: ({ body }) => json(embedding(body.input ?? [])),
    })
    const outcome = await operate({ type: "embed", texts: ["a", "mail a@b.de"] })
    expect(outcome).toMatchObject({
      status: "succeeded",
      result: { embeddings: [[1], [16]] },
      record: { usage: { inputTokens: 2 } },
    })
    expect(calls[0]?.body.input).toEqual(["a", "mail [[EMAIL_1]]"])
  })

  it("takes fewer answers than questions for a bad response", async () => {
    const { operate } = world({ routing: TWO, script: () => json(embedding(["only one"])) })
    expect(await operate({ type: "embed", texts: ["a", "b"] })).toMatchObject({
      status: "failed",
      failure: { class: "provider.bad_response" },
    })
  })
})

describe("the record", () => {
  it("[GATE21] says of each attempt whom it asked, when, how it ended, what it used and what it cost", async () => {
    const price = () => ({ costNanoUsd: 5, priced: true })
    const { operate, clock } = world({ routing: TWO, price, script: say("ok", { input: 11, output: 3 }) })
    const startedAtMs = clock.nowMs()
    expect((await operate()).record).toEqual({
      type: "generate",
      requestDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
      startedAtMs,
      durationMs: 0,
      decision: expect.objectContaining({ route: "plan", reason: "alpha/m: first on route plan." }),
      attempts: [
        {
          attempt: 1,
          provider: "alpha",
          model: "m",
          startedAtMs,
          durationMs: 0,
          waitedMs: 0,
          outcome: "succeeded",
          finishReason: { unified: "stop", raw: "stop" },
          usage: { inputTokens: 11, outputTokens: 3, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 },
          costNanoUsd: 5,
          priced: true,
          status: 200,
          responseId: "chatcmpl-1",
          responseModel: "served-model",
        },
      ],
      usage: { inputTokens: 11, outputTokens: 3, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 },
      costNanoUsd: 5,
    })
  })

  it("prices by the deployment's own price when it has one", async () => {
    const routing = {
      models: { own: { model: "alpha/m", price: { input: 2, output: 10 } } },
      routes: { plan: { try: ["own"] } },
    } as const
    const { operate } = world({ routing, script: say("ok", { input: 1_000, output: 100 }) })
    expect((await operate()).record).toMatchObject({ costNanoUsd: 3_000_000, attempts: [{ priced: true }] })
  })
})

describe("explaining", () => {
  it("[GATE22] lists the candidates with reasons and calls nobody", () => {
    const { gateway, calls } = world({ routing: TWO, env: { BETA_KEY: "b" }, script: say("never") })
    const decision = gateway.explain(CONTEXT, STRUCTURED)
    expect(decision.candidates).toEqual([
      { provider: "alpha", model: "m", verdict: "skipped", reason: "not_configured" },
      { provider: "beta", model: "m", verdict: "spare", reason: "not_needed" },
    ])
    expect(decision.reason).toBe("beta/m: alpha/m was skipped (not_configured).")
    expect(calls).toEqual([])
    expect(() => gateway.explain({ ...CONTEXT, route: "nonsense" }, QUESTION)).toThrow(/no route "nonsense"/)
  })
})

describe("a decision", () => {
  it("[ROUTE10] is made again from its record, for a thousand situations", async () => {
    const config = {
      models: { tuned: { model: "alpha/m", price: { input: 1, output: 2 } } },
      routes: {
        plan: {
          try: ["tuned", { model: "beta/m", when: { "user.id": { $regex: "[02468]$" } } }, "gamma/m"],
          split: { experiment: "e", by: "user.id", arms: { tuned: 1, "gamma/m": 1 } },
        },
      },
      rules: [
        { when: { "tenant.plan": "free" }, use: "beta/m" },
        { when: { "run.region": { $ne: null } }, require: { region: "{run.region}" } },
      ],
    } as const
    const { gateway } = world({
      routing: config,
      regions: { alpha: ["eu"], beta: ["us"], gamma: ["eu", "us"] },
      script: say("x"),
    })
    const compiled = compileRouting(config)
    for (let count = 0; count < 1_000; count += 1) {
      const plan = count % 3 === 0 ? "free" : "pro"
      const place = count % 5 === 0 ? { region: count % 2 === 0 ? "eu" : "us" } : {}
      const { facts, candidates, experiment } = gateway.explain(
        { ...CONTEXT, tenant: { id: "t", plan }, user: { id: `u${count}` }, ...place },
        QUESTION,
      )
      const again = decide(JSON.parse(JSON.stringify(facts)), compiled)
      expect(again?.candidates.map(({ candidate, struck }) => [candidate.model.key, struck])).toEqual(
        candidates.map(({ provider, model, verdict, reason }) => [
          `${provider}/${model}`,
          verdict === "skipped" ? reason : undefined,
        ]),
      )
      expect(again?.experiment).toEqual(experiment)
    }
  })
})

describe("the real providers", () => {
  it("go through AI Gateway where the routing says so, with the run in its metadata", async () => {
    const seen: Request[] = []
    const routing = compileRouting({
      routes: { plan: { try: ["openai/gpt-5"] } },
      providers: { openai: { via: "ai-gateway", gateway: "gw" } },
    })
    const gateway = createGateway({
      routing: () => routing,
      providers: PROVIDERS,
      env: { OPENAI_API_KEY: "k", CLOUDFLARE_ACCOUNT_ID: "acc", CLOUDFLARE_API_TOKEN: "t" },
      fetch: async (input, init) => {
        seen.push(new Request(input, init))
        return json({ error: { message: "no" } }, 400, { "cf-aig-log-id": "log1" })
      },
      clock: fakeClock(),
      random: seededRandom(1),
    })
    const outcome = await gateway.operate(QUESTION, CONTEXT, OPTIONS)
    expect(seen[0]?.url).toContain("/acc/gw/openai/")
    expect(JSON.parse(seen[0]?.headers.get("cf-aig-metadata") ?? "{}")).toMatchObject({
      run: "run_1",
      step: "decision",
      tenant: "acme",
    })
    expect(outcome.record.attempts[0]?.gateway).toEqual({ "cf-aig-log-id": "log1" })
  })
})
