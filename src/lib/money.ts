/** Money as text. Inside the product it is an integer of nano-dollars; only what people read is in dollars. */

/** Whole dollars above this are no exact integer of nano-dollars any more. */
export const MAX_USD = Math.floor(Number.MAX_SAFE_INTEGER / 1e9)

/** Nano-dollars as dollars, exact: `1234567` is `0.001234567`. */
export function exactUsd(nanoUsd: number): string {
  const digits = String(Math.abs(nanoUsd)).padStart(10, "0")
  return `${nanoUsd < 0 ? "-" : ""}${digits.slice(0, -9)}.${digits.slice(-9)}`
}

/** Dollars as nano-dollars, rounded to the nearest. */
export function nanoUsd(usd: number): number {
  return Math.round(Number((usd * 1e9).toPrecision(15)))
}
