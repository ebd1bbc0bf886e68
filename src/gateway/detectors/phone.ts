/**
 * Telephone numbers as people write them: international with `+`, national with a leading zero, North American.
 * Dates, amounts, addresses and plain long numbers are none.
 */
import type { Detector } from "./detector.ts"

const INTERNATIONAL = "\\+[1-9](?:[ ().-]{0,2}[0-9]){6,14}"
const NORTH_AMERICAN = "(?:\\([2-9][0-9]{2}\\) ?|[2-9][0-9]{2}[ .-])[2-9][0-9]{2}[ .-][0-9]{4}"
const NATIONAL = "\\(?0[1-9][0-9]{1,4}\\)?[ /-][0-9]{2,8}(?:[ -][0-9]{2,5}){0,3}"

export const phone: Detector = {
  name: "phone",
  label: "PHONE",
  patterns: [
    {
      hint: (text) => /[0-9]{3}|\+/.test(text),
      pattern: `(?<![\\p{L}0-9.+/:-])(?:${INTERNATIONAL}|${NORTH_AMERICAN}|${NATIONAL})(?![\\p{L}0-9])`,
    },
  ],
  // The pattern may have run on into the next number: the longest part that has not too many digits counts.
  accept(match) {
    const most = match.startsWith("+") ? 15 : 12
    for (let end = match.length; end > 0; end -= 1) {
      if (/[0-9]/.test(match.charAt(end)) || !/[0-9]/.test(match.charAt(end - 1))) continue
      const digits = match.slice(0, end).replace(/[^0-9]/g, "").length
      if (digits < 8) return 0
      if (digits <= most) return end
    }
    return 0
  },
}
