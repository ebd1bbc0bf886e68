/** Waiting without holding the run in memory: for a signal addressed to the step or named by it, or for a time. */
import type { Json } from "../lib/json.ts"
import { stepEvent, type Waiting } from "../run/event.ts"
import type { WaitOutcome } from "../steps/step-kind.ts"
import { beforeOutside } from "./answered.ts"
import type { Session } from "./session.ts"
import type { StepRun } from "./step-run.ts"

/** A signal that came before its step began to wait is found too. Each signal ends one wait, the oldest first. */
export async function wait(session: Session, run: StepRun, waiting: Waiting): Promise<WaitOutcome> {
  const { log, parking, values, claimed } = session
  beforeOutside(session, run)
  run.release()
  if (log.step(run.path)?.status !== "waiting") log.append(stepEvent("step.waiting", run.path, run.attempt, waiting))
  for (;;) {
    const arrived = log.state.signals.find((one) => !claimed.has(one.seq) && addressedTo(one, run.path, waiting))
    if (arrived) {
      // Until the step's end is logged the signal is still in the state; the claim keeps others from taking it too.
      claimed.add(arrived.seq)
      run.signalSeq = arrived.seq
      const payload = (await values.load(arrived.seq)) as Json
      return {
        type: "signal",
        payload,
        atMs: arrived.atMs,
        ...(arrived.by === undefined ? {} : { by: arrived.by }),
      }
    }
    if ((waiting.untilMs ?? Number.POSITIVE_INFINITY) <= session.nowMs()) return { type: "timeout" }
    await parking.wait(run.path, waiting.untilMs, run.signal)
  }
}

function addressedTo(
  signal: { readonly name: string; readonly path?: string },
  path: string,
  waiting: Waiting,
): boolean {
  if (signal.path !== undefined) return signal.path === path
  return waiting.reason === "signal" && signal.name === waiting.signal
}
