/** `Idempotency-Key`: one key, one piece of work, one answer. */
import { describe, expect, it } from "vitest"
import { openSandbox, REFUND, TICKET } from "./client.ts"
import { handClock } from "./hand-clock.ts"

describe("the same key and the same parameters", () => {
  it("[SANDBOX1] do the work once and give the same answer to the byte, marked as replayed", async () => {
    const { get, post } = await openSandbox()
    const first = await post("/v1/refunds", REFUND, "key-1")
    expect(first).toMatchObject({ status: 200, replayed: null })
    // The order of the members and the white space are not part of the request's meaning.
    const { reason, amountCents, chargeId } = REFUND
    const second = await post("/v1/refunds", JSON.stringify({ reason, amountCents, chargeId }, null, 2), "key-1")
    expect(second).toEqual({ ...first, replayed: "true" })
    expect((await get("/v1/refunds")).body).toMatchObject({ data: { length: 1 } })
  })

  it("[SANDBOX1] repeat a refusal too", async () => {
    const { post } = await openSandbox()
    const first = await post("/v1/refunds", { ...REFUND, chargeId: "ch_1" }, "key-1")
    expect(first).toMatchObject({ status: 404, replayed: null })
    expect(await post("/v1/refunds", { ...REFUND, chargeId: "ch_1" }, "key-1")).toEqual({ ...first, replayed: "true" })
  })

  it("[SANDBOX1] hold when many ask at once", async () => {
    const { get, post } = await openSandbox()
    const answers = await Promise.all(Array.from({ length: 20 }, () => post("/v1/tickets", TICKET, "key-1")))
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    expect(answers.filter(({ replayed }) => replayed === null)).toHaveLength(1)
    expect((await get("/v1/tickets")).body).toMatchObject({ data: { length: 1 } })
  })

  it("[SANDBOX1] are answered 409 while the first is still at work, and replayed afterwards", async () => {
    const clock = handClock()
    const { get, post } = await openSandbox({ clock })
    await post("/_faults", { endpoint: "POST /v1/refunds", mode: "delay", delayMs: 5000 })
    const first = post("/v1/refunds", REFUND, "key-1")
    await clock.armed()
    const error = { type: "idempotency_error", code: "idempotency_key_in_use" }
    expect(await post("/v1/refunds", REFUND, "key-1")).toMatchObject({ status: 409, body: { error } })
    clock.advance(5000)
    const { text } = await first
    expect(await post("/v1/refunds", REFUND, "key-1")).toMatchObject({ status: 200, replayed: "true", text })
    expect((await get("/v1/refunds")).body).toMatchObject({ data: { length: 1 } })
  })

  it("[SANDBOX1] are a new request after 24 hours, and not a moment before", async () => {
    const clock = handClock()
    const { get, post } = await openSandbox({ clock })
    const first = await post("/v1/tickets", TICKET, "key-1")
    clock.advance(24 * 60 * 60 * 1000 - 1)
    expect(await post("/v1/tickets", TICKET, "key-1")).toEqual({ ...first, replayed: "true" })
    clock.advance(1)
    expect(await post("/v1/tickets", TICKET, "key-1")).toMatchObject({ status: 200, replayed: null })
    expect((await get("/v1/tickets")).body).toMatchObject({ data: { length: 2 } })
  })
})

describe("the same key", () => {
  it("[SANDBOX2] is refused with other parameters or at another endpoint, and nothing is done", async () => {
    const { get, post } = await openSandbox()
    const first = await post("/v1/refunds", REFUND, "key-1")
    const refused = { status: 400, body: { error: { type: "idempotency_error", code: "idempotency_key_reused" } } }
    expect(await post("/v1/refunds", { ...REFUND, chargeId: "ch_724936" }, "key-1")).toMatchObject(refused)
    expect(await post("/v1/tickets", TICKET, "key-1")).toMatchObject(refused)
    expect((await get("/v1/refunds")).body).toMatchObject({ data: { length: 1 } })
    expect((await get("/v1/tickets")).body).toMatchObject({ data: [] })
    expect(await post("/v1/refunds", REFUND, "key-1")).toEqual({ ...first, replayed: "true" })
  })

  it("[SANDBOX3] is not used up by a request that fails validation", async () => {
    const { post } = await openSandbox()
    expect(await post("/v1/refunds", { ...REFUND, amountCents: -1 }, "key-1")).toMatchObject({ status: 400 })
    expect(await post("/v1/refunds", REFUND, "key-1")).toMatchObject({ status: 200, replayed: null })
  })

  it("means nothing on GET: reading is always fresh", async () => {
    const { get, post } = await openSandbox()
    expect((await get("/v1/refunds", { "idempotency-key": "key-1" })).body).toMatchObject({ data: [] })
    await post("/v1/refunds", REFUND)
    expect((await get("/v1/refunds", { "idempotency-key": "key-1" })).body).toMatchObject({ data: { length: 1 } })
  })
})

describe("a key", () => {
  it("may have 255 characters and not one more", async () => {
    const { post } = await openSandbox()
    expect(await post("/v1/tickets", TICKET, "k".repeat(255))).toMatchObject({ status: 200 })
    const error = { type: "idempotency_error", code: "idempotency_key_invalid" }
    expect(await post("/v1/tickets", TICKET, "k".repeat(256))).toMatchObject({ status: 400, body: { error } })
  })

  it("is needed for the promise: without one, each request is work of its own", async () => {
    const { get, post } = await openSandbox()
    await post("/v1/tickets", TICKET)
    await post("/v1/tickets", TICKET)
    expect((await get("/v1/tickets")).body).toMatchObject({ data: { length: 2 } })
  })
})
