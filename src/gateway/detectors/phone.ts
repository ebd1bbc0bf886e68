/**
 * Telephone numbers as people write them: international with `+` or `00`, national with a leading zero, in pairs as in
 * France, North American, Spanish, and unbroken ones where a word says what they are.
 * Dates, amounts, addresses and plain long numbers are none.
 */
import type { Detector } from "./detector.ts"

/** Spaces that do not break a line, such as word processors put into numbers, are spaces. */
const SPACE = "[ \\u00a0\\u202f]"
const ANY = "[ \\u00a0\\u202f().\\/-]"
const INTERNATIONAL = `\\+[1-9](?:${ANY}{0,2}[0-9]){6,14}`
const DIALLED = `00[1-9][0-9]{0,2}${ANY}(?:${ANY}{0,2}[0-9]){6,12}`
const NORTH_AMERICAN = "(?:1[ .-]?)?(?:\\([2-9][0-9]{2}\\) ?|[2-9][0-9]{2}[ .-])[2-9][0-9]{2}[ .-][0-9]{4}"
const NATIONAL = "\\(?0[1-9][0-9]{1,4}\\)?[ /-][0-9]{2,8}(?:[ -][0-9]{2,5}){0,3}"
/** One kind of separator throughout, or dates and times would be taken for it. */
const PAIRS = [SPACE, "\\.", "-"].map((apart) => `0[1-9](?:${apart}[0-9]{2}){4}`).join("|")
const SPANISH = `[6-9][0-9]{2}${SPACE}[0-9]{3}${SPACE}[0-9]{3}|[6-9][0-9]{2}(?:${SPACE}[0-9]{2}){3}|9[1-8]${SPACE}[0-9]{3}(?:${SPACE}[0-9]{2}){2}`
/** Large amounts are grouped in threes as well. */
const NO_AMOUNT = `(?!${SPACE}?(?:[€$£%]|[A-Z]{3}\\b)|[.,][0-9])`

export const phone: Detector = {
  name: "phone",
  label: "PHONE",
  patterns: [
    {
      hint: (text) => /[0-9]{2}|\+/.test(text),
      pattern: `(?<![\\p{L}0-9.+/:-])(?:${INTERNATIONAL}|${DIALLED}|${NORTH_AMERICAN}|${PAIRS}|${NATIONAL})(?![\\p{L}0-9])`,
    },
    {
      hint: (text) => /[6-9][0-9]{1,2}[ \u00a0\u202f][0-9]{2}/.test(text),
      pattern: `(?<![\\p{L}0-9.,+/:-]|[€$£]${SPACE}?|[0-9]${SPACE})(?:${SPANISH})(?!${SPACE}?[0-9])${NO_AMOUNT}(?![\\p{L}])`,
    },
    {
      hint: (text) => /tel|tél|phone|mobil|móvil|handy|whatsapp|fax/i.test(text),
      pattern:
        "(?:[Tt][eé]l|[Pp]hone|[Mm][oó][bv]il|[Hh]andy|[Ww]hats[Aa]pp|[Ff]ax)[\\p{L}]{0,12}[ .:#=\\u00a0]{1,4}(?<value>0?[1-9][0-9]{7,11})(?![0-9])",
    },
  ],
  // The pattern may have run on into the next number: the longest part that has not too many digits counts.
  accept(match) {
    const most = match.startsWith("+") || match.startsWith("00") ? 15 : 12
    for (let end = match.length; end > 0; end -= 1) {
      if (/[0-9]/.test(match.charAt(end)) || !/[0-9]/.test(match.charAt(end - 1))) continue
      const digits = match.slice(0, end).replace(/[^0-9]/g, "").length
      if (digits < 8) return 0
      if (digits <= most) return end
    }
    return 0
  },
}
