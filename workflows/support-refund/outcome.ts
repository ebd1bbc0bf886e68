/** What the run answers: what was really done, and the letter that fits it. */
import { money } from "./money.ts"
import type { Customer, Refund } from "./records.ts"
import { handOverLetter } from "./reply.ts"
import type { Action } from "./rules.ts"
import type { Outcome } from "./schemas.ts"
import type { Verdict } from "./verdict.ts"

interface Done {
  readonly customer: Customer | null
  readonly verdict: Verdict
  readonly reply: { readonly text: string }
  readonly policy: { readonly violations: readonly { readonly text?: string | undefined }[] }
  readonly outcome: {
    readonly case: Action
    readonly payment?: { readonly refund: Refund | null } | undefined
    readonly ticket?: { readonly id: string } | undefined
  }
}

export function outcomeOf({ customer, verdict, reply, policy, outcome }: Done): Outcome {
  const refund = outcome.payment?.refund ?? null
  const done = outcome.case === "refund" && refund === null ? "escalate" : outcome.case
  // A draft that was written for something else, or that broke a rule, is not sent.
  const fits = done === verdict.action && !policy.violations.some(({ text }) => text === "reply")
  return {
    case: done,
    way: verdict.way,
    reason: verdict.reason,
    reply: fits ? reply.text : handOverLetter(customer?.name),
    refund: refund && { ...refund, amount: money(refund.amountCents, refund.currency) },
    ticketId: outcome.ticket?.id ?? null,
  }
}
