/** Payment card numbers: 13 to 19 digits, grouped or not, of an issuer's range, whose check digit is right (Luhn). */
import type { Detector } from "./detector.ts"

/** Ranges and lengths of Visa, Mastercard, American Express, Diners, JCB, Discover and UnionPay, Maestro. */
const ISSUED =
  /^(?:4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|3[0689]\d{12}|35\d{14,17}|6\d{15,18}|5[06-8]\d{11,17})$/

export const card: Detector = {
  name: "card",
  label: "CARD",
  patterns: [
    {
      hint: (text) => /[0-9]{4}/.test(text),
      // Dots stand between groups only: a decimal number is no card.
      pattern:
        "(?<![0-9][.,]?)(?:[2-6](?:[ \\u00a0\\u202f-]?[0-9]){12,18}|[2-6][0-9]{3}(?:\\.[0-9]{4}){3}|3[47][0-9]{2}\\.[0-9]{6}\\.[0-9]{5})(?![0-9])",
    },
  ],
  // The pattern may have run on into the next number.
  accept(match) {
    for (let end = match.length; end >= 13; end -= 1) {
      if (!/[0-9]/.test(match.charAt(end - 1)) || /[0-9]/.test(match.charAt(end))) continue
      const digits = match.slice(0, end).replace(/[^0-9]/g, "")
      if (ISSUED.test(digits) && luhn(digits)) return end
    }
    return 0
  },
}

/** Whether the last of `digits` is the check digit of the others. */
export function luhn(digits: string): boolean {
  let sum = 0
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index])
    const doubled = index % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}
