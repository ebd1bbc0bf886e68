/**
 * The fold of a log into the state of its run.
 *
 * Invariants:
 * 1. Pure in its effect: the same events give the same state, wherever the fold starts and stops. (The maps are changed
 *    in place, because copying them would make the cost of a step grow with the run.)
 * 2. The end of a run is final: its status, its output and its error stay what they are, and a completed step stays
 *    completed. What comes after it is what the run undoes, what it hears of its children, and the cost of calls that were
 *    in flight.
 */
import type { RunEvent } from "./event.ts"
import { beginPause, endPause } from "./pauses.ts"
import { emptyRun, type RunState, usedNanoUsd } from "./run-state.ts"
import { applyStepEvent, signalArrived } from "./step-fold.ts"

/** Folds `events` into a new state. */
export function foldRun(events: Iterable<RunEvent>): RunState {
  const state = emptyRun()
  for (const event of events) applyEvent(state, event)
  return state
}

/** Takes one event into `state`, in place. */
export function applyEvent(state: RunState, event: RunEvent): void {
  state.seq = event.seq
  state.hash = event.hash
  state.updatedAtMs = event.atMs
  if (event.path !== "") return applyStepEvent(state, event)
  switch (event.type) {
    case "run.created":
      state.header = event.data
      state.breakpoints = event.data.breakpoints ?? []
      state.createdAtMs = event.atMs
      return
    case "run.started":
      state.startedAtMs = event.atMs
      return
    case "run.paused":
      state.paused = event.data
      beginPause(state.pauses, event.atMs)
      return
    case "run.resumed":
      state.resumed = {
        ...event.data,
        ...(state.paused?.at === undefined ? {} : { from: state.paused.at }),
        seq: event.seq,
        usedNanoUsd: usedNanoUsd(state),
      }
      delete state.paused
      endPause(state.pauses, event.atMs)
      return
    case "run.breakpoints":
      state.breakpoints = event.data.breakpoints
      return
    case "run.completed":
      state.outputSeq = event.seq
      return end(state, "succeeded", event.atMs)
    case "run.failed":
      state.error = event.data.error
      if (event.data.at !== undefined) state.failedAt = event.data.at
      return end(state, "failed", event.atMs)
    case "run.cancelled":
      state.cancelled = event.data
      return end(state, "cancelled", event.atMs)
    case "compensation.requested":
      state.undoRequested = true
      return
    case "signal.received":
      return signalArrived(state, event)
    default:
      return
  }
}

function end(state: RunState, how: "succeeded" | "failed" | "cancelled", atMs: number): void {
  state.ended = how
  state.endedAtMs = atMs
  delete state.paused
}
