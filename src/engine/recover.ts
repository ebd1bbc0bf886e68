/**
 * What was in flight when the last process died: it is interrupted, unsafe effects are parked, and a model call whose answer
 * may have been lost is booked at the most that it can have cost.
 */
import { toJson } from "../lib/json.ts"
import type { Operation } from "../model/operation.ts"
import { stepEvent } from "../run/event.ts"
import type { StepState } from "../run/run-state.ts"
import { chosenByHand } from "./edits.ts"
import { nodeAt } from "./locate.ts"
import { operationContext } from "./operation-context.ts"
import type { Session } from "./session.ts"

/** Logs the end of every attempt that a crash cut off, in a log that is new to this engine. */
export async function recover(session: Session): Promise<void> {
  const { log } = session
  const cutOff = [...log.state.steps.values()].filter((step) => step.status === "running" && !step.composite)
  if (cutOff.length === 0) return
  const costs = await Promise.all(
    cutOff.map((step) => (mayHaveAsked(session, step) ? lostNanoUsd(session, step) : null)),
  )
  const events = cutOff.flatMap((step, index) => {
    // A cancellation may have come meanwhile, and ended it.
    if (step.status !== "running") return []
    const costNanoUsd = costs[index] ?? null
    const lost = costNanoUsd === null ? {} : { lost: { costNanoUsd } }
    return stepEvent("step.interrupted", step.path, step.attempt, { parked: step.effect === "unsafe", ...lost })
  })
  if (!log.closed) log.append(...events)
}

/** Whether a model call of the step may have been lost with its process: nothing of its answer is in the log. */
function mayHaveAsked({ host }: Session, { kind, operations }: StepState): boolean {
  return host.kinds[kind]?.asks !== undefined && operations.length === 0 && host.playback?.beyond !== "hold"
}

/** The most that the lost call can have cost; 0 when nobody knows. */
async function lostNanoUsd(session: Session, { path, attempt, inputSeq, kind }: StepState): Promise<number> {
  const { host, workflow } = session
  const node = nodeAt(workflow.scope, path, host.kinds)
  if (!node || !host.forecaster || inputSeq === undefined) return 0
  try {
    const input = toJson(await session.values.load(inputSeq))
    const operation = host.kinds[kind]?.operation?.(input) ?? (input as unknown as Operation)
    const context = operationContext(session, { node, path, attempt, ...chosenByHand(session, path) })
    return host.forecaster.worstNanoUsd(context, operation) ?? 0
  } catch {
    // The step is tried again whether or not its loss can be put into numbers.
    return 0
  }
}
