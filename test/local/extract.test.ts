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

  it("the whole of an empty text is an empty text", async () => {
    const screen = z.object({ text: z.string().describe("All visible text"), kind: z.enum(["page", "other"]) })
    expect(await answerTo(screen, "")).toEqual({ text: "", kind: "other" })
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
