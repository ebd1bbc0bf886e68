/** Waiting without holding the run in memory: for a signal addressed to the step or named by it, or for a time. */
import { stepEvent, type Waiting } from "../run/event.ts"
import type { WaitOutcome } from "../steps/step-kind.ts"
import { beforeOutside } from "./answered.ts"
import type { Session } from "./session.ts"
import { nextSignal, takeSignal } from "./signals.ts"
import type { StepRun } from "./step-run.ts"

/** A signal that came before its step began to wait is found too. Each signal ends one wait, the oldest first. */
export async function wait(session: Session, run: StepRun, waiting: Waiting): Promise<WaitOutcome> {
  const { log, parking } = session
  beforeOutside(session, run)
  run.release()
  if (log.step(run.path)?.status !== "waiting") log.append(stepEvent("step.waiting", run.path, run.attempt, waiting))
  const refused = new Set<number>()
  for (;;) {
    const arrived = nextSignal(session, run.path, waiting, refused)
    if (arrived) {
      const taken = await takeSignal(session, run, arrived)
      if (taken) return taken
      refused.add(arrived.seq)
    } else if ((waiting.untilMs ?? Number.POSITIVE_INFINITY) <= session.nowMs()) {
      return { type: "timeout" }
    } else {
      // Looking and parking are one: a signal that came in between would wake nobody.
      await parking.wait(run.path, waiting.untilMs, run.signal)
    }
  }
}
