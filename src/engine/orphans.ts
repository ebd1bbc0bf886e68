/**
 * Orphans: child runs that nobody waits for any more and that have not ended. Each is told that it is cancelled, again and
 * again until it has heard, also after the end of the parent: which of them are left is in the parent's log, so the next
 * process goes on with it. Nothing waits for it: not the next attempt of the step, nor the end of the run.
 */
import { errorData } from "../lib/errors.ts"
import { stepEvent } from "../run/event.ts"
import { isToBeUndone } from "../run/run-state.ts"
import type { Session } from "./session.ts"

/** An object that does not answer is asked again after this long, then after twice as long, and so on. */
const AGAIN_MS = 2_000
const AGAIN_AT_MOST_MS = 3_600_000

/** Begins to tell those that are not being told yet. To be called after whatever may have made orphans. */
export function cancelOrphans(session: Session): void {
  for (const runId of session.log.state.orphans) {
    if (session.told.has(runId)) continue
    session.told.add(runId)
    session.pulse.add()
    tell(session, runId)
      // What is thrown here is the store's: the walk meets it too, and a new process goes on.
      .catch(() => {})
      .finally(() => session.pulse.remove())
  }
}

async function tell(session: Session, runId: string): Promise<void> {
  const { log, parking, starts } = session
  for (let delayMs = AGAIN_MS; ; delayMs = Math.min(2 * delayMs, AGAIN_AT_MOST_MS)) {
    // One that is being started might hear of its end before its beginning.
    await starts.get(runId)?.catch(() => {})
    if (log.fault || !log.state.orphans.has(runId) || (await hasHeard(session, runId))) return
    await parking.wait(`${runId}~cancel`, session.nowMs() + delayMs)
  }
}

async function hasHeard({ log, host }: Session, runId: string): Promise<boolean> {
  const path = log.state.children.get(runId)?.path ?? ""
  const reason = log.state.ended ? "The parent run has ended." : `Its parent's step ${path} was stopped.`
  try {
    await host.children.cancel(runId, { reason, compensate: isToBeUndone(log.state) })
    return true
  } catch (thrown) {
    const { code } = errorData(thrown)
    if (code !== "run_not_found") return code === "run_ended"
  }
  const attempt = log.step(path)?.attempt ?? 0
  log.append(stepEvent("child.ended", path, attempt, { runId, status: "cancelled", costNanoUsd: 0 }))
  return true
}
