import { afterAll, describe, expect, it } from "vitest"
import { z } from "zod"
import type { Json } from "../../src/lib/json.ts"
import { SentenceEncoder } from "../../src/local/embed/embedder.ts"
import { type Answer, answer } from "../../src/local/extract/answer.ts"
import type { Example } from "../../src/local/extract/evidence.ts"
import { findTokens } from "../../src/local/extract/values.ts"

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

const receipt = z.object({
  store: z.string().describe("Name of the shop"),
  total: z.number().describe("Total amount paid"),
  tax: z.number().nullable().describe("Tax (VAT)"),
  date: z.iso.date().describe("Date of the purchase"),
  items: z.array(z.object({ name: z.string(), quantity: z.int(), price: z.number().describe("Price in dollars") })),
})
const RECEIPT =
  "Corner Bakery\n2026-10-14 09:12\n\nItem  Qty  Price\nRye bread  1  $4.20\nApple cake  2  $7.00\n\nSubtotal  $11.20\nVAT  $0.90\nTotal  $12.10"

const vacancy = z.object({
  title: z.string().describe("Job title"),
  remote: z.boolean().describe("Remote work is possible"),
  salaryMin: z.number().nullable().describe("Lowest salary in euros"),
  salaryMax: z.number().nullable().describe("Highest salary in euros"),
  skills: z.array(z.string()).describe("Skills asked for"),
})
const VACANCY =
  "Job title: Data engineer\nCompany: Bluefin\nRemote: yes\nSalary: from 58,000 € to 72,000 €\nSkills: Python, SQL and Spark"

const transactions = z.object({
  rows: z.array(
    z.object({
      when: z.string().describe("date"),
      payee: z.string().describe("who got the money"),
      amount: z.number(),
      kind: z.enum(["card", "transfer", "cash"]).describe("how it was paid"),
    }),
  ),
})
const TRANSACTIONS =
  "| Date | Payee | Kind | Amount |\n|---|---|---|---|\n| 01/03/2026 | Green Market | Card | -$42.10 |\n| 01/05/2026 | City Power | Transfer | -$80.00 |"

describe("[LOCAL4] an answer is valid against its schema and holds what the text says", () => {
  it("in a receipt", async () => {
    expect(await answerTo(receipt, RECEIPT)).toEqual({
      store: "Corner Bakery",
      total: 12.1,
      tax: 0.9,
      date: "2026-10-14",
      items: [
        { name: "Rye bread", quantity: 1, price: 4.2 },
        { name: "Apple cake", quantity: 2, price: 7 },
      ],
    })
  })

  it("in lines of labels", async () => {
    expect(await answerTo(vacancy, VACANCY)).toEqual({
      title: "Data engineer",
      remote: true,
      salaryMin: 58000,
      salaryMax: 72000,
      skills: ["Python", "SQL", "Spark"],
    })
  })

  it("in a table", async () => {
    expect(await answerTo(transactions, TRANSACTIONS)).toEqual({
      rows: [
        { when: "01/03/2026", payee: "Green Market", amount: -42.1, kind: "card" },
        { when: "01/05/2026", payee: "City Power", amount: -80, kind: "transfer" },
      ],
    })
  })

  it("in lines without columns, with totals and dates over groups", async () => {
    const schema = z.object({
      charges: z.array(
        z.object({
          id: z.string().optional().describe("id of the charge, like ch_1234"),
          date: z.string(),
          description: z.string(),
          amountUsd: z.number(),
          status: z.enum(["paid", "failed"]).nullable(),
        }),
      ),
    })
    expect(await answerTo(schema, "Jul 3 Pro plan $49.00 Paid\nJul 4 Extra seats $9.50 Failed\nTotal $58.50")).toEqual({
      charges: [
        { date: "Jul 3", description: "Pro plan", amountUsd: 49, status: "paid" },
        { date: "Jul 4", description: "Extra seats", amountUsd: 9.5, status: "failed" },
      ],
    })
    const grouped =
      "18 May 2026\nTeam plan  $20.00\nch_11 - Visa 4242\nTeam plan  $20.00\nch_12 - Visa 4242\n2 May 2026\nSeat  $5.00\nch_13 - Visa 4242"
    expect(await answerTo(schema, grouped)).toMatchObject({
      charges: [
        { id: "ch_11", date: "18 May 2026", description: "Team plan", amountUsd: 20 },
        { id: "ch_12", date: "18 May 2026", description: "Team plan", amountUsd: 20 },
        { id: "ch_13", date: "2 May 2026", description: "Seat", amountUsd: 5 },
      ],
    })
  })

  it("by pattern, format and the example in a description", async () => {
    const schema = z.object({
      order: z.string().regex(/^#\d+$/),
      contact: z.email(),
      sentAt: z.iso.datetime(),
      errorCode: z.string().describe("Error code, such as ABC-1234"),
      currency: z.string().describe("Currency of the total"),
    })
    const text = "Order #88231 of 2026-03-04 14:05 failed with FW-4093.\nWrite to ann@mail.example. Total 12.500,00 €"
    expect(await answerTo(schema, text)).toEqual({
      order: "#88231",
      contact: "ann@mail.example",
      sentAt: "2026-03-04T14:05:00Z",
      errorCode: "FW-4093",
      currency: "EUR",
    })
  })

  it("never takes another currency for the one asked for", async () => {
    const schema = z.object({ amountUsd: z.number().nullable(), amountEur: z.number().nullable() })
    expect(await answerTo(schema, "Total: 49,00 €")).toEqual({ amountUsd: null, amountEur: 49 })
  })

  it("chooses between shapes by what sets them apart", async () => {
    const schema = z.object({
      event: z.discriminatedUnion("type", [
        z
          .object({ type: z.literal("meeting"), time: z.string().describe("time of the meeting") })
          .describe("an appointment with people at a time"),
        z.object({ type: z.literal("payment"), amount: z.number() }).describe("money that was paid or is due"),
      ]),
    })
    const text = "We received 250.00 USD from your account, thank you for the payment."
    expect(await answerTo(schema, text)).toEqual({ event: { type: "payment", amount: 250 } })
  })

  it("and nothing else: every text and number of it stands in the source", async () => {
    for (const [schema, text] of [
      [receipt, RECEIPT],
      [vacancy, VACANCY],
      [transactions, TRANSACTIONS],
      [receipt, VACANCY.replace("58,000", "58,001")],
    ] as const) {
      const found = await ask(schema, text)
      if (found.type === "refusal") continue
      const numbers = findTokens(text).map((token) => token.amount)
      for (const leaf of leaves(found.value)) {
        if (typeof leaf === "number") expect(numbers).toContain(leaf)
        if (typeof leaf === "string") expect(text.toLowerCase()).toContain(leaf.toLowerCase())
      }
    }
  })
})

function leaves(value: Json): Json[] {
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(leaves) : [value]
}

describe("[LOCAL5] what the text does not say is null, absent or the default; where none is allowed, the answer is refused", () => {
  const schema = z.object({
    amount: z.number().nullable(),
    chargeId: z.string().optional().describe("like ch_1234"),
    language: z.string().describe("Language that is asked for").default("en"),
    rows: z.array(z.object({ date: z.string(), amount: z.number() })),
  })

  it("leaves it out", async () => {
    expect(await answerTo(schema, "How are you?")).toEqual({ amount: null, language: "en", rows: [] })
  })

  it("takes a fact that denies at its word", async () => {
    const text = "Amount: none\nAmount of the plan: $20.00\nCharge id: n/a"
    expect(await answerTo(schema, text)).toMatchObject({ amount: null })
    expect(
      await answerTo(z.object({ duplicates: z.int().describe("number of duplicates") }), "Duplicates found: none"),
    ).toEqual({ duplicates: 0 })
  })

  it("refuses rather than makes something up, and names the field", async () => {
    const found = await ask(z.object({ customer: z.object({ email: z.email() }), amount: z.number() }), "How are you?")
    expect(found).toEqual({ type: "refusal", reason: expect.stringContaining('"customer.email", "amount"') })
  })

  it("gives a required text without evidence the likeliest line, and says how little sure it is", async () => {
    const found = await ask(
      z.object({ warranty: z.string().describe("Terms of the warranty") }),
      "How are you?\nIt rains.",
    )
    expect(found).toMatchObject({ value: { warranty: expect.stringMatching(/^(How are you\?|It rains\.)$/) } })
    expect(found.type === "answer" ? found.confidence : 1).toBeLessThan(0.4)
  })
})

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
    const sure = found.type === "answer" ? leaves(found.value).at(-1) : undefined
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
