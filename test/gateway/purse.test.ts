/** The seam of money: what is reserved before an attempt, settled after it, and what a refusal leads to. */
import { describe, expect, it } from "vitest"
import { type Booking, type Grant, openPurse, type Purse, type ReserveRequest } from "../../src/gateway/purse.ts"
import type { PriceNanoUsd } from "../../src/ledger/price.ts"
import { fakeClock } from "../../src/lib/fake-clock.ts"
import { byProvider, chunk, fail, hang, say, streamThen } from "./wire.ts"
import { QUESTION, world } from "./world.ts"

const routing = {
  models: {
    dear: { model: "alpha/m", price: { input: 1_000, output: 10_000 } },
    cheap: { model: "beta/m", price: { input: 1, output: 2 } },
  },
  routes: { plan: { try: [{ model: "dear", attempts: 1 }, "cheap"] } },
} as const

/** A purse that keeps what happened, and refuses what `refuse` says. */
function ledger(
  refuse: (request: ReserveRequest) => Extract<Grant, { status: "refused" }> | undefined = () => undefined,
) {
  const lines: string[] = []
  let openNanoUsd = 0
  const purse: Purse = {
    async reserve(request) {
      const refused = refuse(request)
      if (refused) return refused
      const worst = request.worstNanoUsd ?? 0
      openNanoUsd += worst
      lines.push(`reserve ${request.model}`)
      const close = (line: string) => {
        openNanoUsd -= worst
        lines.push(line)
      }
      return { status: "granted", settle: (cost) => close(`settle ${cost}`), release: () => close("release") }
    },
  }
  return { purse, lines, open: () => openNanoUsd }
}

describe("the purse", () => {
  it("[GATE23] reserves before every attempt and settles or releases after it, once", async () => {
    const { purse, lines, open } = ledger()
    const { operate } = world({
      routing,
      purse,
      script: byProvider({ alpha: fail(503), beta: say("ok", { input: 10, output: 5 }) }),
    })
    const outcome = await operate()
    expect(lines).toEqual(["reserve alpha/m", "release", "reserve beta/m", "settle 20000"])
    expect(outcome.record.costNanoUsd).toBe(20_000)
    expect(open()).toBe(0)
  })

  it("reserves at least what the attempt can cost", async () => {
    const worst: number[] = []
    const { purse } = ledger((request) => void worst.push(request.worstNanoUsd ?? 0))
    const { operate } = world({ routing, purse, script: say("ok", { input: 3, output: 100 }) })
    const outcome = await operate({ ...QUESTION, maxOutputTokens: 100 })
    expect(worst[0]).toBeGreaterThanOrEqual(outcome.record.costNanoUsd)
  })

  it("reserves at least what an answer can cost that was cut short and counted by nobody", async () => {
    const worst: number[] = []
    const { purse } = ledger((request) => void worst.push(request.worstNanoUsd ?? 0))
    const script = streamThen([chunk({ content: "word ".repeat(1_000) })], "cut")
    const { operate } = world({ routing: { ...routing, routes: { plan: { try: ["cheap"] } } }, purse, script })
    const { record } = await operate({ ...QUESTION, maxOutputTokens: 10 }, {}, { onDelta: () => {} })
    expect(record.attempts[0]).toMatchObject({ estimated: true, usage: { outputTokens: 10 } })
    expect(worst[0]).toBeGreaterThanOrEqual(record.attempts[0]?.costNanoUsd ?? 0)
  })

  it("[COST8] reserves for a cache that is kept an hour what writing to that costs", async () => {
    const worst: number[] = []
    const { purse } = ledger((request) => void worst.push(request.worstNanoUsd ?? 0))
    const price: PriceNanoUsd = (_provider, _model, usage) => ({
      costNanoUsd: usage.cacheWriteTokens + 5 * (usage.cacheWrite1hTokens ?? 0),
      priced: true,
    })
    const options = { cacheControl: { type: "ephemeral", ttl: "1h" } }
    const models = { kept: { model: "alpha/m", options }, plain: "alpha/m" } as const
    for (const model of ["plain", "kept"] as const) {
      const routes = { plan: { try: [model] } }
      await world({ routing: { models, routes }, purse, price, script: say("ok") }).operate()
    }
    expect(worst[1]).toBe(6 * (worst[0] ?? 0))
    expect(worst[0]).toBeGreaterThan(0)
  })

  it("leaves nothing reserved for an attempt that lost a race or was cut short", async () => {
    const { purse, lines, open } = ledger()
    const hedged = { ...routing, routes: { plan: { try: ["dear", "cheap"], hedge: { after: "1s" } } } } as const
    const { operate } = world({ routing: hedged, purse, script: byProvider({ alpha: hang, beta: say("quick") }) })
    await operate()
    expect(lines.filter((line) => line.startsWith("reserve"))).toHaveLength(2)
    expect(open()).toBe(0)
  })

  it("[GATE24] a refusal ends the operation, or leads to the model that the budget allows instead", async () => {
    const failure = { class: "policy.budget", message: "user:u1 has spent $5.00 of $5.00 today." } as const
    const closed = world({ routing, purse: ledger(() => ({ status: "refused", failure })).purse, script: say("no") })
    expect(await closed.operate()).toMatchObject({ status: "failed", failure, record: { attempts: [] } })
    expect(closed.asked()).toEqual([])

    const instead = ledger(({ model }) =>
      model === "alpha/m" ? { status: "refused", failure, use: "beta/m" } : undefined,
    )
    const { operate, asked } = world({ routing, purse: instead.purse, script: say("cheaper") })
    expect(await operate()).toMatchObject({ status: "succeeded", result: { text: "cheaper" } })
    expect(asked()).toEqual(["beta/m"])
  })

  it("that is open grants everything and books it", async () => {
    const clock = fakeClock()
    const bookings: Booking[] = []
    const { operate } = world({
      routing,
      purse: openPurse(clock, (booking) => bookings.push(booking)),
      script: say("ok"),
    })
    await operate()
    expect(bookings).toMatchObject([{ tenant: "acme", model: "alpha/m", costNanoUsd: 60_000_000 }])
  })
})
