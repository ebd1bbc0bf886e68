/** Telling a run that stands to go on, and a step that is held to be tried again. */
import { WaybillError } from "../lib/errors.ts"
import { type NewEvent, runEvent, stepEvent } from "../run/event.ts"
import { isOpen, type StepState } from "../run/run-state.ts"
import { freshEdit, isDecided } from "./edits.ts"
import { isStepOf, nodeAt } from "./locate.ts"
import type { Session } from "./session.ts"

/** To the end or the next breakpoint, for one step, or up to the step at, or named, `to`. */
export interface HowToGoOn {
  readonly mode: "continue" | "step" | "run-to"
  readonly to?: string
  readonly by?: string
}

/**
 * Lets the run go on. Throws `not_waiting` when it does not stand, `step_not_found` for a step to go on up to that is none,
 * and `request_invalid` for one that has ended.
 */
export function goOn(session: Session, how: HowToGoOn): void {
  const { log, gate, parking, deadlines } = session
  const decided = [...log.state.steps.values()].flatMap((step) => decisionAbout(session, step) ?? [])
  if (!log.state.paused && !decided.some(({ path }) => isUnanswered(log.step(path)))) throw notPaused(session)
  const { mode, to, by } = how
  if (to !== undefined) checkGoal(session, to)
  log.append(
    runEvent("run.resumed", { mode, ...(to === undefined ? {} : { to }), ...(by === undefined ? {} : { by }) }),
    ...decided,
  )
  for (const { path } of decided) parking.wake(path)
  gate.reopen()
  deadlines.goOn()
}

/** Throws `unanswered` when the step, tried again, would ask for what a recording does not have and nobody else may be asked. */
export async function checkAnswerable(session: Session, step: StepState, model: string | undefined): Promise<void> {
  const { playback, kinds } = session.host
  const { path, failures } = step
  if (!playback || playback.cues || playback.beyond === "live" || isDecided(session, path)) return
  if (!isUnanswered(step)) {
    const node = nodeAt(session.workflow.scope, path, kinds)
    const kind = node && kinds[node.kind]
    if (!kind?.tool && !kind?.asks) return
    const isAskedAnew = model !== undefined || freshEdit(session, path) !== undefined
    if (!isAskedAnew && (await playback.answer(path, failures))) return
  }
  throw unanswered(path)
}

/** A step asked for what the recording does not have, and this run asks nobody else. */
export function unanswered(path: string): WaybillError {
  const message = `${path}: the recording does not say what this would give, and this run asks nobody else.`
  return new WaybillError("unanswered", message, { path })
}

function isUnanswered(step: StepState | undefined): boolean {
  return step?.waiting?.reason === "unanswered"
}

/**
 * What going on decides about a step that is held. Going on from a failure without deciding about it is deciding for the
 * failure; to edit the step is to decide against. Without an answer nothing is decided until somebody says how the step ends.
 */
function decisionAbout(session: Session, step: StepState): NewEvent | undefined {
  const { path, attempt, waiting, error } = step
  if (waiting?.reason === "unanswered")
    return isDecided(session, path) ? stepEvent("step.resolved", path, attempt, { action: "retry" }) : undefined
  if (waiting?.reason !== "failed") return undefined
  const fail = { action: "fail", message: error?.message ?? "The step failed." } as const
  return stepEvent("step.resolved", path, attempt, freshEdit(session, path) ? { action: "retry" } : fail)
}

function notPaused({ log }: Session): WaybillError {
  const open = [...log.state.steps.values()].filter(isUnanswered).map(({ path }) => path)
  if (open.length > 0) return unanswered(open.join(", "))
  return new WaybillError("not_waiting", "The run is not paused.", {})
}

function checkGoal({ log, workflow, host }: Session, to: string): void {
  if (!isStepOf(workflow.scope, to, host.kinds))
    throw new WaybillError("step_not_found", `The workflow has no step "${to}" to run to.`, { path: to })
  const goal = log.step(to)
  if (!goal || isOpen(goal)) return
  const message = `${goal.path}: found the step ${goal.status}, expected one that is to come.`
  throw new WaybillError("request_invalid", message, { path: goal.path })
}
