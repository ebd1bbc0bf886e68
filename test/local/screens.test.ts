import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { z } from "zod"
import { SentenceEncoder } from "../../src/local/embed/embedder.ts"
import { answer } from "../../src/local/extract/answer.ts"
import { TextReader } from "../../src/local/ocr/text-reader.ts"
import { expectedScreens } from "../fixtures/screens/expected.ts"

const ROOT = join(import.meta.dirname, "../..")
const [reader, encoder] = [new TextReader(), new SentenceEncoder()]
afterAll(() => Promise.all([reader.close(), encoder.close()]))

function bytesOf(file: string): Uint8Array {
  return new Uint8Array(readFileSync(join(ROOT, file)))
}

const billing = z.toJSONSchema(
  z.object({
    text: z.string().describe("All visible text"),
    charges: z
      .array(
        z.object({
          chargeId: z.string().optional().describe("Id of the charge, like ch_1234"),
          day: z.iso.date().describe("Date of the charge"),
          description: z.string().describe("What was charged for"),
          amount: z.number(),
        }),
      )
      .describe("The charges shown, one for each row"),
    customerEmail: z.email().nullable().describe("Email address of the customer"),
  }),
)

describe("[LOCAL3] a screenshot is read, whatever its layout, colours and names", () => {
  it.each(expectedScreens.map((screen) => [screen.file, screen] as const))("%s", async (file, { texts, charges }) => {
    const { text, confidence } = await reader.read(bytesOf(file))
    const joined = text.replace(/\s+/g, " ")
    expect(texts.filter((wanted) => !joined.includes(wanted))).toEqual([])
    expect(confidence).toBeGreaterThan(0.8)

    const found = await answer(billing, { text, examples: [], policyText: undefined }, encoder)
    expect(found).toMatchObject({
      value: {
        text,
        charges: charges.map(({ id, day, cents }) => ({ chargeId: id, day, amount: cents / 100 })),
        customerEmail: texts.find((wanted) => wanted.includes("@")),
      },
    })
  })

  it("and sorted by five examples of other screens", async () => {
    const kinds = {
      "double-charge": "billing",
      "distinct-charges": "billing",
      error: "error",
      abuse: "conversation",
      question: "conversation",
    }
    const schema = z.toJSONSchema(z.object({ kind: z.enum(["billing", "error", "conversation", "other"]) }))
    const examples = [
      ["billing", "Invoices\nDate  Item  Price\nMarch 4, 2026  Basic plan  $9.00\nYour card is charged on the 4th."],
      ["error", "Oops\nThe page could not be opened.\nTry again later.\nCode: UP-2002"],
      ["conversation", "Inbox\nFrom: Bob Stone\nHello,\ncan you help me with my account?\nBest regards,\nBob"],
      ["conversation", "Chat\nBob, 10:21\nHello!\nAgent, 10:22\nHow can I help?\nYou never answer, you fools."],
      ["other", "Settings\nLanguage\nEnglish\nTime zone\nSave"],
    ].map(([kind = "", input = ""]) => ({ input, output: { kind } }))
    for (const { file, shows } of expectedScreens) {
      const { text } = await reader.read(bytesOf(file))
      const found = await answer(schema, { text, examples, policyText: undefined }, encoder)
      expect({ file, ...found }).toMatchObject({ file, value: { kind: kinds[shows] } })
    }
  })

  it("the same image is read once, also when it is asked for twice at once", async () => {
    const bytes = bytesOf("test/fixtures/screens/billing-question.png")
    const first = reader.read(bytes)
    expect(reader.read(new Uint8Array(bytes))).toBe(first)
    await first
  })

  it("a damaged image is refused, and the next one is read", async () => {
    const whole = bytesOf("test/fixtures/screens/error-page-export.png")
    await expect(reader.read(whole.slice(0, 3000))).rejects.toThrow("damaged or cut off")
    expect((await reader.read(whole)).text).toContain("EXP-5027")
  })
})
