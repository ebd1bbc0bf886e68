/** The attempt loop: what each failure leads to, how long it waits, and where it stops. */
import { describe, expect, it } from "vitest"
import { inputTokens } from "../../src/gateway/estimate.ts"
import type { OperationOutcome, OperationRecord } from "../../src/model/record.ts"
import { byProvider, chunk, fail, hang, inTurn, refuse, say, streamThen } from "./wire.ts"
import { QUESTION, STRUCTURED, world } from "./world.ts"

const TWO = { routes: { plan: { try: ["alpha/m", "beta/m"] } } } as const

function classes(outcome: OperationOutcome): (string | undefined)[] {
  return outcome.record.attempts.map(({ failure }) => failure?.class)
}

describe("candidates", () => {
  it("[GATE1] asks the first candidate and no other when it answers", async () => {
    const { operate, asked } = world({ routing: TWO, script: say("yes") })
    const outcome = await operate()
    expect(outcome).toMatchObject({ status: "succeeded", result: { type: "generate", text: "yes" } })
    expect(asked()).toEqual(["alpha/m"])
    expect(outcome.record.decision.candidates).toEqual([
      { provider: "alpha", model: "m", verdict: "served", reason: "served" },
      { provider: "beta", model: "m", verdict: "spare", reason: "not_needed" },
    ])
  })

  it("[ROUTE2] skips a provider without a key and says so", async () => {
    const { operate, asked } = world({ routing: TWO, script: say("yes"), env: { BETA_KEY: "b" } })
    const outcome = await operate()
    expect(asked()).toEqual(["beta/m"])
    expect(outcome.record.decision.candidates[0]).toMatchObject({ verdict: "skipped", reason: "not_configured" })
    expect(outcome.record.decision.reason).toBe("beta/m: alpha/m was skipped (not_configured).")
  })

  it("[GATE2] fails with what to configure when nobody can be asked", async () => {
    const { operate, asked } = world({ routing: TWO, script: say("yes"), env: {} })
    const outcome = await operate()
    expect(outcome).toMatchObject({
      status: "failed",
      error: { code: "no_candidate" },
      failure: { class: "own_code.config" },
    })
    expect(outcome.status === "failed" && outcome.error.message).toContain("Set ALPHA_KEY.")
    expect(asked()).toEqual([])
  })

  it("repeats no secret that a provider's error repeats", async () => {
    const key = `sk-${"a1B2c3D4".repeat(5)}`
    const { operate } = world({
      routing: TWO,
      script: fail(401, { error: { message: `Incorrect API key provided: ${key}.` } }),
    })
    const outcome = await operate()
    expect(JSON.stringify(outcome)).not.toContain(key)
    expect(outcome.status === "failed" && outcome.failure.message).toContain("[hidden]")
  })

  it("names the route that is missing", async () => {
    const { operate } = world({ routing: { routes: { classify: { try: ["alpha/m"] } } }, script: say("x") })
    expect(await operate()).toMatchObject({ status: "failed", error: { code: "no_route" } })
  })

  it("[GATE3] never throws for a provider's failure", async () => {
    const { operate } = world({ routing: TWO, script: refuse })
    expect(await operate()).toMatchObject({
      status: "failed",
      error: { code: "operation_failed", details: { failureClass: "provider.outage", attempts: 4 } },
    })
  })
})

describe("what a failure leads to", () => {
  it.each([
    ["provider.rate_limited", fail(429), 2],
    ["provider.overloaded", fail(503), 2],
    ["provider.outage", refuse, 2],
    ["provider.auth", fail(401), 1],
    [
      "provider.quota",
      fail(429, { error: { message: "no money", type: "insufficient_quota", code: "insufficient_quota" } }),
      1,
    ],
    ["provider.model_gone", fail(404, { error: { message: "gone", code: "model_not_found" } }), 1],
    ["request.invalid", fail(400), 1],
    ["request.too_long", fail(400, { error: { message: "too long", code: "context_length_exceeded" } }), 1],
    ["output.empty", say(""), 2],
    ["output.truncated", say("half an ans", { finish: "length" }), 1],
    ["request.content_blocked", say("", { finish: "content_filter" }), 1],
  ])("[GATE4] %s: tried so often at the same candidate, then the next", async (failureClass, script, tries) => {
    const { operate } = world({ routing: TWO, script: byProvider({ alpha: script, beta: say("ok") }) })
    const outcome = await operate()
    expect(outcome.status).toBe("succeeded")
    expect(classes(outcome)).toEqual([...Array.from({ length: tries }, () => failureClass), undefined])
  })

  it("[GATE28] what was too long for one model is asked of none whose context is not larger", async () => {
    const contexts: Record<string, number> = { "alpha/m": 8_000, "beta/m": 8_000, "gamma/m": 32_000 }
    const { operate, asked } = world({
      routing: { routes: { plan: { try: ["alpha/m", "beta/m", "gamma/m"] } } },
      contextTokens: (provider, model) => contexts[`${provider}/${model}`],
      script: byProvider({
        alpha: fail(400, { error: { message: "too long", code: "context_length_exceeded" } }),
        gamma: say("fits"),
      }),
    })
    const long = { role: "user" as const, content: [{ type: "text" as const, text: "word ".repeat(8_000) }] }
    const outcome = await operate({ ...QUESTION, messages: [long] })
    expect(outcome).toMatchObject({ status: "succeeded", result: { text: "fits" } })
    expect(asked()).toEqual(["alpha/m", "gamma/m"])
    expect(outcome.record.decision.candidates[1]).toMatchObject({ verdict: "skipped", reason: "context_too_small" })
  })

  it("[GATE28] and of every one that it surely fits", async () => {
    const { operate, asked } = world({
      routing: TWO,
      contextTokens: () => 8_000,
      script: byProvider({ alpha: fail(413, { error: { message: "tokens per minute" } }), beta: say("ok") }),
    })
    await operate()
    expect(asked()).toEqual(["alpha/m", "beta/m"])
  })

  it("stops at a refusal when the route says so", async () => {
    const routing = { routes: { plan: { try: ["alpha/m", "beta/m"], onRefusal: "stop" } } } as const
    const { operate, asked } = world({ routing, script: say("", { finish: "content_filter" }) })
    expect(await operate()).toMatchObject({ status: "failed", failure: { class: "request.content_blocked" } })
    expect(asked()).toEqual(["alpha/m"])
  })

  it("[GATE5] makes no more attempts in one operation than its route allows", async () => {
    const routing = { routes: { plan: { try: [{ model: "alpha/m", attempts: 50 }, "beta/m"], attempts: 3 } } } as const
    const { operate, asked } = world({ routing, script: fail(503) })
    expect((await operate()).record.attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3])
    expect(asked()).toHaveLength(3)
  })

  it("counts the failures of this very operation for `step.failures`", async () => {
    const routing = {
      routes: {
        plan: {
          try: [
            { model: "alpha/m", attempts: 2 },
            { model: "beta/m", when: { "step.failures": { $gte: 2 } } },
            "gamma/m",
          ],
        },
      },
    } as const
    const twice = world({ routing, script: byProvider({ alpha: fail(503), beta: say("b"), gamma: say("c") }) })
    await twice.operate()
    expect(twice.asked()).toEqual(["alpha/m", "alpha/m", "beta/m"])
    const once = world({ routing, script: byProvider({ alpha: fail(401), beta: say("b"), gamma: say("c") }) })
    await once.operate()
    expect(once.asked()).toEqual(["alpha/m", "gamma/m"])
  })

  it("[COST6] tells what was paid until the caller aborted, the call under way included", async () => {
    const abort = new AbortController()
    const records: OperationRecord[] = []
    const script = inTurn(say("not what was asked for"), (call) => {
      abort.abort(new Error("enough"))
      return hang(call)
    })
    const { operate } = world({ routing: TWO, price: () => ({ costNanoUsd: 7, priced: true }), script })
    const onReject = (record: OperationRecord) => void records.push(record)
    await expect(operate(STRUCTURED, {}, { signal: abort.signal, onReject })).rejects.toThrow("enough")
    expect(records).toMatchObject([
      {
        costNanoUsd: 14,
        attempts: [
          { outcome: "failed", usage: { inputTokens: 10, outputTokens: 5 } },
          { outcome: "aborted", estimated: true, usage: { inputTokens: inputTokens(STRUCTURED), outputTokens: 0 } },
        ],
      },
    ])
  })

  it("rejects with the caller's reason when it aborts, and calls nobody any more", async () => {
    const abort = new AbortController()
    const { operate, asked } = world({
      routing: TWO,
      script: (call) => {
        abort.abort(new Error("enough"))
        return hang(call)
      },
    })
    await expect(operate(QUESTION, {}, { signal: abort.signal })).rejects.toThrow("enough")
    expect(asked()).toEqual(["alpha/m"])
  })
})

describe("waiting", () => {
  it.each([
    ["Retry-After in seconds", { "retry-after": "7" }, {}, 7_000],
    ["retry-after-ms", { "retry-after-ms": "2500" }, {}, 2_500],
    ["Retry-After as a date", { "retry-after": "Thu, 01 Jan 2026 00:00:09 GMT" }, {}, 9_000],
    ["a message", {}, { error: { message: "Rate limit reached. Please try again in 4.5s." } }, 4_500],
  ])("[GATE6] waits as long as %s asks", async (_, headers, body, waitMs) => {
    const script = byProvider({ alpha: inTurn(fail(429, { error: { message: "slow" }, ...body }, headers), say("ok")) })
    const { operate, calls } = world({ routing: TWO, script })
    const outcome = await operate()
    expect(outcome.record.attempts[1]?.waitedMs).toBe(waitMs)
    expect((calls[1]?.atMs ?? 0) - (calls[0]?.atMs ?? 0)).toBe(waitMs)
  })

  it("waits a random part of a ceiling that doubles", async () => {
    const routing = {
      routes: { plan: { try: [{ model: "alpha/m", attempts: 5 }], backoff: { delay: "1s", maxDelay: "3s" } } },
    } as const
    const { operate } = world({ routing, script: fail(503), random: { next: () => 0.5 } })
    expect((await operate()).record.attempts.map(({ waitedMs }) => waitedMs)).toEqual([0, 500, 1_000, 1_500, 1_500])
  })

  it("[GATE7] goes to the next candidate at once when the wait would outlast the deadline", async () => {
    const script = byProvider({ alpha: fail(429, {}, { "retry-after": "60" }), beta: say("ok") })
    const { operate, clock, asked } = world({ routing: TWO, script })
    const outcome = await operate(QUESTION, { deadlineMs: clock.nowMs() + 30_000 })
    expect(asked()).toEqual(["alpha/m", "beta/m"])
    expect(outcome.record.attempts[1]?.waitedMs).toBe(0)
  })

  it("goes to the next candidate rather than wait very long", async () => {
    const script = byProvider({ alpha: fail(429, {}, { "retry-after": "120" }), beta: say("ok") })
    const { operate, asked } = world({ routing: TWO, script })
    await operate()
    expect(asked()).toEqual(["alpha/m", "beta/m"])
  })

  it("begins no attempt after the deadline", async () => {
    const { operate, clock, asked } = world({ routing: TWO, script: say("late") })
    expect(await operate(QUESTION, { deadlineMs: clock.nowMs() })).toMatchObject({
      status: "failed",
      failure: { class: "provider.timeout" },
    })
    expect(asked()).toEqual([])
  })
})

describe("timeouts", () => {
  const timed = (timeout: object) => ({
    routes: { plan: { try: [{ model: "alpha/m", attempts: 1 }, "beta/m"], timeout } },
  })

  it.each([
    ["attempt", { attempt: "5s" }, hang, "No complete answer within 5000 ms."],
    ["firstToken", { firstToken: "3s" }, hang, "No first token within 3000 ms."],
    ["idle", { idle: "2s" }, streamThen([chunk({ content: "Hel" })], "silent"), "The answer fell silent for 2000 ms."],
  ])("[GATE8] ends an attempt at its %s limit", async (_, timeout, script, message) => {
    const { operate, calls } = world({
      routing: timed(timeout),
      script: byProvider({ alpha: script, beta: say("ok") }),
    })
    const outcome = await operate()
    expect(outcome.status).toBe("succeeded")
    expect(outcome.record.attempts[0]?.failure).toMatchObject({ class: "provider.timeout", message })
    expect(calls[0]?.signal?.aborted).toBe(true)
  })

  it("ends the operation at its total limit", async () => {
    const { operate, clock } = world({ routing: timed({ total: "8s" }), script: hang })
    const startMs = clock.nowMs()
    expect(await operate()).toMatchObject({ status: "failed", failure: { class: "provider.timeout" } })
    expect(clock.nowMs() - startMs).toBe(8_000)
  })
})
