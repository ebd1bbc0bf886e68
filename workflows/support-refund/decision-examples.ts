/** Worked decisions, in the lines of `case-file.ts`: shown to a language model, evidence for an extractive one. One for each way, and more where ways are close. */
import type { Decision } from "./schemas.ts"

interface DecisionExample {
  readonly input: string
  readonly output: Decision
}

function example(lines: readonly string[], output: Decision): DecisionExample {
  return { input: lines.join("\n"), output }
}

export const decisionExamples: readonly DecisionExample[] = [
  example(
    [
      "Billing check: one duplicate found, charged twice and not refunded",
      "Amount due: $15.00",
      "Customer's identity: confirmed",
      "Plan: Basic, active, $15.00 per month, paid until Apr 2, 2026",
      "Topic: double charge",
      "Screenshot: a list of charges",
      "Customer's message: My card was charged twice for the same month, please give me the second payment back.",
    ],
    {
      action: "refund",
      way: "duplicate-charge",
      reason: "The billing check found one duplicate that was not refunded.",
      confidence: 0.98,
    },
  ),
  example(
    [
      "Billing check: the duplicate was refunded before",
      "Amount due: none",
      "Customer's identity: confirmed",
      "Topic: double charge",
      "Screenshot: a list of charges",
      "Customer's message: You took my money twice.",
    ],
    { action: "answer", way: "refunded-before", reason: "The duplicate was refunded before.", confidence: 0.95 },
  ),
  example(
    [
      "Billing check: no duplicate found, the charges differ",
      "Amount due: none",
      "Customer's identity: confirmed",
      "Topic: double charge",
      "Screenshot: a list of charges",
      "Customer's message: I see two payments on the same day, was I charged twice?",
    ],
    { action: "answer", way: "no-duplicate", reason: "The billing check found no duplicate.", confidence: 0.92 },
  ),
  example(
    [
      "Billing check: not made",
      "Customer's identity: confirmed",
      "Usage: projects 3 of 10",
      "Topic: product error",
      "Screenshot: an error page",
      "Error code: AB-1001",
      "Advice on the screen: Clear the cache of your browser, then load the page again.",
      "Customer's message: This error came up when I opened the app.",
    ],
    { action: "answer", way: "known-error", reason: "The error page says what to do.", confidence: 0.95 },
  ),
  example(
    [
      "Billing check: not made",
      "Customer's identity: confirmed",
      "Topic: product error",
      "Screenshot: an error page",
      "Error code: AB-2002",
      "Advice on the screen: none",
      "Customer's message: It has been broken for days.",
    ],
    { action: "escalate", way: "unclear", reason: "The error page gives no advice.", confidence: 0.85 },
  ),
  example(
    [
      "Billing check: no duplicate found, the charges differ",
      "Customer's identity: confirmed",
      "Plan: Pro, active, €20.00 per month, paid until May 9, 2026",
      "Topic: billing question",
      "Screenshot: a page or message",
      "Customer's message: What does the yearly plan cost, and can I change to it?",
    ],
    { action: "answer", way: "billing-question", reason: "It is a question about plans and prices.", confidence: 0.95 },
  ),
  example(
    [
      "Billing check: not made",
      "Customer's identity: confirmed",
      "Topic: abuse",
      "Urgency: high",
      "Screenshot: a page or message",
      "Customer's message: You idiots, I will come and make you pay for this.",
    ],
    { action: "escalate", way: "conduct", reason: "The customer insults and threatens.", confidence: 0.97 },
  ),
  example(
    [
      "Billing check: several duplicates found, charged more than twice",
      "Customer's identity: confirmed",
      "Topic: double charge",
      "Screenshot: a list of charges",
      "Customer's message: There are four payments where there should be one.",
    ],
    { action: "escalate", way: "unclear", reason: "There are several duplicates.", confidence: 0.9 },
  ),
  example(
    [
      "Billing check: not made",
      "Customer's identity: unknown",
      "Topic: other",
      "Screenshot: a picture without text",
      "Customer's message: Look at this.",
    ],
    { action: "escalate", way: "unclear", reason: "It is not clear what the customer wants.", confidence: 0.8 },
  ),
]
