/**
 * Steps that were under way when the process before this one died, and that the walk has not come back to. Most it meets
 * again at once. A step whose sibling's failure is in the log already it may never meet: then the step that holds both ends
 * it, so that no start is left without an end.
 */
import { errorData } from "../lib/errors.ts"
import { type NewEvent, stepEvent } from "../run/event.ts"
import { isOpen, type StepState } from "../run/run-state.ts"
import { plainError } from "./failure.ts"
import type { Session } from "./session.ts"

/** Notes what is under way in a log that is new to this engine. */
export function noteLeftBehind({ log, leftBehind }: Session): void {
  for (const step of log.state.steps.values()) if (isOpen(step)) leftBehind.add(step.path)
}

/** The ends of the steps inside the one at `path` that were left behind, innermost first. */
export function endLeftBehind({ log, leftBehind }: Session, path: string, reason: unknown): NewEvent[] {
  const inside = [...leftBehind].filter((left) => left.startsWith(`${path}.`) || left.startsWith(`${path}[`))
  return inside.reverse().flatMap((left) => {
    leftBehind.delete(left)
    const step = log.step(left)
    return step && isOpen(step) ? [stoppedEvent(step, reason)] : []
  })
}

/** The ends of all that is under way when the walk is over, innermost first: steps that the walk never got to. */
export function endAllLeftBehind({ log }: Session, reason: unknown): NewEvent[] {
  const open = [...log.state.steps.values()].filter(isOpen)
  return open.reverse().map((step) => stoppedEvent(step, reason))
}

/** The end of a step that was stopped from above. What is not known of it is said. */
export function stoppedEvent(step: StepState, reason: unknown): NewEvent {
  const { path, attempt, status, effect, effectUnknown } = step
  const mayHaveActed = effectUnknown || (status === "running" && effect !== undefined && effect !== "read")
  const cause = plainError(errorData(reason)).message
  const message = `Stopped: ${cause}${mayHaveActed ? " Whether its tool has done its work is not known." : ""}`
  const error = { code: "run_cancelled", message, path } as const
  return stepEvent("step.failed", path, attempt, { error, failureClass: "cancelled" })
}
