/**
 * Worked cases, written down by the same functions that write down the real ones, so that the two cannot drift apart: shown
 * to a language model, evidence for an extractive one. One for each way of the policy, and more where ways are close.
 */
import { type Case, caseLines, requestLines } from "./case-file.ts"
import type { RefundDue } from "./facts.ts"
import type { Subscription, Usage } from "./records.ts"
import type { Topic, Urgency } from "./rules.ts"
import type { Decision, Inquiry, Screen } from "./schemas.ts"

const BLANK: Screen = {
  text: "…",
  accountEmail: null,
  customerId: null,
  charges: [],
  errorCode: null,
  requestId: null,
  advice: null,
}
const CHARGES: Screen = {
  ...BLANK,
  charges: [{ id: "ch_100001", date: "2026-03-02", description: "Basic plan", amount: 15 }],
}
const ERROR: Screen = { ...BLANK, errorCode: "AB-1001", requestId: "req_100001" }

const PLAN: Subscription = {
  plan: "Basic",
  status: "active",
  amountCents: 15_00,
  currency: "usd",
  interval: "month",
  currentPeriodEnd: "2026-04-02T08:00:00Z",
}
const USAGE: Usage = { metrics: [{ metric: "projects", used: 3, limit: 10 }] }
const DUE: RefundDue = {
  chargeId: "ch_100002",
  repeatsChargeId: "ch_100001",
  amountCents: 15_00,
  currency: "usd",
  description: "Basic plan",
  chargedAt: "2026-03-02T08:00:00Z",
}

interface WorkedCase {
  readonly message: string
  readonly topic: Topic
  readonly urgency: Urgency
  readonly screen: Screen
  readonly billing: Case["facts"]["billing"]
  readonly identity?: Case["facts"]["identity"]
  readonly records: Inquiry
  readonly decision: Decision
}

const CHECK_CHARGES: Inquiry = { records: "charges", reason: "The payments show whether one was taken twice." }
const CHECK_USAGE: Inquiry = { records: "usage", reason: "The usage shows whether a limit was reached." }
const CHECK_NOTHING: Inquiry = { records: "none", reason: "No record answers this." }

const WORKED: readonly WorkedCase[] = [
  {
    message: "My card was charged twice for the same month, please give me the second payment back.",
    topic: "double_charge",
    urgency: "high",
    screen: CHARGES,
    billing: "one duplicate",
    records: CHECK_CHARGES,
    decision: {
      action: "refund",
      way: "duplicate-charge",
      reason: "The billing check found one duplicate that was not refunded.",
      confidence: 0.98,
    },
  },
  {
    message: "You took my money twice.",
    topic: "double_charge",
    urgency: "normal",
    screen: CHARGES,
    billing: "refunded before",
    records: CHECK_CHARGES,
    decision: {
      action: "answer",
      way: "refunded-before",
      reason: "The duplicate was refunded before.",
      confidence: 0.95,
    },
  },
  {
    message: "I see two payments on the same day, was I charged twice?",
    topic: "double_charge",
    urgency: "normal",
    screen: CHARGES,
    billing: "no duplicate",
    records: CHECK_CHARGES,
    decision: {
      action: "answer",
      way: "no-duplicate",
      reason: "The billing check found no duplicate.",
      confidence: 0.92,
    },
  },
  {
    message: "There are four payments where there should be one.",
    topic: "double_charge",
    urgency: "normal",
    screen: CHARGES,
    billing: "several duplicates",
    records: CHECK_CHARGES,
    decision: {
      action: "escalate",
      way: "unclear",
      reason: "There are several duplicates.",
      confidence: 0.9,
    },
  },
  {
    message: "This error came up when I opened the app.",
    topic: "product_error",
    urgency: "normal",
    screen: { ...ERROR, advice: "Clear the cache of your browser, then load the page again." },
    billing: "not checked",
    records: CHECK_USAGE,
    decision: {
      action: "answer",
      way: "known-error",
      reason: "The error page says what to do.",
      confidence: 0.95,
    },
  },
  {
    message: "I cannot work, please help at once.",
    topic: "product_error",
    urgency: "high",
    screen: { ...ERROR, advice: "Choose a smaller file, then try the upload again." },
    billing: "not checked",
    records: CHECK_USAGE,
    decision: { action: "answer", way: "known-error", reason: "The error page says what to do.", confidence: 0.95 },
  },
  {
    message: "It has been broken for days.",
    topic: "product_error",
    urgency: "normal",
    screen: ERROR,
    billing: "not checked",
    records: CHECK_USAGE,
    decision: {
      action: "escalate",
      way: "unclear",
      reason: "The error page gives no advice.",
      confidence: 0.85,
    },
  },
  {
    message: "What does the yearly plan cost, and can I change to it?",
    topic: "billing_question",
    urgency: "low",
    screen: BLANK,
    billing: "no duplicate",
    records: CHECK_CHARGES,
    decision: {
      action: "answer",
      way: "billing-question",
      reason: "It is a question about plans and prices.",
      confidence: 0.95,
    },
  },
  {
    message: "You idiots, I will come and make you pay for this.",
    topic: "abuse",
    urgency: "high",
    screen: BLANK,
    billing: "not checked",
    records: CHECK_NOTHING,
    decision: {
      action: "escalate",
      way: "conduct",
      reason: "The customer insults or threatens somebody.",
      confidence: 0.97,
    },
  },
  {
    message: "Give me all my money back, you thieves and morons, or you will be sorry.",
    topic: "abuse",
    urgency: "high",
    screen: CHARGES,
    billing: "not checked",
    records: CHECK_NOTHING,
    decision: {
      action: "escalate",
      way: "conduct",
      reason: "The customer insults or threatens somebody.",
      confidence: 0.97,
    },
  },
  {
    message: "Look at this.",
    topic: "other",
    urgency: "low",
    screen: BLANK,
    billing: "not checked",
    records: CHECK_NOTHING,
    decision: {
      action: "escalate",
      way: "unclear",
      reason: "It is not clear what the customer wants.",
      confidence: 0.8,
    },
  },
  {
    message: "I was charged twice.",
    topic: "double_charge",
    urgency: "normal",
    screen: CHARGES,
    billing: "not checked",
    identity: "unknown",
    records: CHECK_CHARGES,
    decision: {
      action: "escalate",
      way: "unclear",
      reason: "It is not known who the customer is.",
      confidence: 0.85,
    },
  },
]

function caseOf(worked: WorkedCase): Case {
  const { message, topic, urgency, screen, billing, identity = "known", records } = worked
  const customer =
    identity === "unknown" ? null : { id: "cus_1", name: "Ann Example", email: "ann@example.com", product: "Quickpad" }
  return {
    input: { message, screenshot: { $blob: `sha256:${"0".repeat(64)}`, bytes: 0, mediaType: "image/png" } },
    screen,
    issue: { topic, urgency },
    customer,
    subscription: customer && PLAN,
    usage: customer && records.records === "usage" ? USAGE : null,
    facts: { identity, billing, due: billing === "one duplicate" ? DUE : null },
  }
}

export const inquiryExamples = WORKED.map((worked) => ({ input: requestLines(caseOf(worked)), output: worked.records }))

export const decisionExamples = WORKED.map((worked) => ({ input: caseLines(caseOf(worked)), output: worked.decision }))
