/**
 * When a schedule is due: a cron expression read as wall-clock time in a time zone. The expression is parsed by
 * `cron-schedule`; the search is our own, because the library's knows only the machine's time zone.
 *
 * When clocks go forward, a time that does not exist is due as much later as the clocks went forward. When they go back, a
 * time that comes twice is due at the first only, unless the expression holds for every hour.
 */
import { type Cron, parseCronExpression } from "cron-schedule"

const DAY_MS = 86_400_000
/** 29 February on a given weekday may be 40 years away. */
const MAX_DAYS = 41 * 366
const ELEMENT = /^(\*|\w+(-\w+)?)$|^(\*|\w+-\w+)\/\d+$/
const WORD = /^(\d{1,2}|[a-z]{3})$/i

/** Why `cron` is no expression that is ever due; undefined when it is one. */
export function cronProblem(cron: string): string | undefined {
  try {
    return nextDueMs(cron, "UTC", 0) === undefined ? "is never due" : undefined
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown)
  }
}

export function isTimezone(timezone: string): boolean {
  try {
    return formatter(timezone) !== undefined
  } catch {
    return false
  }
}

/** The first time after `afterMs` at which `cron` is due in `timezone`; undefined when it never is. Throws for what is no cron expression. */
export function nextDueMs(cron: string, timezone: string, afterMs: number): number | undefined {
  const parsed = parse(cron)
  const isHourly = parsed.hours.length === 24
  let dueMs: number | undefined
  for (let wallMs = toWall(afterMs, timezone); dueMs === undefined; ) {
    const next = nextWallMs(parsed, wallMs)
    if (next === undefined) return undefined
    const shown = fromWall(next, timezone)
    dueMs = (isHourly ? shown : shown.slice(0, 1)).find((atMs) => atMs > afterMs)
    wallMs = next
  }
  const backMs = isHourly ? clocksGoBackMs(afterMs, dueMs, timezone) : undefined
  if (backMs === undefined) return dueMs
  // The hour that comes again, as it comes again.
  const again = nextWallMs(parsed, toWall(backMs, timezone) - 1)
  const againMs = again === undefined ? dueMs : again - offsetMs(backMs, timezone)
  return againMs > afterMs ? Math.min(dueMs, againMs) : dueMs
}

/** The library takes the beginning of what it can read and forgets the rest; here the whole has to make sense. */
function parse(cron: string): Cron {
  const fields = cron.trim().split(/\s+/)
  for (const element of cron.startsWith("@") ? [] : fields.flatMap((field) => field.split(","))) {
    const words = element.replace(/\/\d+$/, "").split("-")
    if (!ELEMENT.test(element) || !words.every((word) => word === "*" || WORD.test(word)))
      throw new Error(`Failed to parse ${element}.`)
  }
  return parseCronExpression(fields.join(" "))
}

/** The first wall-clock time after `afterMs` that fits. Wall-clock times are held as if they were UTC. */
function nextWallMs(cron: Cron, afterMs: number): number | undefined {
  const fromMs = Math.floor(afterMs / 1_000) * 1_000 + 1_000
  const firstDayMs = Math.floor(fromMs / DAY_MS) * DAY_MS
  for (let day = 0; day < MAX_DAYS; day += 1) {
    const dayMs = firstDayMs + day * DAY_MS
    if (!fitsDay(cron, new Date(dayMs))) continue
    const found = nextInDay(cron, fromMs - dayMs)
    if (found !== undefined) return dayMs + found
  }
  return undefined
}

/** As cron has always done it: of a day of the month and a day of the week, when both are restricted, either is enough. */
function fitsDay({ months, days, weekdays }: Cron, date: Date): boolean {
  if (!months.includes(date.getUTCMonth())) return false
  const fitsDate = days.includes(date.getUTCDate())
  const fitsWeekday = weekdays.includes(date.getUTCDay())
  return days.length < 31 && weekdays.length < 7 ? fitsDate || fitsWeekday : fitsDate && fitsWeekday
}

/** The first time of day at or after `fromMs`, in milliseconds since midnight. */
function nextInDay({ hours, minutes, seconds }: Cron, fromMs: number): number | undefined {
  for (const hour of hours) {
    if ((hour + 1) * 3_600_000 <= fromMs) continue
    for (const minute of minutes) {
      const minuteMs = hour * 3_600_000 + minute * 60_000
      const second = seconds.find((candidate) => minuteMs + candidate * 1_000 >= fromMs)
      if (second !== undefined) return minuteMs + second * 1_000
    }
  }
  return undefined
}

function toWall(atMs: number, timezone: string): number {
  return atMs + offsetMs(atMs, timezone)
}

/** The moments at which the clocks of `timezone` show `wallMs`; when they never do, the one so far after they jumped. */
function fromWall(wallMs: number, timezone: string): readonly number[] {
  const before = wallMs - offsetMs(wallMs - DAY_MS, timezone)
  const after = wallMs - offsetMs(wallMs + DAY_MS, timezone)
  const shown = [...new Set([before, after])].filter((atMs) => toWall(atMs, timezone) === wallMs)
  return shown.length === 0 ? [before] : shown.sort((a, b) => a - b)
}

/** The moment in the span at which the clocks went back, if they did. */
function clocksGoBackMs(fromMs: number, toMs: number, timezone: string): number | undefined {
  const early = offsetMs(fromMs, timezone)
  if (offsetMs(toMs, timezone) >= early) return undefined
  let [low, high] = [fromMs, toMs]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offsetMs(middle, timezone) === early) low = middle
    else high = middle
  }
  return high
}

/** How far the clocks of `timezone` are ahead of UTC. */
function offsetMs(atMs: number, timezone: string): number {
  const found: Record<string, number> = {}
  for (const { type, value } of formatter(timezone).formatToParts(atMs)) found[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = found
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(atMs / 1_000) * 1_000
}

const formatters = new Map<string, Intl.DateTimeFormat>()

function formatter(timezone: string): Intl.DateTimeFormat {
  let made = formatters.get(timezone)
  if (!made) {
    const number = "2-digit"
    const parts = { year: "numeric", month: number, day: number, hour: number, minute: number, second: number } as const
    made = new Intl.DateTimeFormat("en-US", { timeZone: timezone, hourCycle: "h23", ...parts })
    formatters.set(timezone, made)
  }
  return made
}
