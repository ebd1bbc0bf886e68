/**
 * Which charges are one too many, from the billing system's own list, and which of them a screenshot shows.
 * Invariants:
 * 1. What is due for a charge is never more than what is left of it.
 * 2. What is due for a set of equal charges never exceeds what was paid beyond the first, less all that was refunded of the
 *    set: a refund of the "wrong" one of the two counts.
 */
import type { Charge } from "./records.ts"
import type { Screen, ScreenRow } from "./schemas.ts"

const HOUR_MS = 60 * 60 * 1_000
/** Equal charges further apart may well be two purchases: those are for a person to judge. */
const REPEATED_WITHIN_MS = HOUR_MS
/** A screen shows the day where the customer is: half a day round its noon, and up to 14 hours of time zone. */
const DAY_AND_ZONE_MS = 26 * HOUR_MS

export interface Duplicate {
  /** The later charge, which is one too many. */
  readonly charge: Charge
  /** The charge that it repeats. */
  readonly repeats: Charge
  /** What is to be given back; 0 when that was done. */
  readonly dueCents: number
}

/** Charges that repeat an earlier one: same amount, currency and description, within the hour. Oldest first. */
export function findDuplicates(charges: readonly Charge[]): Duplicate[] {
  const groups: [first: Charge, ...rest: Charge[]][] = []
  for (const charge of charges.toSorted((a, b) => timeOf(a) - timeOf(b))) {
    const group = groups.find(([first]) => isRepeat(first, charge))
    if (group) group.push(charge)
    else groups.push([charge])
  }
  return groups.flatMap(([first, ...repeats]) => {
    const refunded = [first, ...repeats].reduce((sum, charge) => sum + charge.amountRefundedCents, 0)
    let owed = repeats.length * first.amountCents - refunded
    return repeats.map((charge) => {
      const dueCents = Math.max(0, Math.min(owed, charge.amountCents - charge.amountRefundedCents))
      owed -= dueCents
      return { charge, repeats: first, dueCents }
    })
  })
}

/** The duplicates whose two charges both stand on the screen. */
export function shownDuplicates(
  duplicates: readonly Duplicate[],
  screen: Screen,
  charges: readonly Charge[],
): Duplicate[] {
  const known = new Set(charges.map(({ id }) => id))
  const withoutId = screen.charges.filter((row) => row.id === null || !known.has(row.id))
  return duplicates.filter(({ charge, repeats }) => {
    const byId = [charge, repeats].filter(({ id }) => namesId(screen, id)).length
    const byLooks = withoutId.filter((row) => looksLike(row, charge)).length
    return byId + byLooks >= 2
  })
}

function isRepeat(first: Charge, charge: Charge): boolean {
  return (
    charge.amountCents === first.amountCents &&
    charge.currency === first.currency &&
    charge.description === first.description &&
    timeOf(charge) - timeOf(first) <= REPEATED_WITHIN_MS
  )
}

function namesId(screen: Screen, id: string): boolean {
  return screen.charges.some((row) => row.id === id) || screen.text.split(/[^\w-]+/).includes(id)
}

/** Same amount, and a day that can be the charge's: for screens that show no ids, or ids that were misread. */
function looksLike(row: ScreenRow, charge: Charge): boolean {
  if (row.amount === null || row.date === null) return false
  const noonMs = Date.parse(row.date) + 12 * HOUR_MS
  return Math.round(row.amount * 100) === charge.amountCents && Math.abs(noonMs - timeOf(charge)) <= DAY_AND_ZONE_MS
}

function timeOf(charge: Charge): number {
  return Date.parse(charge.createdAt)
}
