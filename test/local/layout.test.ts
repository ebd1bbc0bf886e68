import { describe, expect, it } from "vitest"
import { type Block, layoutText, type Word } from "../../src/local/ocr/layout.ts"

const HEIGHT = 20
const LETTER = 10

/** A word of ten pixels a letter, its top left corner at x, y. */
function word(text: string, x: number, y: number, confidence = 90): Word {
  return { text, confidence, bbox: { x0: x, y0: y, x1: x + text.length * LETTER, y1: y + HEIGHT } }
}

/** A line of words with a normal space between them. */
function line(text: string, x: number, y: number): { words: Word[] } {
  let at = x
  return {
    words: text.split(" ").map((part) => {
      const one = word(part, at, y)
      at += (part.length + 1) * LETTER
      return one
    }),
  }
}

function block(...lines: { words: Word[] }[]): Block {
  return { paragraphs: [{ lines }] }
}

describe("words put back into rows", () => {
  it("mends a table that was read column by column", () => {
    const dates = ["Nov 7", "Nov 7", "Oct 7"].map((text, row) => line(text, 0, 100 + row * 60))
    const ids = ["ch_1", "ch_2", "ch_3"].map((text, row) => line(text, 300, 100 + row * 60))
    const amounts = ["$64.00", "$23.50", "$64.00"].map((text, row) => line(text, 600, 101 + row * 60))
    expect(layoutText([block(...dates), block(...ids), block(...amounts)])).toBe(
      "Nov 7  ch_1  $64.00\nNov 7  ch_2  $23.50\nOct 7  ch_3  $64.00",
    )
  })

  it("takes lines of one tall cell together", () => {
    const rows = [100, 220]
    const dates = rows.map((y) => line("12.11.2026", 0, y + 15))
    const names = rows.flatMap((y) => [line("Studio plan", 300, y), line("Monthly payment", 300, y + 28)])
    const amounts = rows.map((y) => line("49,00 €", 700, y + 15))
    expect(layoutText([block(...dates), block(...names), block(...amounts)])).toBe(
      "12.11.2026  Studio plan Monthly payment  49,00 €\n12.11.2026  Studio plan Monthly payment  49,00 €",
    )
  })

  it("keeps a date over a group in its place", () => {
    const left = block(
      line("18 November", 0, 0),
      line("Business plan", 40, 60),
      line("Business plan", 40, 140),
      line("6 November", 0, 220),
      line("Extra seat", 40, 280),
    )
    const right = block(line("$129.00", 800, 60), line("$129.00", 800, 140), line("$24.00", 810, 280))
    expect(layoutText([left, right])).toBe(
      "18 November\n\nBusiness plan  $129.00\nBusiness plan  $129.00\n6 November\nExtra seat  $24.00",
    )
  })

  it("leaves a menu beside a text alone", () => {
    const menu = block(...["Inbox", "Sent", "Drafts", "Archive"].map((text, row) => line(text, 0, 100 + row * 50)))
    const sentences = [
      "I am writing to you since nobody has answered my last",
      "message about the export that fails each day at noon",
    ]
    const text = block(...sentences.map((sentence, row) => line(sentence, 300, 103 + row * 50)))
    expect(layoutText([menu, text])).toBe(`Inbox\nSent\nDrafts\nArchive\n\n${sentences.join("\n")}`)
  })

  it("sets cells of a line two spaces apart, drops specks and mends a lonely I", () => {
    const row = [word("]", 0, 0, 20), ...line("Error code", 50, 0).words, ...line("FW-4093", 400, 0).words]
    expect(layoutText([block({ words: row })])).toBe("Error code  FW-4093")
    expect(layoutText([block(line("can | help? | Home", 0, 0))])).toBe("can I help? | Home")
    expect(layoutText([])).toBe("")
  })
})
