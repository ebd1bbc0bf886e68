/** A clock moved by hand, which can be asked to tell when somebody waits on it. */
import type { SandboxClock } from "../../workflows/support-refund/sandbox/server.ts"

export interface HandClock extends SandboxClock {
  /** Moves time and fires what is due. */
  advance(byMs: number): void
  /** Resolves when a timer is set: at once if one is. */
  armed(): Promise<void>
  /** How many timers are set. */
  timerCount(): number
}

export function handClock(startMs = Date.UTC(2026, 10, 20)): HandClock {
  let nowMs = startMs
  const timers = new Set<{ atMs: number; callback: () => void }>()
  let waiters: (() => void)[] = []
  return {
    nowMs: () => nowMs,
    setTimer(delayMs, callback) {
      const timer = { atMs: nowMs + delayMs, callback }
      timers.add(timer)
      for (const waiter of waiters) waiter()
      waiters = []
      return () => timers.delete(timer)
    },
    advance(byMs) {
      nowMs += byMs
      for (const timer of [...timers].filter(({ atMs }) => atMs <= nowMs)) {
        timers.delete(timer)
        timer.callback()
      }
    },
    timerCount: () => timers.size,
    armed: () => (timers.size > 0 ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve))),
  }
}
