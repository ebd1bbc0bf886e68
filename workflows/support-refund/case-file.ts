/**
 * The case as lines of `Fact: value`: what the models that decide and write are shown. Everything that somebody outside
 * wrote is put on one line of its own and cut short, so that it cannot pass for another fact.
 */
import type { Facts } from "./facts.ts"
import { day, money } from "./money.ts"
import type { Customer, Subscription, Usage } from "./records.ts"
import type { Topic, Urgency } from "./rules.ts"
import type { Screen, SupportRequest } from "./schemas.ts"

const MAX_QUOTED = 1_000

export interface Case {
  readonly input: SupportRequest
  readonly screen: Screen
  readonly issue: { readonly topic: Topic; readonly urgency: Urgency }
  readonly customer: Customer | null
  readonly subscription: Subscription | null | undefined
  readonly usage: Usage | null | undefined
  readonly facts: Facts
}

/** Open and refunded duplicates, in words that tell each finding from all others. */
const BILLING: Readonly<Record<Facts["billing"], readonly [check: string, open: string, refunded: string]>> = {
  "not checked": ["not made", "unknown", "unknown"],
  "no duplicate": ["made", "none", "none"],
  "one duplicate": ["made", "one", "none"],
  "several duplicates": ["made", "several", "none"],
  "refunded before": ["made", "none", "one"],
}

/** What is known before anything was looked up. */
export function requestLines({ input, screen, issue }: Pick<Case, "input" | "screen" | "issue">): string {
  return lines({
    Topic: issue.topic.replaceAll("_", " "),
    Urgency: issue.urgency,
    Screenshot: whatItShows(screen),
    "Error code": screen.errorCode,
    "Advice on the screen": screen.advice,
    "Customer's message": input.message,
  })
}

/** All that is known when the case is decided. */
export function caseLines(file: Case): string {
  const { facts, subscription, usage } = file
  const [check, open, refunded] = BILLING[facts.billing]
  return lines({
    "Billing check": check,
    "Duplicate charges to refund": open,
    "Duplicate charges refunded before": refunded,
    "Amount due": facts.due && money(facts.due.amountCents, facts.due.currency),
    Customer: facts.identity,
    Plan: subscription ? planText(subscription) : null,
    Usage: usage?.metrics.map(({ metric, used, limit }) => `${metric} ${used} of ${limit ?? "any"}`).join(", "),
  }).concat("\n", requestLines(file))
}

function whatItShows({ charges, errorCode, requestId, text }: Screen): string {
  if (charges.length > 0) return "a list of charges"
  if (errorCode !== null || requestId !== null) return "an error page"
  return text === "" ? "a picture without text" : "a page or message"
}

/** `Team, active, $29.00 per month, paid until Dec 3, 2026`. */
export function planText({ plan, status, amountCents, currency, interval, currentPeriodEnd }: Subscription): string {
  return `${plan}, ${status}, ${money(amountCents, currency)} per ${interval}, paid until ${day(currentPeriodEnd)}`
}

function lines(facts: Readonly<Record<string, string | null | undefined>>): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name}: ${quoted(value) || "none"}`)
    .join("\n")
}

/** On one line, and not for ever. */
export function quoted(text: string | null | undefined, maxLength = MAX_QUOTED): string {
  const line = (text ?? "").replace(/\s+/g, " ").trim()
  return line.length > maxLength ? `${line.slice(0, maxLength - 1)}…` : line
}
