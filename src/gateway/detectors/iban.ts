/** International bank account numbers: of a known country's length, whose checksum is right (ISO 7064, mod 97-10). */
import type { Detector } from "./detector.ts"

/** Characters of an IBAN by country. */
const LENGTHS = new Map(
  "NO15 BE16 DK18 FI18 FO18 GL18 NL18 SD18 FK18 MK19 SI19 AT20 BA20 EE20 KZ20 LT20 LU20 XK20 MN20 CH21 HR21 LI21 LV21 BG22 BH22 CR22 DE22 GB22 GE22 IE22 ME22 RS22 VA22 AE23 GI23 IL23 IQ23 OM23 TL23 SO23 AD24 CZ24 ES24 MD24 PK24 RO24 SA24 SE24 SK24 TN24 VG24 LY25 PT25 ST25 IS26 TR26 BI27 DJ27 FR27 GR27 IT27 MC27 MR27 SM27 AL28 AZ28 BY28 CY28 DO28 GT28 HU28 LB28 NI28 PL28 SV28 BR29 EG29 PS29 QA29 UA29 JO30 KW30 MU30 YE30 MT31 SC31 LC32 RU33"
    .split(" ")
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))] as const),
)

export const iban: Detector = {
  name: "iban",
  label: "IBAN",
  patterns: [
    {
      hint: (text) => /[A-Za-z]{2}[0-9]{2}/.test(text),
      pattern: "(?<![\\p{L}\\p{N}])[A-Za-z]{2}[0-9]{2}(?:[ \\u00a0\\u202f-]?[A-Za-z0-9]){11,30}",
    },
  ],
  accept(match) {
    const text = match.toUpperCase()
    const length = LENGTHS.get(text.slice(0, 2)) ?? 0
    let end = 0
    let compact = ""
    // The pattern may have run on into the next word.
    while (end < text.length && compact.length < length) {
      const character = text.charAt(end)
      if (/[A-Z0-9]/.test(character)) compact += character
      end += 1
    }
    const whole = compact.length === length && !/[A-Z0-9]/.test(text.charAt(end))
    // Words may add up by chance; an account number is mostly digits.
    const digits = compact.replace(/[A-Z]/g, "").length
    return whole && digits * 2 >= length && checksum(compact) === 1 ? end : 0
  },
}

/** 1 of an account whose check digits are right. */
export function checksum(iban: string): number {
  let rest = 0
  for (const character of iban.slice(4) + iban.slice(0, 4))
    for (const digit of Number.parseInt(character, 36).toString()) rest = (rest * 10 + Number(digit)) % 97
  return rest
}
