/** Breakers and hedges: what one operation learns for the next, and what runs at the same time. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type HealthState, type ModelHealth, memoryHealth, mergeHealth } from "../../src/gateway/health.ts"
import { openPurse, type Purse } from "../../src/gateway/purse.ts"
import { fakeClock } from "../../src/lib/fake-clock.ts"
import { byProvider, fail, hang, inTurn, type Script, say } from "./wire.ts"
import { CONTEXT, OPTIONS, QUESTION, world } from "./world.ts"

const ONE_TRY = [
  { model: "alpha/m", attempts: 1 },
  { model: "beta/m", attempts: 1 },
] as const

describe("the breaker", () => {
  const routing = { routes: { plan: { try: ONE_TRY } }, breaker: { failures: 3, cooldown: "30s" } } as const

  it("[GATE13] opens after so many failures in a row; then the model is skipped without a call", async () => {
    const { operate, asked } = world({ routing, script: byProvider({ alpha: fail(503), beta: say("ok") }) })
    for (let run = 0; run < 3; run += 1) await operate()
    const outcome = await operate()
    expect(asked().filter((model) => model === "alpha/m")).toHaveLength(3)
    expect(outcome.record.decision.candidates[0]).toMatchObject({ verdict: "skipped", reason: "breaker_open" })
  })

  it("is not opened by what says nothing about the provider's health", async () => {
    const { operate, asked } = world({ routing, script: byProvider({ alpha: fail(400), beta: say("ok") }) })
    for (let run = 0; run < 5; run += 1) await operate()
    expect(asked().filter((model) => model === "alpha/m")).toHaveLength(5)
  })

  it("a success in between starts the count anew", async () => {
    const alpha = inTurn(fail(503), fail(503), say("ok"), fail(503), fail(503), say("ok"))
    const { operate, asked } = world({ routing, script: byProvider({ alpha, beta: say("ok") }) })
    for (let run = 0; run < 6; run += 1) await operate()
    expect(asked().filter((model) => model === "alpha/m")).toHaveLength(6)
  })

  it("[GATE14] lets one probe through after the cooldown, and closes when it succeeds", async () => {
    const pending: (() => void)[] = []
    const slowly: Script = (call) => new Promise((resolve) => pending.push(() => resolve(say("back")(call))))
    const { gateway, operate, settle, clock, asked } = world({
      routing,
      script: byProvider({ alpha: inTurn(fail(503), fail(503), fail(503), slowly, say("well")), beta: say("ok") }),
    })
    for (let run = 0; run < 3; run += 1) await operate()
    clock.tick(30_000)
    const ask = () => gateway.operate(QUESTION, CONTEXT, OPTIONS)
    const probe = ask()
    await settle(ask())
    expect(asked().slice(-2)).toEqual(["alpha/m", "beta/m"])
    for (const answer of pending) answer()
    expect(await settle(probe)).toMatchObject({ result: { text: "back" } })
    expect(await operate()).toMatchObject({ result: { text: "well" } })
  })

  it("opens again when the probe fails", async () => {
    const { operate, clock, asked } = world({ routing, script: byProvider({ alpha: fail(503), beta: say("ok") }) })
    for (let run = 0; run < 3; run += 1) await operate()
    clock.tick(30_000)
    for (let run = 0; run < 3; run += 1) await operate()
    expect(asked().filter((model) => model === "alpha/m")).toHaveLength(4)
  })

  it("[GATE15] waits for a probe when breakers are all that stands in the way and the deadline allows it", async () => {
    const alone = { ...routing, routes: { plan: { try: [{ model: "alpha/m", attempts: 1 }] } } } as const
    const { operate, clock } = world({ routing: alone, script: inTurn(fail(503), fail(503), fail(503), say("back")) })
    for (let run = 0; run < 3; run += 1) await operate()
    const startMs = clock.nowMs()
    expect(await operate()).toMatchObject({ status: "succeeded" })
    expect(clock.nowMs() - startMs).toBe(30_000)
    for (let run = 0; run < 3; run += 1) await operate()
  })

  it("fails at once when the deadline comes before the probe", async () => {
    const alone = { ...routing, routes: { plan: { try: [{ model: "alpha/m", attempts: 1 }] } } } as const
    const { operate, clock, asked } = world({ routing: alone, script: fail(503) })
    for (let run = 0; run < 3; run += 1) await operate()
    const outcome = await operate(undefined, { deadlineMs: clock.nowMs() + 1_000 })
    expect(outcome).toMatchObject({
      status: "failed",
      error: { code: "no_candidate" },
      failure: { class: "provider.outage" },
    })
    expect(asked()).toHaveLength(3)
  })
})

describe("a probe that never was a call", () => {
  const routing = {
    routes: { plan: { try: ONE_TRY } },
    breaker: { failures: 1, cooldown: "30s" },
    redact: [{ detect: ["email"], mode: "token" }],
  } as const

  it("is left to the next operation when no money was granted for it", async () => {
    const frugal: Purse = {
      async reserve(request) {
        const { model, context } = request
        if (model === "alpha/m" && context.runId === "poor")
          return { status: "refused", failure: { class: "policy.budget", message: "empty" }, use: "beta/m" }
        return openPurse(fakeClock()).reserve(request)
      },
    }
    const { operate, clock, asked } = world({
      routing,
      purse: frugal,
      script: byProvider({ alpha: inTurn(fail(503), say("back")), beta: say("ok") }),
    })
    await operate()
    clock.tick(30_000)
    expect(await operate(undefined, { runId: "poor" })).toMatchObject({ status: "succeeded" })
    expect(await operate()).toMatchObject({ result: { text: "back" } })
    expect(asked()).toEqual(["alpha/m", "beta/m", "beta/m", "alpha/m"])
  })

  it("is left to the next operation when its caller gave it up", async () => {
    const abort = new AbortController()
    const leave: Script = (call) => {
      abort.abort(new Error("enough"))
      return hang(call)
    }
    const { operate, clock, asked } = world({
      routing,
      script: byProvider({ alpha: inTurn(fail(503), leave, say("back")), beta: say("ok") }),
    })
    await operate()
    clock.tick(30_000)
    await expect(operate(undefined, {}, { signal: abort.signal })).rejects.toThrow("enough")
    expect(await operate()).toMatchObject({ result: { text: "back" } })
    expect(asked()).toEqual(["alpha/m", "beta/m", "alpha/m", "alpha/m"])
  })
})

describe("shared health", () => {
  const health = (): fc.Arbitrary<ModelHealth> =>
    fc
      .record({
        failures: fc.nat(9),
        openUntilMs: fc.option(fc.nat(99)),
        latencyMs: fc.option(fc.nat(99)),
        changedAtMs: fc.nat(3),
      })
      .map(({ openUntilMs, latencyMs, ...rest }) => ({
        ...rest,
        ...(openUntilMs === null ? {} : { openUntilMs }),
        ...(latencyMs === null ? {} : { latencyMs }),
      }))
  const state = (): fc.Arbitrary<HealthState> => fc.dictionary(fc.constantFrom("a/m", "b/m"), health())

  it("merges to the same in any order, however often", () => {
    fc.assert(
      fc.property(state(), state(), state(), (a, b, c) => {
        expect(mergeHealth(a, b)).toEqual(mergeHealth(b, a))
        expect(mergeHealth(mergeHealth(a, b), c)).toEqual(mergeHealth(a, mergeHealth(b, c)))
        expect(mergeHealth(a, a)).toEqual(a)
      }),
    )
  })

  it("an isolate that merges learns of a breaker that another one opened", () => {
    const clock = fakeClock()
    const [mine, theirs] = [memoryHealth(clock), memoryHealth(clock)]
    for (let count = 0; count < 2; count += 1) theirs.failed("a/m", { failures: 2, cooldownMs: 1_000 })
    expect(mine.of("a/m")).toEqual({})
    mine.merge(theirs.snapshot())
    expect(mine.of("a/m")).toEqual({ openUntilMs: clock.nowMs() + 1_000 })
  })
})

describe("hedging", () => {
  const routing = { routes: { plan: { try: ONE_TRY, hedge: { after: "2s" } } } } as const
  const price = (_: string, __: string, { inputTokens }: { inputTokens: number }) => ({
    costNanoUsd: inputTokens,
    priced: true,
  })

  it("[GATE16] asks the next candidate too when the first is silent; the loser is aborted, recorded and paid for", async () => {
    const { operate, calls, asked } = world({ routing, price, script: byProvider({ alpha: hang, beta: say("quick") }) })
    const outcome = await operate()
    expect(outcome).toMatchObject({ status: "succeeded", result: { text: "quick" } })
    expect(asked()).toEqual(["alpha/m", "beta/m"])
    expect((calls[1]?.atMs ?? 0) - (calls[0]?.atMs ?? 0)).toBe(2_000)
    expect(calls[0]?.signal?.aborted).toBe(true)
    const [loser, winner] = outcome.record.attempts
    expect(loser).toMatchObject({ provider: "alpha", outcome: "aborted", estimated: true })
    expect(loser?.costNanoUsd).toBeGreaterThan(0)
    expect(winner).toMatchObject({ provider: "beta", outcome: "succeeded", purpose: "hedge", costNanoUsd: 10 })
    expect(outcome.record.costNanoUsd).toBe(10 + (loser?.costNanoUsd ?? 0))
  })

  it("[COST3] pays for both when both answer, and only one of them serves", async () => {
    const both: Script = (call) => new Promise((resolve) => clock.setTimer(5_000, () => resolve(say("here")(call))))
    const soon: Script = (call) => new Promise((resolve) => clock.setTimer(3_000, () => resolve(say("here")(call))))
    const { operate, clock } = world({ routing, price, script: byProvider({ alpha: both, beta: soon }) })
    const { record } = await operate()
    expect(record.attempts).toMatchObject([
      { provider: "alpha", outcome: "succeeded", costNanoUsd: 10 },
      {
        provider: "beta",
        outcome: "aborted",
        failure: { class: "cancelled" },
        usage: { inputTokens: 10 },
        costNanoUsd: 10,
      },
    ])
    expect(record.costNanoUsd).toBe(20)
  })

  it("asks nobody else when the first answers in time", async () => {
    const { operate, asked } = world({ routing, script: say("here") })
    await operate()
    expect(asked()).toEqual(["alpha/m"])
  })

  it("goes on with the other when one fails", async () => {
    const later: Script = (call) =>
      new Promise((resolve) => clock.setTimer(5_000, () => resolve(say("late but good")(call))))
    const { operate, clock, asked } = world({ routing, script: byProvider({ alpha: later, beta: fail(400) }) })
    expect(await operate()).toMatchObject({ status: "succeeded", result: { text: "late but good" } })
    expect(asked()).toEqual(["alpha/m", "beta/m"])
  })

  it("asks the one that failed again, not before its wait is over, while the first is still silent", async () => {
    const beta = inTurn(fail(429, {}, { "retry-after": "3" }), say("second try"))
    const twice = { routes: { plan: { ...routing.routes.plan, try: ["alpha/m", "beta/m"] } } } as const
    const { operate, calls, asked } = world({ routing: twice, script: byProvider({ alpha: hang, beta }) })
    const outcome = await operate()
    expect(outcome).toMatchObject({ status: "succeeded", result: { text: "second try" } })
    expect(asked()).toEqual(["alpha/m", "beta/m", "beta/m"])
    expect((calls[2]?.atMs ?? 0) - (calls[1]?.atMs ?? 0)).toBe(3_000)
    expect(outcome.record.attempts[2]).toMatchObject({ provider: "beta", purpose: "hedge", waitedMs: 3_000 })
  })

  it("streams only one of the two to the subscriber", async () => {
    const seen: string[] = []
    const { operate } = world({ routing, script: byProvider({ alpha: hang, beta: say("from beta") }) })
    await operate(undefined, {}, { onDelta: (delta) => seen.push(delta.type === "text" ? delta.text : "<reset>") })
    expect(seen.join("")).toBe("from beta")
  })
})
