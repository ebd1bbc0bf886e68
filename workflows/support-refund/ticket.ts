/** The ticket that hands a case to a person: why, what was found, and what was claimed, so that nobody has to open the run. */
import { type Case, caseLines, quoted } from "./case-file.ts"
import { money } from "./money.ts"
import type { Verdict } from "./verdict.ts"

interface TicketCase extends Case {
  readonly verdict: Verdict
  readonly policy: { readonly violations: readonly { readonly reason: string; readonly text?: string | undefined }[] }
  /** What happened on the way to a refund, when there was one. */
  readonly manager?: { readonly approved: boolean; readonly comment?: string } | undefined
  readonly payment?: { readonly refusal: string | null } | undefined
}

export function ticketOf(file: TicketCase) {
  const { customer, issue, verdict, screen } = file
  const due =
    verdict.due && `Refund not made: ${money(verdict.due.amountCents, verdict.due.currency)} of ${verdict.due.chargeId}`
  return {
    ...(customer ? { customerId: customer.id } : {}),
    subject: `Support case: ${issue.topic.replaceAll("_", " ")}`,
    body: [why(file), due, caseLines(file), `Screenshot says: ${quoted(screen.text, 4_000) || "nothing"}`]
      .filter((part) => part !== null)
      .join("\n\n"),
    priority: issue.topic === "abuse" ? ("urgent" as const) : issue.urgency,
  }
}

function why({ policy, manager, payment, verdict }: TicketCase): string {
  if (policy.violations.length > 0)
    return `Stopped by the policy: ${policy.violations.map(({ text, reason }) => `${text ?? "text"}: ${reason}`).join("; ")}`
  if (manager?.approved === false) return `The refund was not approved${manager.comment ? `: ${manager.comment}` : "."}`
  if (payment?.refusal) return `Billing refused the refund: ${payment.refusal}`
  if (verdict.action === "refund") return "The refund was no longer due when it was to be made."
  return verdict.reason
}
