import { describe, expect, it } from "vitest"
import { readDate } from "../../src/local/extract/dates.ts"
import { readSource } from "../../src/local/extract/source.ts"
import { findTokens, readAmount } from "../../src/local/extract/values.ts"

function show(line: string): string[] {
  return findTokens(line).map(({ kind, text, amount, iso, currency }) =>
    [kind, text, amount ?? iso, currency].filter((part) => part !== undefined).join(" "),
  )
}

describe("typed values in a line", () => {
  it.each([
    [
      "Jul 3, 2026  Pro plan  ch_3Pq81  $49.00  Paid",
      ["date Jul 3, 2026 2026-07-03", "id ch_3Pq81", "money $49.00 49 USD"],
    ],
    ["12.11.2026  Studio plan  49,00 €", ["date 12.11.2026 2026-11-12", "money 49,00 € 49 EUR"]],
    ["Refund -$1,249.50 (10%)", ["money -$1,249.50 -1249.5 USD", "percent 10% 10"]],
    [
      "USD 12 and 15 dollars, 1 200,50 EUR",
      ["money USD 12 12 USD", "money 15 dollars 15 USD", "money 1 200,50 EUR 1200.5 EUR"],
    ],
    ["Error FW-4093, order #48213, ERR_NETWORK", ["id FW-4093", "id #48213", "id ERR_NETWORK"]],
    [
      "Write to a.b+c@mail.example or https://x.example/a?b=1.",
      ["email a.b+c@mail.example", "url https://x.example/a?b=1"],
    ],
    ["At 14:05 the 3rd time, 250 GB", ["time 14:05", "number 250 250"]],
    ["Seats 2 49,00 €", ["number 2 2", "money 49,00 € 49 EUR"]],
    ["May I ask in June?", []],
  ])("finds them in %j", (line, expected) => {
    expect(show(line)).toEqual(expected)
  })

  it.each([
    ["1.234,56", 1234.56],
    ["1,234.56", 1234.56],
    ["1.234", 1234],
    ["12,5", 12.5],
    ["1,234,567", 1234567],
    ["(12.00)", -12],
    ["none", undefined],
  ])("reads the amount %s as %s", (text, amount) => {
    expect(readAmount(text)).toBe(amount)
  })

  it.each([
    ["3 July 2026", "2026-07-03"],
    ["July 3rd, 2026", "2026-07-03"],
    ["2026/7/3", "2026-07-03"],
    ["07/03/2026", "2026-07-03"],
    ["13/07/2026", "2026-07-13"],
    ["03.07.26", "2026-07-03"],
    ["Jul 3", undefined],
    ["31.02.2026", undefined],
  ])("reads the date %s as %s and never guesses a year", (text, iso) => {
    expect(readDate(text)).toBe(iso)
  })
})

describe("a source", () => {
  function facts(text: string): string[] {
    return readSource(text).facts.map(({ key, value }) => `${key} = ${value}`)
  }

  it("reads labels before values, over two cells, and above values", () => {
    expect(facts("Topic: duplicate charge")).toEqual(["Topic = duplicate charge"])
    expect(facts("Request ID: req_1 Time: 14:05 UTC")).toEqual(["Request ID = req_1", "Time = 14:05 UTC"])
    expect(facts("Error code  FW-4093")).toEqual(["Error code = FW-4093"])
    expect(facts("Account email  Plan\nann@mail.example  Team, $29.00")).toEqual([
      "Account email = ann@mail.example",
      "Plan = Team, $29.00",
    ])
    expect(facts("It is 14:05 now, see https://x.example/a")).toEqual([])
  })

  it("joins a sentence that goes on in the next line, and keeps table rows apart", () => {
    const { sentences } = readSource(
      "The report is too large. Choose a date range shorter than 90\ndays, then try again.\n\nDate  Amount\nJul 3  $4.00",
    )
    expect(sentences).toEqual([
      "The report is too large.",
      "Choose a date range shorter than 90 days, then try again.",
      "Date  Amount",
      "Jul 3  $4.00",
    ])
  })

  it("cuts a line that is too long, and loses nothing of it", () => {
    const text = `${"word ".repeat(3000)}ch_1 ${"x".repeat(5000)} ch_2`
    const { lines } = readSource(text)
    expect(
      lines
        .map((line) => line.text)
        .join(" ")
        .replace(/\s/g, ""),
    ).toBe(text.replace(/\s/g, ""))
    expect(Math.max(...lines.map((line) => line.text.length))).toBeLessThanOrEqual(2000)
    expect(lines.flatMap((line) => line.tokens.map((token) => token.text))).toEqual(["ch_1", "ch_2"])
  })

  it.each(["1", "1,", "1 234 ", "a_", "A_", "a@", "a.", "Aa: b ", "(", " | ", "+1 ", "May 1 ", "deadbeef-"])(
    "reads %j over and over without getting lost",
    (piece) => {
      expect(readSource(piece.repeat(20_000 / piece.length)).text).not.toBe("")
    },
  )
})
