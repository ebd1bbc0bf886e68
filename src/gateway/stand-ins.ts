/**
 * What stands in an exported run for a value that is hidden: something of the same shape, so that code which checks or takes
 * apart the value goes on as it did. Cards pass Luhn's check, accounts the checksum of their country, addresses stay addresses;
 * length, grouping and case are kept where that can be. Keys have no stand-in of their shape: whoever looks for leaked keys
 * would find them.
 *
 * Invariants: one value has one stand-in, however it is grouped, and no two values have the same.
 */
import { luhn } from "./detectors/card.ts"
import { checksum } from "./detectors/iban.ts"

/** `LOCAL` and `DOMAIN` are the parts of an address before and after its `@`. */
export type Shape = "LOCAL" | "DOMAIN" | "PHONE" | "CARD" | "IBAN" | "NUMBER" | "NAME"

/** The `count`-th thing of the shape of `value`. Of values that differ only in case or grouping, so do the things. */
const MAKERS: Readonly<Record<Shape, (value: string, count: number) => string>> = {
  LOCAL: (value, count) => lettered(value, 0, count),
  NAME: (value, count) => lettered(value, 0, count),
  DOMAIN: domain,
  NUMBER: (value, count) => numbered(value, 1, count, "0"),
  // Of a long one the country and the net are kept: those are what code looks at.
  PHONE: (value, count) => numbered(value, digitsOf(value).length >= 10 ? 4 : 2, count, "5"),
  CARD: card,
  IBAN: iban,
}

/** Tries after which nothing of the shape is left, and the next stand-in is longer than its value. */
const MAX_TRIES = 100

export class StandIns {
  readonly #counts = new Map<string, { readonly count: number; readonly isLonger: boolean }>()
  readonly #taken = new Set<string>()
  #count = 0

  /** The stand-in of `value`; a label that is no shape gives a placeholder such as `[[SECRET_1]]`. */
  of(label: string, value: string): string {
    const make = MAKERS[label as Shape] as (typeof MAKERS)[Shape] | undefined
    const key = make ? `${label} ${value.toLowerCase().replace(/[^\p{L}\p{N}@.]/gu, "")}` : `${label} ${value}`
    const known = this.#counts.get(key)
    if (known) return make ? make(longer(value, known.isLonger), known.count) : placeholder(label, known.count)
    for (let tries = 1; ; tries += 1) {
      this.#count += 1
      const isLonger = tries > MAX_TRIES
      const standIn = make ? make(longer(value, isLonger), this.#count) : placeholder(label, this.#count)
      const plain = standIn.toLowerCase()
      if (standIn === value || this.#taken.has(plain)) continue
      this.#taken.add(plain)
      this.#counts.set(key, { count: this.#count, isLonger })
      return standIn
    }
  }
}

function placeholder(label: string, count: number): string {
  return `[[${label}_${count}]]`
}

function longer(value: string, isLonger: boolean): string {
  return isLonger ? `xxxxxxxx${value}` : value
}

/** A domain that nobody can own. */
function domain(value: string, count: number): string {
  const reserved = value.length >= 10 ? ".example" : ".test"
  return lettered("x".repeat(Math.max(1, value.length - reserved.length)), 0, count) + reserved
}

/** The first two digits are the issuer's; the last one is worked out. */
function card(value: string, count: number): string {
  const draft = numbered(value, 2, count * 10, "0")
  const end = draft.search(/[0-9][^0-9]*$/)
  const ending = (last: number) => `${draft.slice(0, end)}${last}${draft.slice(end + 1)}`
  return ending([...Array(10).keys()].find((last) => luhn(digitsOf(ending(last)))) ?? 0)
}

function iban(value: string, count: number): string {
  const draft = lettered(value, 4, count)
  const compact = draft.replace(/[^A-Z0-9]/g, "")
  const check = String(98 - checksum(`${compact.slice(0, 2)}00${compact.slice(4)}`)).padStart(2, "0")
  return draft.slice(0, 2) + check + draft.slice(4)
}

const LETTERS = "redacted"

/** `value` with every letter and digit after the first `kept` characters replaced by one of its sort, the count at the end. */
function lettered(value: string, kept: number, count: number): string {
  const characters = [...value]
  let rest = count
  for (let index = characters.length - 1; index >= kept; index -= 1) {
    const character = characters[index] ?? ""
    if (/\p{N}/u.test(character)) {
      characters[index] = String(rest % 10)
      rest = Math.floor(rest / 10)
    } else if (/\p{L}/u.test(character)) {
      const letter = rest > 0 ? String.fromCharCode(97 + (rest % 26)) : LETTERS.charAt(index % LETTERS.length)
      characters[index] = character === character.toLowerCase() ? letter : letter.toUpperCase()
      rest = Math.floor(rest / 26)
    }
  }
  return characters.join("")
}

/** `value` with every digit after the first `kept` ones replaced: by `fill`, and by the count at the end. */
function numbered(value: string, kept: number, count: number, fill: string): string {
  const replaced = digitsOf(value).length - kept
  const digits = String(count).padStart(replaced, fill).slice(-replaced)
  let seen = 0
  return value.replace(/[0-9]/g, (digit) => {
    seen += 1
    return seen <= kept ? digit : digits.charAt(seen - kept - 1)
  })
}

function digitsOf(text: string): string {
  return text.replace(/[^0-9]/g, "")
}
