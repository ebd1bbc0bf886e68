/** Worked examples of the first two judgements of a request: what it is about, and which records it needs. */

export const issueExamples = [
  {
    input: "You charged my card twice for one month. I want one of the payments back.",
    output: { topic: "double_charge", urgency: "normal" },
  },
  {
    input: "The same payment appears two times in my billing history.",
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
  { input: "Your whole team is pathetic, worthless scum. Shut up.", output: { topic: "abuse", urgency: "high" } },
  { input: "I would like to tell you about my holidays.", output: { topic: "other", urgency: "low" } },
] as const

export const inquiryExamples = [
  {
    input: "Topic: double charge\nScreenshot: a list of charges",
    output: { records: "charges", reason: "The payments show whether one was taken twice." },
  },
  {
    input: "Topic: billing question\nScreenshot: a message that somebody wrote",
    output: { records: "charges", reason: "The question is about payments." },
  },
  {
    input: "Topic: product error\nScreenshot: an error page",
    output: { records: "usage", reason: "The usage shows whether a limit was reached." },
  },
  {
    input: "Topic: abuse\nScreenshot: a message that somebody wrote",
    output: { records: "none", reason: "No record helps with abuse." },
  },
  {
    input: "Topic: other\nScreenshot: something else",
    output: { records: "none", reason: "It is not clear what to look for." },
  },
] as const
