/** The shapes of the workflow: what a customer sends, what is read from the screenshot, what is decided. */
import { media } from "waybill"
import { z } from "zod"
import { refund } from "./records.ts"
import { ACTIONS, WAY_NAMES, WAYS } from "./rules.ts"

/** A support request. Who it is from may be left to the screenshot; when it is given, it outranks the screenshot. */
export const supportRequest = z.object({
  message: z.string().trim().min(1).max(4_000).describe("What the customer writes"),
  screenshot: media().describe("A picture of what the customer sees"),
  customerId: z.string().optional().describe("Who asks, where the channel knows it, such as cus_58294"),
  customerEmail: z.email().optional().describe("The address that the request came from"),
})
export type SupportRequest = z.infer<typeof supportRequest>

const row = z.object({
  id: z.string().nullable().describe("Charge ID or reference of the payment, such as ch_123456"),
  date: z.iso.date().nullable().describe("Date of the charge"),
  description: z.string().nullable().describe("What was charged for"),
  amount: z.number().nullable().describe("Amount charged"),
})

/** The screenshot as state. Everything in it is a claim: whoever took the picture may have painted it. */
export const screen = z.object({
  text: z.string().describe("The whole text of the screenshot, exactly as it stands"),
  accountEmail: z.string().nullable().describe("Email address of the customer: of the account, or of whoever writes"),
  customerId: z.string().nullable().describe("Customer ID, such as cus_12345"),
  charges: z.array(row).describe("The charges listed, one for each row"),
  errorCode: z.string().nullable().describe("Error code, such as ABC-1234"),
  requestId: z.string().nullable().describe("Request ID of the error, such as req_123456"),
  advice: z.string().nullable().describe("What the user is told to do so that it works again"),
})
export type Screen = z.infer<typeof screen>
export type ScreenRow = z.infer<typeof row>

export const inquiry = z.object({
  records: z
    .enum(["charges", "usage", "none"])
    .describe(
      "charges: the payments of the customer, for anything about money, charges, invoices or plans; " +
        "usage: what the customer uses of the product, for errors and limits; " +
        "none: nothing, for abuse and for requests that no record could answer",
    ),
  reason: z.string().describe("Why, in one sentence"),
})
export type Inquiry = z.infer<typeof inquiry>

export const decision = z.object({
  action: z
    .enum(ACTIONS)
    .describe("refund: give the amount due back; answer: write an answer; escalate: hand over to a person"),
  way: z.enum(WAY_NAMES).describe(WAY_NAMES.map((way) => `${way}: ${WAYS[way].when}`).join("; ")),
  reason: z.string().describe("Why, in one sentence"),
  confidence: z.number().min(0).max(1).describe("How sure you are of this decision, from 0 to 1"),
})
export type Decision = z.infer<typeof decision>

/** What came of a request: `case` says what was done, which need not be what was decided. */
export const outcome = z.object({
  case: z.enum(ACTIONS),
  way: z.enum(WAY_NAMES),
  reason: z.string(),
  reply: z.string(),
  refund: refund.extend({ amount: z.string() }).nullable(),
  ticketId: z.string().nullable(),
})
export type Outcome = z.infer<typeof outcome>
