/** What the business answers: reading, refunding within limits, tickets, and what bad input gets. */
import { describe, expect, it } from "vitest"
import { seedCustomers } from "../../workflows/support-refund/sandbox/seed.ts"
import { openSandbox, REFUND, TICKET } from "./client.ts"

describe("reading", () => {
  it("gives a customer by id and by email, in any case", async () => {
    const { get } = await openSandbox()
    const { body: maya } = await get("/v1/customers/cus_58294")
    expect(maya).toEqual({
      object: "customer",
      id: "cus_58294",
      name: "Maya Torres",
      email: "maya.torres@brightfield.example",
      product: "Fernwick",
      createdAt: "2025-03-03T09:12:00Z",
    })
    const byEmail = await get("/v1/customers?email=Maya.Torres@brightfield.example")
    expect(byEmail.body).toEqual({ object: "list", data: [maya], hasMore: false })
    expect((await get("/v1/customers?email=nobody@brightfield.example")).body).toMatchObject({ data: [] })
    expect((await get("/v1/customers")).body).toMatchObject({ data: { length: seedCustomers.length } })
  })

  it("gives subscription, usage and charges, the newest charge first", async () => {
    const { get } = await openSandbox()
    expect((await get("/v1/customers/cus_83645/subscription")).body).toEqual({
      object: "subscription",
      id: "sub_52796",
      customerId: "cus_83645",
      plan: "Studio",
      status: "active",
      amountCents: 4900,
      currency: "eur",
      interval: "month",
      currentPeriodStart: "2026-11-12T07:31:00Z",
      currentPeriodEnd: "2026-12-12T07:31:00Z",
    })
    expect((await get("/v1/customers/cus_27493/usage")).body).toMatchObject({
      customerId: "cus_27493",
      currentPeriodEnd: "2026-12-18T11:03:00Z",
      metrics: [
        { metric: "reports", used: 248, limit: null },
        { metric: "seats", used: 13, limit: 15 },
      ],
    })
    const charges = await get("/v1/customers/cus_94728/charges")
    expect(charges.body).toMatchObject({ data: [{ id: "ch_475639" }, { id: "ch_368594" }, { id: "ch_259483" }] })
    expect(charges.body).toMatchObject({
      data: [
        { amountCents: 1275, amountRefundedCents: 0, refunded: false, currency: "gbp", status: "succeeded" },
        {},
        {},
      ],
    })
    expect((await get("/healthz")).body).toEqual({ status: "ok" })
  })
})

describe("refunds", () => {
  it("[SANDBOX4] a charge gives back its amount and no cent more", async () => {
    const { get, post } = await openSandbox()
    const part = await post("/v1/refunds", { ...REFUND, amountCents: 1000 })
    expect(part).toMatchObject({ status: 200, body: { object: "refund", chargeId: "ch_583247", amountCents: 1000 } })
    expect(part.body).toMatchObject({
      customerId: "cus_58294",
      currency: "usd",
      reason: "duplicate",
      status: "succeeded",
    })

    const tooMuch = await post("/v1/refunds", { ...REFUND, amountCents: 1901 })
    expect(tooMuch).toMatchObject({ status: 422, body: { error: { code: "amount_too_large", param: "amountCents" } } })
    expect(tooMuch.text).toContain("1900")

    const rest = await post("/v1/refunds", { chargeId: "ch_583247", reason: "duplicate" })
    expect(rest).toMatchObject({ status: 200, body: { amountCents: 1900 } })
    const again = await post("/v1/refunds", { ...REFUND, amountCents: 1 })
    expect(again).toMatchObject({
      status: 422,
      body: { error: { code: "charge_already_refunded", param: "chargeId" } },
    })

    expect((await get("/v1/refunds?chargeId=ch_583247")).body).toMatchObject({
      data: [{ amountCents: 1900 }, { amountCents: 1000 }],
    })
    expect((await get("/v1/refunds?chargeId=ch_724936")).body).toMatchObject({ data: [] })
    expect((await get("/v1/customers/cus_58294/charges")).body).toMatchObject({
      data: [
        { id: "ch_724936", amountRefundedCents: 0, refunded: false },
        { id: "ch_583247", amountRefundedCents: 2900, refunded: true },
        {},
        {},
        {},
      ],
    })
  })

  it("[SANDBOX4] refunds at the same time do not exceed the charge together", async () => {
    const { get, post } = await openSandbox()
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => post("/v1/refunds", { ...REFUND, amountCents: 700 })),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(4)
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(8)
    expect((await get("/v1/refunds?chargeId=ch_583247")).body).toMatchObject({ data: { length: 4 } })
  })
})

describe("tickets", () => {
  it("are opened, with priority normal unless told, and listed by customer", async () => {
    const { get, post } = await openSandbox()
    const urgent = await post("/v1/tickets", TICKET)
    expect(urgent).toMatchObject({ status: 200, body: { object: "ticket", status: "open", ...TICKET } })
    const { priority: _, ...plain } = TICKET
    expect((await post("/v1/tickets", plain)).body).toMatchObject({ priority: "normal" })
    expect((await get("/v1/tickets?customerId=cus_69473")).body).toMatchObject({
      data: [{ priority: "normal" }, { priority: "urgent" }],
    })
    expect((await get("/v1/tickets?customerId=cus_58294")).body).toMatchObject({ data: [] })
  })

  it("are opened for people whom the business does not know", async () => {
    const { get, post } = await openSandbox()
    const { customerId: _, ...unknown } = TICKET
    expect((await post("/v1/tickets", unknown)).body).toMatchObject({ customerId: null })
    expect((await get("/v1/tickets")).body).toMatchObject({ data: [{ customerId: null, subject: TICKET.subject }] })
  })
})

describe("bad input", () => {
  const refusals: [what: string, path: string, body: unknown, status: number, code: string, param?: string][] = [
    ["no parameters", "/v1/refunds", "", 400, "parameter_missing", "chargeId"],
    ["a missing parameter", "/v1/refunds", { chargeId: "ch_583247" }, 400, "parameter_missing", "reason"],
    ["an unknown parameter", "/v1/refunds", { ...REFUND, amount: 5 }, 400, "parameter_unknown", "amount"],
    ["an amount of zero", "/v1/refunds", { ...REFUND, amountCents: 0 }, 400, "parameter_invalid", "amountCents"],
    ["half a cent", "/v1/refunds", { ...REFUND, amountCents: 0.5 }, 400, "parameter_invalid", "amountCents"],
    ["an amount as text", "/v1/refunds", { ...REFUND, amountCents: "2900" }, 400, "parameter_invalid", "amountCents"],
    ["an unknown reason", "/v1/refunds", { ...REFUND, reason: "angry" }, 400, "parameter_invalid", "reason"],
    ["an unknown charge", "/v1/refunds", { ...REFUND, chargeId: "ch_1" }, 404, "resource_missing", "chargeId"],
    ["an unknown customer", "/v1/tickets", { ...TICKET, customerId: "cus_1" }, 404, "resource_missing", "customerId"],
    ["an empty subject", "/v1/tickets", { ...TICKET, subject: " " }, 400, "parameter_invalid", "subject"],
    ["broken JSON", "/v1/tickets", "{", 400, "json_invalid"],
    ["a list", "/v1/tickets", "[]", 400, "json_invalid"],
    ["a huge body", "/v1/tickets", { ...TICKET, body: "x".repeat(70_000) }, 413, "request_too_large"],
    ["a long body text", "/v1/tickets", { ...TICKET, body: "x".repeat(20_001) }, 400, "parameter_invalid", "body"],
    ["a path that is none", "/v1/charges", {}, 404, "endpoint_unknown"],
    ["a POST to a GET", "/v1/customers", {}, 405, "method_not_allowed"],
  ]

  it.each(refusals)("[SANDBOX5] %s is refused in Stripe's words and writes nothing", async (...refusal) => {
    const [, path, body, status, code, param] = refusal
    const { get, post } = await openSandbox()
    const reply = await post(path, body)
    const error = { type: "invalid_request_error", code, message: expect.any(String), ...(param ? { param } : {}) }
    expect(reply).toMatchObject({ status, body: { error } })
    expect(reply.body).toEqual({ error })
    expect((await get("/v1/refunds")).body).toMatchObject({ data: [] })
    expect((await get("/v1/tickets")).body).toMatchObject({ data: [] })
  })

  it("[SANDBOX5] reading what does not exist is refused in the same words", async () => {
    const { get, send } = await openSandbox()
    for (const part of ["", "/subscription", "/usage", "/charges"]) {
      const error = { type: "invalid_request_error", code: "resource_missing", param: "id" }
      expect(await get(`/v1/customers/cus_1${part}`)).toMatchObject({ status: 404, body: { error } })
    }
    expect(await get("/v1/customers?mail=x")).toMatchObject({ status: 400, body: { error: { param: "mail" } } })
    expect(await get("/v1/customers/%E0%A4%A")).toMatchObject({ status: 400, body: { error: {} } })
    expect((await send("DELETE", "/v1/refunds")).text).toContain("GET or POST")
  })
})
