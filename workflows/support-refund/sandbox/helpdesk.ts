/** The helpdesk half of the business: tickets, for the people who take over where the workflow stops. */
import { z } from "zod"
import { requireCustomer } from "./billing.ts"
import { type Context, defineEndpoint, list } from "./endpoint.ts"

const TICKET = `SELECT 'ticket' AS object, 'tkt_' || (30000 + number) AS id, customer_id AS customerId, subject, body,
  priority, 'open' AS status, created_at AS createdAt FROM ticket`

const newTicket = z.strictObject({
  /** Left out: somebody whom the business does not know. */
  customerId: z.string().optional(),
  subject: z.string().trim().min(1).max(200),
  body: z.string().trim().min(1).max(20_000),
  priority: z.enum(["low", "normal", "high", "urgent"]).default("normal"),
})

function createTicket(ticket: z.infer<typeof newTicket>, { db, nowMs }: Context) {
  const { customerId = null } = ticket
  if (customerId !== null) requireCustomer(db, customerId, "customerId")
  const { lastInsertRowid } = db
    .prepare("INSERT INTO ticket (customer_id, subject, body, priority, created_at) VALUES (?, ?, ?, ?, ?)")
    .run(customerId, ticket.subject, ticket.body, ticket.priority, new Date(nowMs).toISOString())
  return db.prepare(`${TICKET} WHERE number = ?`).get(lastInsertRowid)
}

export const helpdesk = [
  defineEndpoint({ name: "POST /v1/tickets", input: newTicket, run: createTicket }),
  defineEndpoint({
    name: "GET /v1/tickets",
    input: z.strictObject({ customerId: z.string().optional() }),
    run: ({ customerId = null }, { db }) =>
      list(db.prepare(`${TICKET} WHERE ?1 IS NULL OR customer_id = ?1 ORDER BY number DESC`).all(customerId)),
  }),
]
