/**
 * Hides personal data and secrets for good: what an exported run shows instead of them. What the detectors find is hidden in
 * texts, in names of members and in long numbers; so are the names of tenants and people, and the parts of an address, which
 * code likes to take out of it, wherever they stand alone.
 *
 * What it has seen makes it hide more: a part of an address that was met before the address is hidden from then on only. So a
 * log is gone through twice.
 */
import { isBlobRef } from "../lib/blob-ref.ts"
import { isJsonArray, isJsonObject, type Json } from "../lib/json.ts"
import type { DetectorName } from "../routing/detectors.ts"
import { DETECTORS } from "./detectors/index.ts"
import { findIn } from "./finders.ts"
import { StandIns } from "./stand-ins.ts"

export interface Anonymizer {
  /** `value` with what must not be seen hidden, keys included; references to blobs as they are. */
  value(value: Json): Json
  /** What stands for the name of a tenant or a person, whatever it looks like. */
  name(name: string): string
}

const RULES = { detect: Object.keys(DETECTORS) as DetectorName[], mode: "token" } as const

/** A word, as addresses and names are: signs may stand within it. */
const WORD = /[\p{L}\p{N}_](?:[\p{L}\p{N}_.%+'-]*[\p{L}\p{N}_])?/gu

/** Providers of mail whose domain says nothing of a person. */
const PUBLIC_MAIL = /^(?:gmail|googlemail|outlook|hotmail|live|yahoo|icloud|aol|proton|protonmail|gmx)\.[a-z.]{2,6}$/i

/** Mailboxes and names that say nothing of a person either, and are words that workflows use. */
const COMMON =
  /^(?:admin|billing|contact|default|hello|help|info|invoice|local|mail|marketing|me|no-?reply|office|order|payment|refund|sales|service|support|system|team|tenant|test|user)s?$/i

/** A number of so many digits is somebody's, unless it is a time of our days in milliseconds. */
const LONG_DIGITS = /^[1-9]\d{11,17}$/
const TIMES = { from: Date.UTC(2000, 0), to: Date.UTC(2100, 0) }

class Hiding implements Anonymizer {
  readonly #standIns = new StandIns()
  /** Words that are hidden wherever they stand, in small letters. */
  readonly #words = new Map<string, string>()
  /** Names of members: code goes by them. */
  readonly #keys = new Set<string>()

  value = (value: Json): Json => {
    if (typeof value === "string") return this.#text(value)
    if (typeof value === "number") return Number.isSafeInteger(value) ? Number(this.#digits(String(value))) : value
    if (isJsonArray(value)) return value.map(this.value)
    if (!isJsonObject(value) || isBlobRef(value)) return value
    for (const key of Object.keys(value)) if (findIn(key, RULES).length === 0) this.#keys.add(key)
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [this.#text(key), this.value(member)]))
  }

  name = (name: string): string => {
    const hidden = this.#text(name)
    if (hidden !== name || COMMON.test(name)) return hidden
    return this.#learn(name, this.#standIns.of("NAME", name))
  }

  #text(text: string): string {
    if (LONG_DIGITS.test(text)) return this.#digits(text)
    let hidden = ""
    let at = 0
    for (const { start, end, label } of findIn(text, RULES)) {
      hidden += this.#known(text.slice(at, start)) + this.#found(label, text.slice(start, end))
      at = end
    }
    return hidden + this.#known(text.slice(at))
  }

  #found(label: string, value: string): string {
    if (label !== "EMAIL") return this.#standIns.of(label, value)
    // Of a link: what is meant is hidden, as it would be elsewhere, and written for a link again.
    if (!value.includes("@")) return encodeURIComponent(this.#found(label, decodeURIComponent(value)))
    const at = value.indexOf("@")
    const [local, domain] = [value.slice(0, at), value.slice(at + 1)]
    const mailbox = this.#learn(local, this.#standIns.of("LOCAL", local))
    return `${mailbox}@${PUBLIC_MAIL.test(domain) ? domain : this.#learn(domain, this.#standIns.of("DOMAIN", domain))}`
  }

  /** Text in which the detectors find nothing, without the words that are known to be somebody's. */
  #known(text: string): string {
    if (this.#words.size === 0) return text
    return text.replace(WORD, (word) => (this.#keys.has(word) ? word : this.#wordFor(word)))
  }

  #wordFor(word: string): string {
    const standIn = this.#words.get(word.toLowerCase())
    return standIn === undefined ? word : inCaseOf(word, standIn)
  }

  #learn(word: string, standIn: string): string {
    if (word.length > 2 && !COMMON.test(word)) this.#words.set(word.toLowerCase(), standIn.toLowerCase())
    return standIn
  }

  #digits(digits: string): string {
    const value = Number(digits)
    if (!LONG_DIGITS.test(digits) || (value > TIMES.from && value < TIMES.to)) return digits
    const [card] = findIn(digits, RULES)
    return this.#standIns.of(card?.end === digits.length ? card.label : "NUMBER", digits)
  }
}

/** A function of the values of one log. */
export function anonymizer(): Anonymizer {
  return new Hiding()
}

/** `standIn` in the case in which `word` is written. */
function inCaseOf(word: string, standIn: string): string {
  if (word.length !== standIn.length) return standIn
  return [...standIn]
    .map((character, index) => (word[index] === word[index]?.toLowerCase() ? character : character.toUpperCase()))
    .join("")
}
