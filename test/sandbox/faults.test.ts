/** Faults on demand and the call book, the two tools of the crash tests. */
import { describe, expect, it } from "vitest"
import { newDatabaseFile, openSandbox, REFUND, TICKET } from "./client.ts"
import { handClock } from "./hand-clock.ts"

const REFUNDS = "POST /v1/refunds"

describe("a fault", () => {
  it("[SANDBOX6] error: fails so many calls with its status, does nothing, and leaves the key unused", async () => {
    const { get, post } = await openSandbox()
    await post("/_faults", { endpoint: REFUNDS, mode: "error", status: 503, times: 2 })
    const failed = { status: 503, body: { error: { type: "api_error", code: "injected_fault" } } }
    expect(await post("/v1/refunds", REFUND, "key-1")).toMatchObject(failed)
    expect(await post("/v1/tickets", TICKET)).toMatchObject({ status: 200 })
    expect(await post("/v1/refunds", REFUND, "key-1")).toMatchObject(failed)
    expect((await get("/v1/refunds")).body).toMatchObject({ data: [] })
    expect(await post("/v1/refunds", REFUND, "key-1")).toMatchObject({ status: 200, replayed: null })
  })

  it("[SANDBOX6] error: speaks of a rate limit when it is 429, and hits reads as well", async () => {
    const { get, post } = await openSandbox()
    await post("/_faults", { endpoint: "GET /v1/customers/:id", mode: "error", status: 429 })
    const error = { type: "rate_limit_error" }
    expect(await get("/v1/customers/cus_58294")).toMatchObject({ status: 429, body: { error } })
    expect(await get("/v1/customers/cus_58294")).toMatchObject({ status: 200 })
  })

  it("[SANDBOX6] drop-after-write: the work is done, the answer is lost, the key finds it again", async () => {
    const { get, post } = await openSandbox()
    await post("/_faults", { endpoint: REFUNDS, mode: "drop-after-write" })
    await expect(post("/v1/refunds", REFUND, "key-1")).rejects.toThrow("fetch failed")
    const refunds = await get("/v1/refunds")
    expect(refunds.body).toMatchObject({ data: [{ chargeId: "ch_583247", amountCents: 2900 }] })
    const again = await post("/v1/refunds", REFUND, "key-1")
    expect(again).toMatchObject({ status: 200, replayed: "true" })
    expect(refunds.body).toMatchObject({ data: [again.body] })
  })

  it("[SANDBOX6] delay: the work waits for its time", async () => {
    const clock = handClock()
    const { get, post } = await openSandbox({ clock })
    await post("/_faults", { endpoint: REFUNDS, mode: "delay", delayMs: 3000 })
    const slow = post("/v1/refunds", REFUND)
    await clock.armed()
    clock.advance(2999)
    expect((await get("/v1/refunds")).body).toMatchObject({ data: [] })
    clock.advance(1)
    expect(await slow).toMatchObject({ status: 200 })
    expect((await get("/v1/refunds")).body).toMatchObject({ data: { length: 1 } })
  })

  it("[SANDBOX6] delay-after-write: the work is done, only the answer waits", async () => {
    const clock = handClock()
    const { get, post } = await openSandbox({ clock })
    await post("/_faults", { endpoint: REFUNDS, mode: "delay-after-write", delayMs: 3000 })
    const slow = post("/v1/refunds", REFUND, "key-1")
    await clock.armed()
    expect((await get("/v1/refunds")).body).toMatchObject({ data: { length: 1 } })
    expect(await post("/v1/refunds", REFUND, "key-1")).toMatchObject({ status: 200, replayed: "true" })
    clock.advance(3000)
    expect(await slow).toMatchObject({ status: 200, replayed: null })
  })

  it("[SANDBOX6] waits its turn behind an earlier one, and is listed and cleared", async () => {
    const { get, post, send } = await openSandbox()
    await post("/_faults", { endpoint: REFUNDS, mode: "error", status: 500 })
    const two = await post("/_faults", { endpoint: REFUNDS, mode: "error", status: 502, times: 9 })
    expect(two.body).toMatchObject({
      faults: [
        { status: 500, times: 1 },
        { status: 502, times: 9 },
      ],
    })
    expect(await post("/v1/refunds", REFUND)).toMatchObject({ status: 500 })
    expect(await post("/v1/refunds", REFUND)).toMatchObject({ status: 502 })
    expect((await get("/_faults")).body).toMatchObject({ faults: [{ status: 502, times: 8 }] })
    expect((await send("DELETE", "/_faults")).body).toEqual({ faults: [] })
    expect(await post("/v1/refunds", REFUND)).toMatchObject({ status: 200 })
  })

  it("[SANDBOX5] with a misspelt endpoint or mode is refused, naming the choices", async () => {
    const { get, post } = await openSandbox()
    const unknown = await post("/_faults", { endpoint: "refunds", mode: "error" })
    expect(unknown).toMatchObject({ status: 400, body: { error: { param: "endpoint" } } })
    expect(unknown.text).toContain(REFUNDS)
    const mode = await post("/_faults", { endpoint: REFUNDS, mode: "explode" })
    expect(mode).toMatchObject({ status: 400, body: { error: { param: "mode" } } })
    expect(mode.text).toContain("drop-after-write")
    expect((await get("/_faults")).body).toEqual({ faults: [] })
  })

  it("that still waits does not hold up closing, and its work is never done", async () => {
    const clock = handClock()
    const db = newDatabaseFile()
    const { post, close } = await openSandbox({ clock, db })
    await post("/_faults", { endpoint: REFUNDS, mode: "delay", delayMs: 3000 })
    const cut = expect(post("/v1/refunds", REFUND)).rejects.toThrow("fetch failed")
    await clock.armed()
    await close()
    await cut
    expect(clock.timerCount()).toBe(0)
    expect((await (await openSandbox({ db })).get("/v1/refunds")).body).toMatchObject({ data: [] })
  })
})

describe("the call book", () => {
  it("[SANDBOX7] counts what arrived, by endpoint and key, and how it ended", async () => {
    const { get, post, send } = await openSandbox()
    await post("/_faults", { endpoint: REFUNDS, mode: "drop-after-write" })
    await expect(post("/v1/refunds", REFUND, "key-1")).rejects.toThrow()
    await post("/v1/refunds", REFUND, "key-1")
    await post("/v1/refunds", { ...REFUND, chargeId: "ch_724936" }, "key-1")
    await post("/v1/refunds", REFUND, "key-2")
    await post("/v1/refunds", "{", "key-3")
    await get("/v1/customers/cus_58294", { "idempotency-key": "key-4" })
    await get("/v1/customers/cus_47362")
    await get("/healthz")

    const none = { executed: 0, replayed: 0, failed: 0, pending: 0 }
    const refunds = [
      { ...none, endpoint: REFUNDS, key: "key-1", calls: 3, executed: 1, replayed: 1, failed: 1 },
      { ...none, endpoint: REFUNDS, key: "key-2", calls: 1, failed: 1 },
      { ...none, endpoint: REFUNDS, key: "key-3", calls: 1, failed: 1 },
    ]
    const customers = [
      { ...none, endpoint: "GET /v1/customers/:id", key: "key-4", calls: 1, executed: 1 },
      { ...none, endpoint: "GET /v1/customers/:id", key: null, calls: 1, executed: 1 },
    ]
    expect((await get("/_calls")).body).toEqual({ calls: [...refunds, ...customers] })
    expect((await get(`/_calls?endpoint=${encodeURIComponent(REFUNDS)}`)).body).toEqual({ calls: refunds })
    expect(await get("/_calls?endpoint=refunds")).toMatchObject({ status: 400 })
    await send("DELETE", "/_calls")
    expect((await get("/_calls")).body).toEqual({ calls: [] })
  })

  it("[SANDBOX7] shows a call that is still at work as pending", async () => {
    const clock = handClock()
    const { get, post } = await openSandbox({ clock })
    await post("/_faults", { endpoint: REFUNDS, mode: "delay" })
    const slow = post("/v1/refunds", REFUND)
    await clock.armed()
    expect((await get("/_calls")).body).toMatchObject({ calls: [{ calls: 1, pending: 1, executed: 0 }] })
    clock.advance(1000)
    await slow
    expect((await get("/_calls")).body).toMatchObject({ calls: [{ calls: 1, pending: 0, executed: 1 }] })
  })
})
