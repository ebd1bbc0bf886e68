/** The times for which a run was paused, and the limits that stand still meanwhile. */

export interface Pause {
  readonly fromMs: number
  /** Absent while it lasts. */
  readonly toMs?: number
}

/** Adds the pause that begins at `fromMs`, unless the run is paused already. */
export function beginPause(pauses: Pause[], fromMs: number): void {
  const last = pauses.at(-1)
  if (!last || last.toMs !== undefined) pauses.push({ fromMs })
}

/** Ends the pause that lasts, if one does. */
export function endPause(pauses: Pause[], toMs: number): void {
  const last = pauses.at(-1)
  if (last && last.toMs === undefined) pauses[pauses.length - 1] = { ...last, toMs }
}

/** When `limitMs` that began at `startMs` are over, pauses not counted. Infinite while a pause lasts that began before. */
export function endOfLimit(pauses: readonly Pause[], startMs: number, limitMs: number): number {
  let endMs = startMs + limitMs
  for (const { fromMs, toMs = Number.POSITIVE_INFINITY } of pauses) {
    if (fromMs >= endMs) break
    if (toMs > startMs) endMs += toMs - Math.max(fromMs, startMs)
  }
  return endMs
}
