import { afterAll, describe, expect, it } from "vitest"
import { z } from "zod"
import type { Json } from "../../src/lib/json.ts"
import { SentenceEncoder } from "../../src/local/embed/embedder.ts"
import { type Answer, answer } from "../../src/local/extract/answer.ts"
import type { Example } from "../../src/local/extract/evidence.ts"

const encoder = new SentenceEncoder()
afterAll(() => encoder.close())

function ask(schema: z.ZodType, text: string, examples: readonly Example[] = [], policyText?: string): Promise<Answer> {
  return answer(z.toJSONSchema(schema), { text, examples, policyText }, encoder)
}

async function answerTo(
  schema: z.ZodType,
  text: string,
  examples?: readonly Example[],
  policyText?: string,
): Promise<Json> {
  const found = await ask(schema, text, examples, policyText)
  if (found.type === "refusal") throw new Error(found.reason)
  return found.value
}

const decision = z.object({
  action: z.enum(["refund", "answer", "escalate"]),
  amountUsd: z.number().nullable().describe("amount of the duplicate charge"),
  chargeId: z.string().nullable().describe("id of the duplicate charge, like ch_1234"),
  reason: z.string().describe("why"),
  confidence: z.number().min(0).max(1).describe("How sure you are"),
})

function facts(topic: string, duplicates: number, id: string, amount: string, abusive: string, error: string): string {
  return [
    `Topic: ${topic}`,
    `Duplicate charges found: ${duplicates}`,
    `Duplicate charge id: ${id}`,
    `Amount of the duplicate charge: ${amount}`,
    `Abusive language: ${abusive}`,
    `Error code: ${error}`,
  ].join("\n")
}

function worked(
  input: string,
  action: string,
  amountUsd: number | null,
  chargeId: string | null,
  reason: string,
): Example {
  return { input, output: { action, amountUsd, chargeId, reason, confidence: 0.9 } }
}

const EXAMPLES = [
  worked(
    facts("duplicate_charge", 1, "ch_1001", "$15.00", "no", "none"),
    "refund",
    15,
    "ch_1001",
    "The charge ch_1001 of $15.00 was taken twice.",
  ),
  worked(
    facts("duplicate_charge", 0, "none", "none", "no", "none"),
    "answer",
    null,
    null,
    "No charge was taken twice.",
  ),
  worked(facts("product_error", 0, "none", "none", "no", "AB-1"), "answer", null, null, "The error AB-1 is known."),
  worked(facts("abuse", 0, "none", "none", "yes", "none"), "escalate", null, null, "The customer is abusive."),
]

describe("[LOCAL6] with examples made of the same facts, the answer is that of the nearest, with this text's values", () => {
  it.each([
    [
      facts("duplicate_charge", 1, "ch_583247", "$29.00", "no", "none"),
      "refund",
      29,
      "ch_583247",
      "The charge ch_583247 of $29.00 was taken twice.",
    ],
    [facts("duplicate_charge", 0, "none", "none", "no", "none"), "answer", null, null, "No charge was taken twice."],
    [facts("product_error", 0, "none", "none", "no", "FW-4093"), "answer", null, null, "The error FW-4093 is known."],
    [facts("abuse", 0, "none", "none", "yes", "none"), "escalate", null, null, "The customer is abusive."],
  ])("%j", async (text, action, amountUsd, chargeId, reason) => {
    const found = await ask(decision, text, EXAMPLES)
    expect(found).toMatchObject({ value: { action, amountUsd, chargeId, reason } })
    // The answer's own confidence is ours, not the example's.
    const sure = found.type === "answer" ? Object(found.value).confidence : undefined
    expect(sure).toBe(found.type === "answer" ? found.fields.action?.confidence : undefined)
  })

  it("says that it is unsure between examples that lead apart", async () => {
    const found = await ask(decision, facts("abuse", 1, "ch_7", "$9.00", "yes", "none"), EXAMPLES)
    expect(found.type === "answer" ? found.fields.action?.confidence : 1).toBeLessThan(0.6)
  })

  it("works without examples from what the schema says", async () => {
    const schema = z.object({
      action: z
        .enum(["refund", "answer", "escalate"])
        .describe(
          "refund: a charge was taken twice; answer: an error or a question that can be explained; escalate: abuse, or anything unclear",
        ),
      amountUsd: z.number().nullable().describe("amount of the duplicate charge"),
    })
    expect(await answerTo(schema, facts("duplicate_charge", 1, "ch_583247", "$29.00", "no", "none"))).toEqual({
      action: "refund",
      amountUsd: 29,
    })
  })
})

describe("choosing a label", () => {
  const labels = z.object({
    topic: z
      .enum(["duplicate_charge", "product_error", "account_access", "cancellation", "abuse", "other"])
      .describe(
        "duplicate_charge: the customer was charged twice for the same thing; product_error: something in the product fails or shows an error; " +
          "account_access: the customer cannot sign in or is locked out; cancellation: the customer wants to cancel; abuse: insults or threats; other: anything else",
      ),
    urgency: z
      .enum(["low", "normal", "high"])
      .describe(
        "low: a question without hurry; high: the customer cannot work or loses money; normal: everything else",
      ),
  })
  const shown: Example[] = [
    ["I was charged two times for my plan this month.", "duplicate_charge", "normal"],
    ["Why did you bill me twice?", "duplicate_charge", "normal"],
    ["The page shows an error code and does not load.", "product_error", "normal"],
    ["Saving fails with an error and we cannot work.", "product_error", "high"],
    ["I cannot sign in, my password is not accepted.", "account_access", "high"],
    ["Please cancel my subscription.", "cancellation", "normal"],
    ["You are stupid liars and I hate you.", "abuse", "high"],
    ["Idiots! I will come to your office and hurt you.", "abuse", "high"],
    ["What does the yearly plan cost?", "other", "low"],
    ["Can you send me last month's invoice?", "other", "low"],
  ].map(([input = "", topic = "", urgency = ""]) => ({ input, output: { topic, urgency } }))

  it.each([
    ["My card was debited twice on the same day. Please return one payment.", "duplicate_charge"],
    ["The report will not export, the page says failed.", "product_error"],
    ["My account is locked after too many attempts.", "account_access"],
    ["We would like to stop our plan in December.", "cancellation"],
    ["Shut up, you worthless clowns.", "abuse"],
    ["Do you offer a discount for schools?", "other"],
  ])("by examples: %s", async (text, topic) => {
    expect(await answerTo(labels, text, shown)).toMatchObject({ topic })
  })

  it("by a label in the text, whatever else it says", async () => {
    const text = "Topic: cancellation\nUrgency: high\nMessage: The page shows an error code."
    expect(await answerTo(labels, text, shown)).toEqual({ topic: "cancellation", urgency: "high" })
  })

  it("by what the policy says about a value whose name says nothing", async () => {
    const schema = z.object({ path: z.enum(["p7", "p8"]) })
    const policy = "Use p7 when a payment was taken twice. Use p8 when the product shows an error."
    expect(await answerTo(schema, "I was charged two times.", [], policy)).toEqual({ path: "p7" })
    expect(await answerTo(schema, "The page fails with an error.", [], policy)).toEqual({ path: "p8" })
  })
})
