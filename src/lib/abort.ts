/** Abort signals: one that follows another without being kept by it, and giving up on work that ignores its signal. */

export interface Follower {
  readonly signal: AbortSignal
  abort(reason: unknown): void
  /** Stops following. A signal that lives as long as a run must not collect the followers of every step. */
  release(): void
}

/** A signal that aborts when `parent` does, or when told to. */
export function follow(parent: AbortSignal): Follower {
  const own = new AbortController()
  const onAbort = () => own.abort(parent.reason)
  if (parent.aborted) onAbort()
  else parent.addEventListener("abort", onAbort, { once: true })
  return {
    signal: own.signal,
    abort: (reason) => own.abort(reason),
    release: () => parent.removeEventListener("abort", onAbort),
  }
}

/** `work`, or the signal's reason as soon as `signal` aborts: what ignores its signal must not hold a run, and its late end is dropped. */
export function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    const leave = () => signal.removeEventListener("abort", onAbort)
    work.then(resolve, reject).finally(leave)
    if (signal.aborted) onAbort()
    else signal.addEventListener("abort", onAbort, { once: true })
  })
}
