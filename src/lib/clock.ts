/**
 * Time as a parameter. Nothing in the product calls `Date.now` or `setTimeout` but through a clock,
 * so a test moves time by hand and never sleeps.
 */

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  nowMs(): number
  /** Runs `callback` once after `delayMs`; the returned function cancels it and may be called at any time. */
  setTimer(delayMs: number, callback: () => void): () => void
}

/** A timer longer than this overflows the platform's 32-bit timers and would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(delayMs, MAX_TIMER_MS))
    return () => clearTimeout(timer)
  },
}

/** Resolves after `delayMs`, or rejects with the signal's reason as soon as `signal` aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const onAbort = () => {
      cancel()
      reject(signal?.reason)
    }
    const cancel = clock.setTimer(delayMs, () => {
      signal?.removeEventListener("abort", onAbort)
      resolve()
    })
    signal?.addEventListener("abort", onAbort, { once: true })
  })
}
