/** Dates as people write them, in English: to `YYYY-MM-DD` when year, month and day are all said. Never a guessed year. */

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

/**
 * ISO form of a date text, or `undefined` when it lacks a part or names no real day. Dots mean day first; slashes mean
 * month first, as in the United States, unless only the other order is possible.
 */
export function readDate(text: string): string | undefined {
  const iso = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})/.exec(text)
  if (iso) return dateOf(iso[1], iso[2], iso[3])
  const dots = /^(\d{1,2})\.(\d{1,2})\.(\d{2,4})$/.exec(text)
  if (dots) return dateOf(dots[3], dots[2], dots[1])
  const slashes = /^(\d{1,2})\/(\d{1,2})\/(\d{2,4})$/.exec(text)
  if (slashes) {
    const [, first, second, year] = slashes
    return Number(first) > 12 ? dateOf(year, second, first) : dateOf(year, first, second)
  }
  const month = MONTHS.findIndex((name) => new RegExp(`\\b${name}`, "i").test(text)) + 1
  const year = /\b(\d{4})\b/.exec(text)?.[1]
  const day = /\b(\d{1,2})(?:st|nd|rd|th)?\b/.exec(text)?.[1]
  return month > 0 ? dateOf(year, String(month), day) : undefined
}

function dateOf(year: string | undefined, month: string | undefined, day: string | undefined): string | undefined {
  if (year === undefined || month === undefined || day === undefined) return undefined
  const full = year.length === 2 ? `20${year}` : year
  const iso = `${full}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`
  const date = new Date(`${iso}T00:00:00Z`)
  return Number.isNaN(date.getTime()) || !date.toISOString().startsWith(iso) ? undefined : iso
}
