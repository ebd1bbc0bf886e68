/** English words of names and descriptions: splitting identifiers, stems, stop words. Pure text, no model. */

const STOP_WORDS = new Set(
  "a an and any are as at be been by can each every for from given has have if in into is it its like more must no not of on one only or otherwise out shown such that the their them then there this to was were when where which while who will with within visible e g eg i ie example field value values null none optional exactly whole text screen page image appears appear present".split(
    " ",
  ),
)

/** `chargeId`, `charge_id`, `ChargeID` → `charge id`. */
export function humanize(identifier: string): string {
  return identifier
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim()
    .toLowerCase()
}

/** Lower case, one space between words, nothing but letters and digits: for comparing words literally. */
export function normalize(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim()
}

/** The content words of a text, stemmed, without duplicates. */
export function stems(text: string): string[] {
  const words = normalize(text)
    .split(" ")
    .filter((word) => word !== "" && !STOP_WORDS.has(word))
  return [...new Set(words.map(stem))]
}

/** A light stemmer: enough that "charged", "charges" and "charging" meet. */
export function stem(word: string): string {
  if (word.length <= 3) return word
  const cut = word.replace(/(ies)$/, "y").replace(/(ations?|ings?|ed|es|s|ly)$/, "")
  return (cut.length >= 3 ? cut : word).replace(/([^aeiou])\1$/, "$1").replace(/e$/, "")
}

/** Words that name a unit and not the thing: `amountUsd` is labelled "amount", hardly ever "amount USD". */
const UNIT_WORDS = new Set(["usd", "eur", "gbp", "cents", "cent", "dollars", "euros", "ms", "percent", "iso", "number"])

export function withoutUnits(words: readonly string[]): string[] {
  const kept = words.filter((word) => !UNIT_WORDS.has(word))
  return kept.length > 0 ? kept : [...words]
}

export function wordCount(text: string): number {
  return text.trim() === "" ? 0 : text.trim().split(/\s+/).length
}
