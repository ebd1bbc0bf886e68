/** A provider's keys: which one is used, and how long each is left alone. */
import { describe, expect, it } from "vitest"
import { byProvider, fail, inTurn, type Script, say } from "./wire.ts"
import { CONTEXT, world } from "./world.ts"

const ONE_TRY = [
  { model: "alpha/m", attempts: 1 },
  { model: "beta/m", attempts: 1 },
] as const

describe("several keys", () => {
  const routing = { routes: { plan: { try: ONE_TRY } } } as const
  const env = { ALPHA_KEY: "k1, k2,k3", BETA_KEY: "b" }

  it("[GATE17] tries another key of the same provider at once when one is limited, and keeps to the one that works", async () => {
    const script = byProvider({
      alpha: (call) => (call.key === "k3" ? say("ok") : fail(429, {}, { "retry-after": "60" }))(call),
    })
    const { operate, calls } = world({ routing, env, script })
    const outcome = await operate()
    expect(calls.map(({ key }) => key)).toEqual(["k1", "k2", "k3"])
    expect(outcome.record.attempts.map(({ key, waitedMs }) => [key, waitedMs])).toEqual([
      [1, 0],
      [2, 0],
      [3, 0],
    ])
    await operate()
    expect(calls.at(-1)?.key).toBe("k3")
  })

  const limited =
    (waits: Readonly<Record<string, string>>): Script =>
    (call) => {
      const wait = waits[call.key ?? ""]
      return wait === undefined ? say("ok")(call) : fail(429, {}, { "retry-after": wait })(call)
    }

  it("[GATE25] waits for each key as long as that key was told to, and asks the first that may be asked", async () => {
    const waits: Record<string, string> = { k1: "20", k2: "5", k3: "9" }
    const { operate, calls } = world({
      routing: { routes: { plan: { try: ["alpha/m"] } } },
      env,
      script: (call) => {
        const answer = limited(waits)(call)
        delete waits[call.key ?? ""]
        return answer
      },
    })
    const outcome = await operate()
    expect(calls.map(({ key }) => key)).toEqual(["k1", "k2", "k3", "k2"])
    expect(outcome.record.attempts.map(({ waitedMs }) => waitedMs)).toEqual([0, 0, 0, 5_000])
  })

  it("[GATE25] remembers for the next operation that a model asked to be left alone", async () => {
    const alone = { routes: { plan: { try: [{ model: "alpha/m", attempts: 1 }] } } } as const
    const { operate, calls } = world({
      routing: alone,
      script: inTurn(fail(429, {}, { "retry-after": "12" }), say("ok")),
    })
    expect(await operate()).toMatchObject({ status: "failed", failure: { class: "provider.rate_limited" } })
    const outcome = await operate()
    expect((calls[1]?.atMs ?? 0) - (calls[0]?.atMs ?? 0)).toBe(12_000)
    expect(outcome.record.attempts.map(({ waitedMs }) => waitedMs)).toEqual([12_000])
  })

  it("[GATE25] passes over what is limited for long, says so, and fails at once where nobody else is left", async () => {
    const script = byProvider({ alpha: fail(429, {}, { "retry-after": "600" }), beta: say("ok") })
    const { operate, clock, asked } = world({ routing, script })
    await operate()
    const outcome = await operate()
    expect(asked()).toEqual(["alpha/m", "beta/m", "beta/m"])
    expect(outcome.record.decision.candidates[0]).toMatchObject({ verdict: "skipped", reason: "rate_limited" })
    const alone = await operate(undefined, { route: "alpha/m", deadlineMs: clock.nowMs() + 10_000 })
    expect(alone).toMatchObject({ status: "failed", failure: { class: "provider.rate_limited" } })
    expect(asked()).toHaveLength(3)
  })

  it("a limit of one model is none of another", async () => {
    const { operate, calls } = world({
      routing: { routes: { plan: { try: ["alpha/m"] }, classify: { try: ["alpha/n"] } } },
      script: (call) => (call.model === "m" ? fail(429, {}, { "retry-after": "20" })(call) : say("ok")(call)),
    })
    await operate()
    const before = calls.length
    const outcome = await operate(undefined, { step: { ...CONTEXT.step, kind: "classify" } })
    expect(outcome.record.attempts.map(({ waitedMs }) => waitedMs)).toEqual([0])
    expect(calls).toHaveLength(before + 1)
  })

  it("goes to the next candidate when every key was refused", async () => {
    const { operate, asked } = world({ routing, env, script: byProvider({ alpha: fail(401), beta: say("ok") }) })
    expect(await operate()).toMatchObject({ status: "succeeded" })
    expect(asked()).toEqual(["alpha/m", "alpha/m", "alpha/m", "beta/m"])
  })
})
