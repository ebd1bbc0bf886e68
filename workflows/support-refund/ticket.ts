/** The ticket that hands a case to a person: why, what was found, and what was claimed, so that nobody has to open the run. */
import { type Case, caseLines, quoted } from "./case-file.ts"
import { money } from "./money.ts"
import type { Verdict } from "./verdict.ts"

interface DecidedCase extends Case {
  readonly verdict: Verdict
}

interface Escalated extends DecidedCase {
  readonly policy: { readonly violations: readonly { readonly reason: string; readonly text?: string | undefined }[] }
}

interface NotRefunded extends DecidedCase {
  readonly manager: { readonly approved: boolean; readonly comment?: string } | undefined
  readonly payment: { readonly refusal: string | null } | undefined
}

/** For a case that was decided for a person, or that the policy stopped. */
export function escalationTicket(file: Escalated) {
  const { verdict, policy } = file
  const stopped = policy.violations.map(({ text, reason }) => `${text ?? "text"}: ${reason}`).join("; ")
  return ticketOf(file, stopped === "" ? verdict.reason : `Stopped by the policy: ${stopped}`)
}

/** For a refund that was decided and not made. */
export function noRefundTicket(file: NotRefunded) {
  return ticketOf(file, whyNotRefunded(file))
}

function whyNotRefunded({ manager, payment }: NotRefunded): string {
  if (manager?.approved === false)
    return `The refund was not approved${manager.comment === undefined ? "." : `: ${manager.comment}`}`
  if (payment?.refusal) return `Billing refused the refund: ${payment.refusal}`
  return "The refund was no longer due when it was to be made."
}

function ticketOf(file: DecidedCase, why: string) {
  const { customer, issue, verdict, screen } = file
  const due =
    verdict.due && `Refund not made: ${money(verdict.due.amountCents, verdict.due.currency)} of ${verdict.due.chargeId}`
  return {
    ...(customer ? { customerId: customer.id } : {}),
    subject: `Support case: ${issue.topic.replaceAll("_", " ")}`,
    body: [why, due, caseLines(file), `Screenshot says: ${quoted(screen.text, 4_000) || "nothing"}`]
      .filter((part) => part !== null)
      .join("\n\n"),
    priority: issue.topic === "abuse" ? ("urgent" as const) : issue.urgency,
  }
}
