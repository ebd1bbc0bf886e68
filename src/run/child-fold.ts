/** How events about child runs change the state of the run that started them. Part of the fold in `fold.ts`. */
import { must } from "../lib/assert.ts"
import type { EventOf } from "./event.ts"
import { type ChildState, isOpen, type RunState, type StepState } from "./run-state.ts"

/** The name of the signal that a child's end is to the step that waits for it. */
const CHILD_SIGNAL = "child"

export function childStarted(state: RunState, step: StepState, { data }: EventOf<"child.started">): void {
  const { runId, workflow, leave = false } = data
  state.children.set(runId, { runId, path: step.path, workflow, leave, costNanoUsd: 0 })
  step.childRunId = runId
}

export function childEnded(state: RunState, step: StepState, { seq, atMs, path, data }: EventOf<"child.ended">): void {
  const child = childOf(state, data.runId)
  child.status = data.status
  if (data.undoable) child.undoable = true
  charge(state, child, data.costNanoUsd)
  state.orphans.delete(child.runId)
  if (step.childRunId === child.runId && isOpen(step)) state.signals.push({ seq, atMs, name: CHILD_SIGNAL, path })
}

export function childCharged(state: RunState, { data }: EventOf<"child.charged">): void {
  charge(state, childOf(state, data.runId), data.costNanoUsd)
}

/** The step waits for its child no longer: it ended, or its next attempt starts another. */
export function letChildGo(state: RunState, step: StepState): void {
  const child = step.childRunId === undefined ? undefined : state.children.get(step.childRunId)
  if (!child) return
  delete step.childRunId
  if (child.status === undefined && !child.leave) state.orphans.add(child.runId)
  state.signals = state.signals.filter(({ path, name }) => path !== step.path || name !== CHILD_SIGNAL)
}

function charge(state: RunState, child: ChildState, costNanoUsd: number): void {
  state.childrenCostNanoUsd += costNanoUsd - child.costNanoUsd
  child.costNanoUsd = costNanoUsd
}

function childOf(state: RunState, runId: string): ChildState {
  return must(state.children.get(runId), `the run never started the child run ${runId}`)
}
