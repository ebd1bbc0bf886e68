/**
 * The attempt loop: decide, wait, attempt, learn, until a candidate served or nobody is left. Everything that costs money
 * passes through here once: reserved before, settled after, recorded always.
 */
import { sleep } from "../lib/clock.ts"
import type { Failure } from "../model/failure.ts"
import type { OperationResult } from "../model/result.ts"
import type { Ranking } from "../routing/decide.ts"
import { raceAttempts } from "./hedge.ts"
import type { Session } from "./session.ts"

export type LoopEnd =
  | { readonly status: "served"; readonly result: OperationResult }
  | { readonly status: "failed"; readonly failure: Failure }
  /** No attempt was made: nobody could be tried. */
  | { readonly status: "nobody" }
  | { readonly status: "no_route" }

/**
 * Serves the session's operation. `first`: its ranking, just made. Rejects only with the caller's abort reason or a
 * fault of our own.
 */
export async function serve(session: Session, first: Ranking | undefined): Promise<LoopEnd> {
  const { signal } = session.options
  for (let ranking = first; ; ranking = session.rank()) {
    signal.throwIfAborted()
    if (!ranking) return { status: "no_route" }
    const pick = session.candidates.pick(ranking)
    const startAtMs = pick ? pick.waitUntilMs : session.candidates.reopensAtMs(ranking)
    const late = startAtMs === undefined ? undefined : lateness(session, ranking, startAtMs)
    if (startAtMs === undefined || late) return ended(session, pick && late)
    const waitedMs = await waitUntil(session, startAtMs)
    // What was only reopening has to be decided on again.
    if (!pick) continue
    const result = await raceAttempts(session, ranking, { ...pick, waitedMs })
    if (result) return { status: "served", result }
  }
}

function ended(session: Session, late: Failure | undefined): LoopEnd {
  const failure = session.candidates.failure ?? late
  return failure ? { status: "failed", failure } : { status: "nobody" }
}

/** No attempt begins that cannot end before the deadline. */
function lateness(session: Session, ranking: Ranking, startAtMs: number): Failure | undefined {
  const nowMs = session.services.clock.nowMs()
  const deadlineMs = session.deadlineMs(ranking.route)
  if (Math.max(startAtMs, nowMs) < deadlineMs) return undefined
  if (nowMs >= deadlineMs)
    return {
      class: "provider.timeout",
      message: "The time of the operation was over before another attempt could begin.",
    }
  // Only what an earlier operation was told can be that far away: this one's own waits were weighed when they came up.
  const retryAfterMs = startAtMs - nowMs
  return {
    class: "provider.rate_limited",
    message: `Everybody who could be asked is limited for another ${retryAfterMs} ms, which is more than the operation has left.`,
    retryAfterMs,
  }
}

async function waitUntil(session: Session, atMs: number): Promise<number> {
  const { clock } = session.services
  const waitMs = atMs - clock.nowMs()
  if (waitMs <= 0) return 0
  await sleep(clock, waitMs, session.options.signal)
  return waitMs
}
