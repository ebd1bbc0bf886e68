/** What the workflow may do at the business: four lookups, and two effects that the business makes safe to repeat. */
import { type ToolCall, tool } from "waybill"
import { z } from "zod"
import { askBusiness, bodyOf } from "./business-client.ts"
import { charge, customer, refund, subscription, usage } from "./records.ts"

const ofCustomer = z.object({ customerId: z.string() })
type OfCustomer = z.infer<typeof ofCustomer>

/** Reads `path`; undefined when the business has no such thing. */
async function read(call: ToolCall<unknown>, path: string): Promise<unknown> {
  const reply = await askBusiness(call, { method: "GET", path })
  return !reply.ok && reply.status === 404 ? undefined : bodyOf(reply)
}

const pathOf = ({ input }: ToolCall<OfCustomer>, rest = "") =>
  `/v1/customers/${encodeURIComponent(input.customerId)}${rest}`

export const findCustomer = tool({
  name: "find_customer",
  description: "Finds a customer by id, or else by email address.",
  effect: "read",
  timeout: "10s",
  input: z.object({ customerId: z.string().optional(), email: z.string().optional() }),
  output: customer.nullable(),
  async run(call) {
    const { customerId, email } = call.input
    if (customerId !== undefined) {
      const found = await read(call, `/v1/customers/${encodeURIComponent(customerId)}`)
      return found === undefined ? null : customer.parse(found)
    }
    // Without the parameter the business would list everybody.
    if (email === undefined || email === "") return null
    const { data } = z
      .object({ data: z.array(customer) })
      .parse(await read(call, `/v1/customers?email=${encodeURIComponent(email)}`))
    return data[0] ?? null
  },
})

export const getSubscription = tool({
  name: "get_subscription",
  description: "Reads a customer's subscription.",
  effect: "read",
  timeout: "10s",
  input: ofCustomer,
  output: subscription.nullable(),
  run: async (call) => subscription.nullable().parse((await read(call, pathOf(call, "/subscription"))) ?? null),
})

export const getUsage = tool({
  name: "get_usage",
  description: "Reads what a customer used in the current period.",
  effect: "read",
  timeout: "10s",
  input: ofCustomer,
  output: usage.nullable(),
  run: async (call) => usage.nullable().parse((await read(call, pathOf(call, "/usage"))) ?? null),
})

export const listCharges = tool({
  name: "list_charges",
  description: "Lists what a customer was charged, with what was refunded of it, the newest first.",
  effect: "read",
  timeout: "10s",
  input: ofCustomer,
  output: z.array(charge),
  async run(call) {
    const found = await read(call, pathOf(call, "/charges"))
    return found === undefined ? [] : z.object({ data: z.array(charge) }).parse(found).data
  },
})

/** The business keeps the answer under the idempotency key, and never refunds more than the charge. A refund cannot be undone. */
export const refundCharge = tool({
  name: "refund_charge",
  description: "Gives money back for a charge, as a duplicate. Tells a refusal instead of failing.",
  effect: "idempotent",
  timeout: "15s",
  retry: { attempts: 5 },
  input: z.object({ chargeId: z.string(), amountCents: z.int().positive() }),
  output: z.object({ refund: refund.nullable(), refusal: z.string().nullable() }),
  async run(call) {
    const body = { ...call.input, reason: "duplicate" }
    const reply = await askBusiness(call, { method: "POST", path: "/v1/refunds", body })
    // 422: somebody else refunded it since it was looked up. That is for a person to look at, and no failure of the run.
    if (!reply.ok && reply.status === 422) return { refund: null, refusal: reply.message }
    return { refund: refund.parse(bodyOf(reply)), refusal: null }
  },
})

export const openTicket = tool({
  name: "open_ticket",
  description: "Hands a case over to a person at the helpdesk.",
  effect: "idempotent",
  timeout: "15s",
  retry: { attempts: 5 },
  input: z.object({
    customerId: z.string().optional(),
    subject: z.string().min(1).max(200),
    body: z.string().min(1).max(20_000),
    priority: z.enum(["low", "normal", "high", "urgent"]),
  }),
  output: z.object({ id: z.string() }),
  async run(call) {
    const reply = await askBusiness(call, { method: "POST", path: "/v1/tickets", body: call.input })
    return z.object({ id: z.string() }).parse(bodyOf(reply))
  },
})
