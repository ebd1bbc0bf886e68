/**
 * The fold of a log into the state of its run. Everything that the engine decides, it decides on this.
 * Outputs are not in here, only the numbers of the events that hold them: a run of 25,000 steps folds into a few megabytes.
 *
 * Invariants:
 * 1. Pure in its effect: the same events give the same state, wherever the fold starts and stops. (The maps are changed
 *    in place, because copying them would make the cost of a step grow with the run.)
 * 2. A finished run never changes again, and a completed step stays completed.
 */
import type { ErrorData } from "../lib/errors.ts"
import type { Resolution, RunEvent, RunHeader, Waiting } from "./event.ts"
import { applyStepEvent } from "./step-fold.ts"

export type RunStatus = "queued" | "running" | "waiting" | "paused" | "succeeded" | "failed" | "cancelled"
export type StepStatus = "running" | "retrying" | "waiting" | "completed" | "failed" | "skipped" | "interrupted"

export interface StepState {
  readonly path: string
  readonly kind: string
  readonly composite: boolean
  status: StepStatus
  /** The newest attempt, 1-based. */
  attempt: number
  failures: number
  digest: string
  startedAtMs: number
  endedAtMs?: number
  /** Event that holds the resolved input (the first attempt's, or the newest edit's). */
  inputSeq?: number
  /** Event that holds the output: `step.completed`, or a `step.resolved` that completed it. */
  outputSeq?: number
  error?: ErrorData
  retryAtMs?: number
  waiting?: Waiting
  /** What somebody decided while the step was parked, until the next attempt uses it up. */
  resolution?: Resolution
  effect?: "read" | "idempotent" | "unsafe"
  /** Operations already paid for by the attempts since the last failure: asked again, they are answered from the log. */
  operations: { readonly seq: number; readonly index: number; readonly requestDigest: string }[]
  compensation?: "running" | "completed" | "failed"
}

export interface RunState {
  header?: RunHeader
  seq: number
  hash: string
  createdAtMs: number
  startedAtMs?: number
  endedAtMs?: number
  updatedAtMs: number
  ended?: "succeeded" | "failed" | "cancelled"
  paused?: { readonly reason: "requested" | "breakpoint"; readonly at?: string }
  /** How the newest `run.resumed` wants the run to go on. */
  resumed?: {
    readonly mode: "continue" | "step" | "run-to"
    readonly to?: string
    readonly from?: string
    readonly seq: number
  }
  cancelled?: { readonly reason?: string; readonly by?: string; readonly compensate: boolean }
  error?: ErrorData
  failedAt?: string
  outputSeq?: number
  readonly steps: Map<string, StepState>
  /** Leaf steps by what they are doing: these make the run's status. */
  runningLeaves: number
  waitingLeaves: number
  /** Signals that arrived and that no step has consumed yet, oldest first. */
  signals: { readonly seq: number; readonly name: string; readonly path?: string; readonly by?: string }[]
  /** Paths of completed tool steps that can be compensated are found by completion order. */
  readonly completedOrder: string[]
  costNanoUsd: number
  /** The newest first start of a step: tells a stepper whether one has started since it was told to go on. */
  lastStartSeq: number
}

export function emptyRun(): RunState {
  return {
    seq: 0,
    hash: "",
    createdAtMs: 0,
    updatedAtMs: 0,
    steps: new Map(),
    runningLeaves: 0,
    waitingLeaves: 0,
    signals: [],
    completedOrder: [],
    costNanoUsd: 0,
    lastStartSeq: 0,
  }
}

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
      state.createdAtMs = event.atMs
      return
    case "run.started":
      state.startedAtMs = event.atMs
      return
    case "run.paused":
      state.paused = event.data
      return
    case "run.resumed":
      state.resumed = {
        ...event.data,
        ...(state.paused?.at === undefined ? {} : { from: state.paused.at }),
        seq: event.seq,
      }
      delete state.paused
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
    case "signal.received":
      state.signals.push({ seq: event.seq, ...event.data })
      return
    default:
      return
  }
}

/** The status of a run is a reading of its state; nobody writes it. */
export function runStatus(state: RunState): RunStatus {
  if (state.ended) return state.ended
  if (state.paused) return "paused"
  if (state.startedAtMs === undefined) return "queued"
  return state.waitingLeaves > 0 && state.runningLeaves === 0 ? "waiting" : "running"
}

function end(state: RunState, how: "succeeded" | "failed" | "cancelled", atMs: number): void {
  state.ended = how
  state.endedAtMs = atMs
  delete state.paused
}
