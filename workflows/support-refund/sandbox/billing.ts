/**
 * The billing half of the business: customers, subscriptions, usage, charges and refunds. What is left of a charge is
 * always the charge minus its refunds: no second number exists that could disagree.
 */
import type { DatabaseSync } from "node:sqlite"
import { z } from "zod"
import { type Context, defineEndpoint, list } from "./endpoint.ts"
import { missing, SandboxError } from "./errors.ts"

const CUSTOMER = "SELECT 'customer' AS object, id, name, email, product, created_at AS createdAt FROM customer"

const SUBSCRIPTION = `SELECT 'subscription' AS object, id, customer_id AS customerId, plan, 'active' AS status,
  amount_cents AS amountCents, currency, 'month' AS interval, period_start AS currentPeriodStart,
  period_end AS currentPeriodEnd FROM subscription WHERE customer_id = ?`

const CHARGE = `SELECT 'charge' AS object, id, customer_id AS customerId, amount_cents AS amountCents,
  (SELECT coalesce(sum(amount_cents), 0) FROM refund WHERE charge_id = charge.id) AS amountRefundedCents,
  currency, description, payment_method AS paymentMethod, 'succeeded' AS status, created_at AS createdAt FROM charge`

const REFUND = `SELECT 'refund' AS object, 're_' || (10000 + number) AS id, charge_id AS chargeId,
  charge.customer_id AS customerId, refund.amount_cents AS amountCents, currency, reason, 'succeeded' AS status,
  refund.created_at AS createdAt FROM refund JOIN charge ON charge.id = refund.charge_id`

const chargeRow = z.looseObject({ amountCents: z.int(), amountRefundedCents: z.int(), currency: z.string() })

const customerId = z.strictObject({ id: z.string() })

/** Throws the 404 that names `param` unless the customer exists. */
export function requireCustomer(db: DatabaseSync, id: string, param: string): Record<string, unknown> {
  const customer = db.prepare(`${CUSTOMER} WHERE id = ?`).get(id)
  if (customer === undefined) throw missing("customer", id, param)
  return customer
}

function subscriptionOf(db: DatabaseSync, id: string): Record<string, unknown> {
  requireCustomer(db, id, "id")
  const subscription = db.prepare(SUBSCRIPTION).get(id)
  if (subscription === undefined) throw missing("subscription of customer", id, "id")
  return subscription
}

function usageOf(db: DatabaseSync, id: string) {
  const { currentPeriodStart, currentPeriodEnd } = subscriptionOf(db, id)
  const metrics = db.prepare('SELECT metric, used, quota AS "limit" FROM usage WHERE customer_id = ? ORDER BY metric')
  return { object: "usage", customerId: id, currentPeriodStart, currentPeriodEnd, metrics: metrics.all(id) }
}

function charge(row: Record<string, unknown>) {
  const { amountCents, amountRefundedCents } = chargeRow.parse(row)
  return { ...row, refunded: amountRefundedCents === amountCents }
}

function chargesOf(db: DatabaseSync, id: string) {
  requireCustomer(db, id, "id")
  const rows = db.prepare(`${CHARGE} WHERE customer_id = ? ORDER BY created_at DESC, id`).all(id)
  return list(rows.map(charge))
}

const newRefund = z.strictObject({
  chargeId: z.string(),
  /** Left out: all that remains of the charge. */
  amountCents: z.int().positive().optional(),
  reason: z.enum(["duplicate", "fraudulent", "requested_by_customer"]),
})

function createRefund({ chargeId, amountCents, reason }: z.infer<typeof newRefund>, { db, nowMs }: Context) {
  const found = db.prepare(`${CHARGE} WHERE id = ?`).get(chargeId)
  if (found === undefined) throw missing("charge", chargeId, "chargeId")
  const { amountCents: charged, amountRefundedCents, currency } = chargeRow.parse(found)
  const remaining = charged - amountRefundedCents
  if (remaining === 0)
    throw new SandboxError(422, "charge_already_refunded", `Charge ${chargeId} has already been refunded.`, {
      param: "chargeId",
    })
  const cents = amountCents ?? remaining
  if (cents > remaining)
    throw new SandboxError(
      422,
      "amount_too_large",
      `Refund amount ${cents} is greater than the unrefunded amount ${remaining} (${currency} cents) on charge ${chargeId}.`,
      { param: "amountCents" },
    )
  const { lastInsertRowid } = db
    .prepare("INSERT INTO refund (charge_id, amount_cents, reason, created_at) VALUES (?, ?, ?, ?)")
    .run(chargeId, cents, reason, new Date(nowMs).toISOString())
  return db.prepare(`${REFUND} WHERE number = ?`).get(lastInsertRowid)
}

export const billing = [
  defineEndpoint({
    name: "GET /v1/customers",
    input: z.strictObject({ email: z.string().optional() }),
    run: ({ email = null }, { db }) =>
      list(db.prepare(`${CUSTOMER} WHERE ?1 IS NULL OR email = ?1 ORDER BY id`).all(email)),
  }),
  defineEndpoint({
    name: "GET /v1/customers/:id",
    input: customerId,
    run: ({ id }, { db }) => requireCustomer(db, id, "id"),
  }),
  defineEndpoint({
    name: "GET /v1/customers/:id/subscription",
    input: customerId,
    run: ({ id }, { db }) => subscriptionOf(db, id),
  }),
  defineEndpoint({
    name: "GET /v1/customers/:id/usage",
    input: customerId,
    run: ({ id }, { db }) => usageOf(db, id),
  }),
  defineEndpoint({
    name: "GET /v1/customers/:id/charges",
    input: customerId,
    run: ({ id }, { db }) => chargesOf(db, id),
  }),
  defineEndpoint({ name: "POST /v1/refunds", input: newRefund, run: createRefund }),
  defineEndpoint({
    name: "GET /v1/refunds",
    input: z.strictObject({ chargeId: z.string().optional() }),
    run: ({ chargeId = null }, { db }) =>
      list(db.prepare(`${REFUND} WHERE ?1 IS NULL OR charge_id = ?1 ORDER BY number DESC`).all(chargeId)),
  }),
]
