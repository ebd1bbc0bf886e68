/**
 * Time-sortable ids: a prefix, ten characters of time, sixteen of randomness (Crockford base 32, lower case).
 * Sorting ids of one prefix as text sorts them by the millisecond in which they were made.
 */
import type { Clock } from "./clock.ts"
import type { Random } from "./random.ts"

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"

/** An id such as `run_01jd2k…`: `prefix`, an underscore, 26 characters. */
export function newId(prefix: string, clock: Clock, random: Random): string {
  let tail = ""
  for (let index = 0; index < 16; index += 1) tail += ALPHABET.charAt(Math.floor(random.next() * 32))
  return `${firstId(prefix, clock.nowMs()).slice(0, -16)}${tail}`
}

/** The lowest id that `newId(prefix, …)` can make at `atMs`: bounds for reading by time. */
export function firstId(prefix: string, atMs: number): string {
  let time = atMs
  let head = ""
  for (let index = 0; index < 10; index += 1) {
    head = ALPHABET.charAt(time % 32) + head
    time = Math.floor(time / 32)
  }
  return `${prefix}_${head}${"0".repeat(16)}`
}

const MARK = /-([a-z]{2,16})$/

/** `id` with a mark that everybody who knows it can read, as in `run_01jd2k…-eu`. It sorts as it did. */
export function markedId(id: string, mark: string | undefined): string {
  return mark === undefined ? id : `${id}-${mark}`
}

/** The mark of an id; undefined when it bears none. */
export function markOf(id: string): string | undefined {
  return MARK.exec(id)?.[1]
}

/** Whether `text` has the shape that `newId(prefix, …)` makes, marked or not. */
export function isId(prefix: string, text: string): boolean {
  const plain = text.replace(MARK, "")
  return plain.startsWith(`${prefix}_`) && /^[0-9a-hjkmnp-tv-z]{26}$/.test(plain.slice(prefix.length + 1))
}
