/** Amounts and days as people read them. */

/** `2900, "usd"` → `$29.00`. */
export function money(cents: number, currency: string): string {
  return new Intl.NumberFormat("en-US", { style: "currency", currency }).format(cents / 100)
}

/** `2026-11-03T09:14:06Z` → `Nov 3, 2026`. */
export function day(iso: string): string {
  return new Intl.DateTimeFormat("en-US", { dateStyle: "medium", timeZone: "UTC" }).format(new Date(iso))
}
