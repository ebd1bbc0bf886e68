/** What the billing company and the helpdesk answer, as far as the workflow uses it. This, and no screenshot, is the truth. */
import { z } from "zod"

export const customer = z.object({ id: z.string(), name: z.string(), email: z.string(), product: z.string() })
export type Customer = z.infer<typeof customer>

export const subscription = z.object({
  plan: z.string(),
  status: z.string(),
  amountCents: z.int(),
  currency: z.string(),
  interval: z.string(),
  currentPeriodEnd: z.string(),
})
export type Subscription = z.infer<typeof subscription>

export const usage = z.object({
  /** A limit of null is none. */
  metrics: z.array(z.object({ metric: z.string(), used: z.number(), limit: z.number().nullable() })),
})
export type Usage = z.infer<typeof usage>

export const charge = z.object({
  id: z.string(),
  amountCents: z.int(),
  amountRefundedCents: z.int(),
  refunded: z.boolean(),
  currency: z.string(),
  description: z.string(),
  createdAt: z.string(),
})
export type Charge = z.infer<typeof charge>

export const refund = z.object({ id: z.string(), chargeId: z.string(), amountCents: z.int(), currency: z.string() })
export type Refund = z.infer<typeof refund>
