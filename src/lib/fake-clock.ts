/** A clock that is moved by hand: for tests, where nothing sleeps, and for replays, where time is what the recording says. */
import type { Clock } from "./clock.ts"

export interface FakeClock extends Clock {
  /** Moves time forward by `ms`, running the timers that fall due on the way in their order. */
  tick(ms: number): void
  /** Moves time forward to `atMs`; does nothing when that is past. */
  moveTo(atMs: number): void
  /** When the next timer falls due; undefined when none is set. */
  nextTimerMs(): number | undefined
}

/** A fake clock that starts at `startMs` (default: 2026-01-01T00:00:00Z). */
export function fakeClock(startMs = Date.UTC(2026, 0, 1)): FakeClock {
  let nowMs = startMs
  const timers = new Set<{ readonly atMs: number; readonly callback: () => void }>()
  const next = () => [...timers].sort((left, right) => left.atMs - right.atMs)[0]
  const moveTo = (atMs: number) => {
    for (let due = next(); due && due.atMs <= atMs; due = next()) {
      timers.delete(due)
      nowMs = Math.max(nowMs, due.atMs)
      due.callback()
    }
    nowMs = Math.max(nowMs, atMs)
  }
  return {
    nowMs: () => nowMs,
    setTimer(delayMs, callback) {
      const timer = { atMs: nowMs + delayMs, callback }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    tick: (ms) => moveTo(nowMs + ms),
    moveTo,
    nextTimerMs: () => next()?.atMs,
  }
}
