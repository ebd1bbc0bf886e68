/** The exact cache: what is answered from it, for whom, and which policies still hold. */
import { describe, expect, it } from "vitest"
import { memoryCache } from "../../src/gateway/cache.ts"
import { fakeClock } from "../../src/lib/fake-clock.ts"
import type { GenerateOperation } from "../../src/model/operation.ts"
import { byProvider, fail, inTurn, type Script, say } from "./wire.ts"
import { CONTEXT, OPTIONS, QUESTION, world } from "./world.ts"

const routing = { routes: { plan: { try: ["alpha/m", "beta/m"], cache: "10m" } } } as const
const price = () => ({ costNanoUsd: 7, priced: true })
const asks = (content: string): GenerateOperation => ({
  ...QUESTION,
  messages: [{ role: "user", content: [{ type: "text", text: content }] }],
})

describe("the cache", () => {
  it("[CACHE1] answers an equal operation without a call, at no cost, and says so", async () => {
    const { operate, asked } = world({ routing, price, script: inTurn(say("one"), say("two")) })
    const first = await operate()
    const second = await operate()
    expect(asked()).toEqual(["alpha/m"])
    expect(first.record).toMatchObject({ cache: "miss", costNanoUsd: 7 })
    expect(second).toMatchObject({ result: { text: "one" }, record: { cache: "hit", costNanoUsd: 0, attempts: [] } })
    expect(second.record.decision.candidates[0]).toMatchObject({
      provider: "alpha",
      verdict: "served",
      reason: "cached",
    })
  })

  it("[CACHE2] is per tenant, exact, and as old as the route allows", async () => {
    const { operate, clock, asked } = world({ routing, script: say("x") })
    await operate(asks("a"))
    await operate(asks("a "))
    await operate(asks("a"), { tenant: { id: "other" } })
    expect(asked()).toHaveLength(3)
    clock.tick(10 * 60_000 - 1)
    await operate(asks("a"))
    expect(asked()).toHaveLength(3)
    clock.tick(1)
    await operate(asks("a"))
    expect(asked()).toHaveLength(4)
  })

  it("[CACHE2] counts age from when an answer was given, by the route of whoever asks", async () => {
    const clock = fakeClock()
    const cache = memoryCache(clock)
    const brief = { routes: { plan: { try: ["alpha/m"], cache: "1m" } } } as const
    const long = world({ routing, cache, clock, script: say("x") })
    const short = world({ routing: brief, cache, clock, script: say("x") })
    await long.operate()
    clock.tick(59_999)
    expect((await short.operate()).record.cache).toBe("hit")
    clock.tick(1)
    expect((await short.operate()).record.cache).toBe("miss")
  })

  it("[CACHE9] keeps the answers of a region apart", async () => {
    const { operate, asked } = world({ routing, script: say("x") })
    await operate()
    expect((await operate(QUESTION, { region: "eu" })).record.cache).toBe("miss")
    expect((await operate(QUESTION, { region: "eu" })).record.cache).toBe("hit")
    expect(asked()).toHaveLength(2)
  })

  it("does nothing on a route without it", async () => {
    const { operate, asked } = world({ routing: { routes: { plan: { try: ["alpha/m"] } } }, script: say("x") })
    expect((await operate()).record.cache).toBeUndefined()
    await operate()
    expect(asked()).toHaveLength(2)
  })

  it("keeps no failure", async () => {
    const { operate } = world({
      routing,
      script: byProvider({ alpha: inTurn(fail(400), say("well")), beta: fail(400) }),
    })
    expect((await operate()).status).toBe("failed")
    expect((await operate()).status).toBe("succeeded")
  })

  it("[CACHE3] lets equal operations at the same time share one call; when it fails, one of them tries again", async () => {
    const pending: (() => void)[] = []
    const slow =
      (answer: Script): Script =>
      (call) =>
        new Promise((resolve) => pending.push(() => resolve(answer(call))))
    const { gateway, settle, asked, clock } = world({
      routing: { routes: { plan: { try: [{ model: "alpha/m", attempts: 1 }], cache: "10m" } } },
      script: inTurn(slow(fail(400)), slow(say("shared"))),
    })
    const all = Promise.all(Array.from({ length: 5 }, () => gateway.operate(QUESTION, CONTEXT, OPTIONS)))
    clock.setTimer(1, () => pending.shift()?.())
    clock.setTimer(2, () => pending.shift()?.())
    const outcomes = await settle(all)
    expect(asked()).toHaveLength(2)
    expect(outcomes.map(({ status }) => status).sort()).toEqual([
      "failed",
      "succeeded",
      "succeeded",
      "succeeded",
      "succeeded",
    ])
    expect(outcomes.filter(({ record }) => record.cache === "hit")).toHaveLength(3)
  })

  it("[CACHE4] gives no answer of a model that this operation may not use", async () => {
    const regional = {
      ...routing,
      rules: [{ when: { "run.region": { $ne: null } }, require: { region: "{run.region}" } }],
    } as const
    const { operate, asked } = world({ routing: regional, regions: { alpha: ["us"], beta: ["eu"] }, script: say("x") })
    await operate(QUESTION)
    const inEurope = await operate(QUESTION, { region: "eu" })
    expect(asked()).toEqual(["alpha/m", "beta/m"])
    expect(inEurope.record.cache).toBe("miss")
  })

  it("[CACHE5] holds no hidden value, yet gives it back", async () => {
    const puts: unknown[] = []
    const kept = new Map()
    const cache = {
      get: async (_shelf: unknown, key: string) => kept.get(key),
      put: async (_shelf: unknown, key: string, entry: unknown) => {
        puts.push(entry)
        kept.set(key, entry)
      },
    }
    const redacting = { ...routing, redact: [{ detect: ["email"], mode: "token" }] } as const
    const { operate, asked } = world({ routing: redacting, cache, script: say("wrote to [[EMAIL_1]]") })
    await operate(asks("mail jane@example.com"))
    expect(await operate(asks("mail jane@example.com"))).toMatchObject({
      result: { text: "wrote to jane@example.com" },
    })
    expect(asked()).toHaveLength(1)
    expect(JSON.stringify(puts)).not.toContain("jane@")
  })

  it("[CACHE6] never fails an operation when its store does", async () => {
    const broken = async () => {
      throw new Error("store gone")
    }
    const { operate } = world({ routing, cache: { get: broken, put: broken }, script: say("fine") })
    expect(await operate()).toMatchObject({ status: "succeeded", record: { cache: "miss" } })
  })

  it("shows a hit to the subscriber", async () => {
    let seen = ""
    const { operate } = world({ routing, script: say("one two") })
    await operate()
    await operate(QUESTION, {}, { onDelta: (delta) => (seen += delta.type === "text" ? delta.text : "") })
    expect(seen).toBe("one two")
  })
})
