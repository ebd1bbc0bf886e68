/** Worked examples of what a request is about. */
import type { Topic, Urgency } from "./rules.ts"

export const issueExamples: readonly {
  readonly input: string
  readonly output: { readonly topic: Topic; readonly urgency: Urgency }
}[] = [
  {
    input: "You charged my card twice for one month. I want one of the payments back.",
    output: { topic: "double_charge", urgency: "normal" },
  },
  {
    input: "Your payments\nBasic plan $9.00\nBasic plan $9.00\nYour plan renews on 3 May 2026.",
    output: { topic: "double_charge", urgency: "normal" },
  },
  {
    input: "How much does the plan cost if I pay for a year, and can I switch?",
    output: { topic: "billing_question", urgency: "low" },
  },
  {
    input: "Could you send me the invoice for last month? There is no hurry.",
    output: { topic: "billing_question", urgency: "low" },
  },
  {
    input: "The page does not load, it only says that something went wrong. Error code AB-1001.",
    output: { topic: "product_error", urgency: "normal" },
  },
  {
    input: "The export fails with an error message each time. I cannot work.",
    output: { topic: "product_error", urgency: "high" },
  },
  {
    input: "You stupid idiots, you will pay for this. I will find you and hurt you.",
    output: { topic: "abuse", urgency: "high" },
  },
  {
    input: "Your whole team is pathetic, worthless scum. Shut up.",
    output: { topic: "abuse", urgency: "high" },
  },
  {
    input: "I would like to tell you about my holidays. Look at this picture.",
    output: { topic: "other", urgency: "low" },
  },
]
