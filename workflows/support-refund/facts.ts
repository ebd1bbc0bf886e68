/**
 * What the case comes down to, derived from what was read and what the business says, by code alone. The screenshot is a
 * claim; the business is the truth: nothing here that could lead to a refund rests on the screenshot by itself.
 */
import { findDuplicates, shownDuplicates } from "./duplicates.ts"
import type { Charge, Customer } from "./records.ts"
import type { Screen, SupportRequest } from "./schemas.ts"

/** Money that the billing system's own records say is due back, for a duplicate that the screenshot shows. */
export interface RefundDue {
  readonly chargeId: string
  readonly repeatsChargeId: string
  readonly amountCents: number
  readonly currency: string
  readonly description: string
  readonly chargedAt: string
}

export type BillingFinding = "not checked" | "no duplicate" | "one duplicate" | "several duplicates" | "refunded before"

export interface Facts {
  /**
   * `known`: found, and nothing sent or shown names somebody else. That is no proof of who asks: a channel that knows sends
   * `customerId` or `customerEmail`. `conflict`: the request names different people.
   */
  readonly identity: "known" | "conflict" | "unknown"
  readonly billing: BillingFinding
  /** There exactly when `billing` is `one duplicate`. */
  readonly due: RefundDue | null
}

export interface Findings {
  readonly input: SupportRequest
  readonly screen: Screen
  readonly customer: Customer | null
  /** Undefined when they were not looked up. */
  readonly charges: readonly Charge[] | undefined
}

export function deriveFacts({ input, screen, customer, charges }: Findings): Facts {
  const identity = identityOf(input, screen, customer)
  if (!charges) return { identity, billing: "not checked", due: null }
  const shown = shownDuplicates(findDuplicates(charges), screen, charges)
  const [first, ...more] = shown.filter(({ dueCents }) => dueCents > 0)
  if (!first) return { identity, billing: shown.length > 0 ? "refunded before" : "no duplicate", due: null }
  if (more.length > 0) return { identity, billing: "several duplicates", due: null }
  const { charge, repeats, dueCents } = first
  const due = {
    chargeId: charge.id,
    repeatsChargeId: repeats.id,
    amountCents: dueCents,
    currency: charge.currency,
    description: charge.description,
    chargedAt: charge.createdAt,
  }
  return { identity, billing: "one duplicate", due }
}

/** What of an agreed refund is still due by a fresh list of charges: never more than was agreed, null when nothing is. */
export function stillDue(agreed: RefundDue, charges: readonly Charge[]): RefundDue | null {
  const now = findDuplicates(charges).find(({ charge }) => charge.id === agreed.chargeId)
  const amountCents = Math.min(agreed.amountCents, now?.dueCents ?? 0)
  return amountCents > 0 ? { ...agreed, amountCents } : null
}

/** Whom to look up: what the channel knows outranks what a picture shows, and an id outranks an address. */
export function whoAsks(input: SupportRequest, screen: Screen): { customerId?: string; email?: string } {
  if (input.customerId !== undefined) return { customerId: input.customerId }
  if (input.customerEmail !== undefined) return { email: input.customerEmail }
  if (screen.customerId !== null) return { customerId: screen.customerId }
  return screen.accountEmail === null ? {} : { email: screen.accountEmail }
}

function identityOf(input: SupportRequest, screen: Screen, customer: Customer | null): Facts["identity"] {
  if (!customer) return "unknown"
  const agrees = (claimed: string | null | undefined, actual: string) =>
    claimed === null || claimed === undefined || claimed.trim().toLowerCase() === actual.toLowerCase()
  const all =
    agrees(input.customerId, customer.id) &&
    agrees(input.customerEmail, customer.email) &&
    agrees(screen.customerId, customer.id) &&
    agrees(screen.accountEmail, customer.email)
  return all ? "known" : "conflict"
}
