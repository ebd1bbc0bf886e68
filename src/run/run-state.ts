/**
 * The state of a run as its log tells it; `fold.ts` reads it from the events. Everything that the engine decides, it
 * decides on this. Outputs are not in here, only the numbers of the events that hold them: a run of 25,000 steps folds into
 * a few megabytes.
 */
import type { ErrorData } from "../lib/errors.ts"
import type { FailureClass } from "../lib/failure-classes.ts"
import type { Breakpoint, Resolution, RunHeader, Waiting } from "./event.ts"
import type { Pause } from "./pauses.ts"

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
  /** The event that started the newest attempt. */
  attemptSeq: number
  /** When its first attempt started. */
  startedAtMs: number
  /** When its newest attempt started. */
  attemptAtMs: number
  endedAtMs?: number
  /** The newest start that came with an input: the first attempt's, or the first after an edit. */
  inputSeq?: number
  /** Event that holds the output: `step.completed`, or a `step.resolved` that completed it. */
  outputSeq?: number
  error?: ErrorData
  /** Of `error`. */
  failureClass?: FailureClass
  retryAtMs?: number
  waiting?: Waiting
  /** What somebody decided while the step was parked, until the next attempt uses it up. */
  resolution?: Resolution
  effect?: "read" | "idempotent" | "unsafe"
  /** Operations already paid for by the attempts since the last failure: asked again, they are answered from the log. */
  operations: { readonly seq: number; readonly index: number; readonly requestDigest: string }[]
  /** The child run that its attempt started and waits for. */
  childRunId?: string
  /** Whether its tool knew how to undo it when it ran. */
  compensates?: true
  /** Its tool may have changed something, and nobody knows: the call was cut off, stopped or not answered in time. */
  effectUnknown?: true
  compensation?: "running" | "completed" | "failed"
  /** The newest attempt at compensating, 1-based. */
  compensationAttempt?: number
  /** When the next attempt at compensating begins; absent while one is in flight. */
  compensationRetryAtMs?: number
}

/** A child run, as far as its parent knows it. */
export interface ChildState {
  readonly runId: string
  /** Of the step that started it. */
  readonly path: string
  readonly workflow: string
  /** It is left alone when its step is stopped. */
  readonly leave: boolean
  /** It did something that can be undone; known when it has ended. */
  undoable?: true
  /** How it ended; absent until it did. */
  status?: "succeeded" | "failed" | "cancelled"
  /** What it and its own children cost; 0 until it ended. */
  costNanoUsd: number
}

/** What the edits of one step add up to. */
export interface EditState {
  /** The newest of them. */
  readonly seq: number
  readonly inputSeq?: number
  readonly outputSeq?: number
  readonly prompt?: string
  readonly route?: string
  readonly model?: string
  readonly skip?: true
  /** All of them were made in the recording that this run replays. */
  readonly copied: boolean
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
  /** When the run was paused, oldest first. */
  readonly pauses: Pause[]
  /** How the newest `run.resumed` wants the run to go on. */
  resumed?: {
    readonly mode: "continue" | "step" | "run-to"
    readonly to?: string
    readonly from?: string
    readonly seq: number
    /** What `usedNanoUsd` gave then: a breakpoint on a cost that was passed before holds no more. */
    readonly usedNanoUsd: number
  }
  breakpoints: readonly Breakpoint[]
  cancelled?: { readonly reason?: string; readonly by?: string; readonly compensate: boolean }
  /** The run above it is undone, and wants this one undone too. */
  undoRequested?: true
  error?: ErrorData
  failedAt?: string
  outputSeq?: number
  readonly steps: Map<string, StepState>
  /** Edits by the path of their step, which need not have started. */
  readonly edits: Map<string, EditState>
  /** Leaf steps by what they are doing: these make the run's status. */
  runningLeaves: number
  waitingLeaves: number
  /** Signals, and ends of child runs, that arrived and that no step has consumed yet, oldest first. */
  signals: {
    readonly seq: number
    readonly atMs: number
    readonly name: string
    readonly path?: string
    readonly by?: string
  }[]
  /** Child runs by their ids, in the order in which they were started. */
  readonly children: Map<string, ChildState>
  /** Ids of the children that nobody waits for any more and that have not ended: the run owes them their cancelling. */
  readonly orphans: Set<string>
  /** Paths of steps whose effect is unknown, in the order in which that came about. */
  unknownEffects: string[]
  /** Paths of completed tool steps that can be compensated are found by completion order. */
  readonly completedOrder: string[]
  /** What the run paid for itself. */
  costNanoUsd: number
  /** What its child runs and theirs paid for, as far as they have ended. */
  childrenCostNanoUsd: number
  /** What the operations cost in the recording that were copied from it, or answered by it. Nothing of it was paid here. */
  recordedNanoUsd: number
  /** The newest event that a call was paid for in; 0 when there is none. */
  chargedSeq: number
  /** The newest first start of a step: tells a stepper whether one has started since it was told to go on. */
  lastStartSeq: number
  /** The newest edit. */
  lastEditSeq: number
}

export function emptyRun(): RunState {
  return {
    seq: 0,
    hash: "",
    createdAtMs: 0,
    updatedAtMs: 0,
    steps: new Map(),
    edits: new Map(),
    runningLeaves: 0,
    waitingLeaves: 0,
    signals: [],
    children: new Map(),
    orphans: new Set(),
    unknownEffects: [],
    pauses: [],
    completedOrder: [],
    breakpoints: [],
    costNanoUsd: 0,
    childrenCostNanoUsd: 0,
    recordedNanoUsd: 0,
    chargedSeq: 0,
    lastStartSeq: 0,
    lastEditSeq: 0,
  }
}

/** Whether the step is under way: it started and has no end. */
export function isOpen({ status }: StepState): boolean {
  return status !== "completed" && status !== "failed" && status !== "skipped"
}

/** Whether the step waits for somebody to decide about it. */
export function isHeld({ status, waiting }: StepState): boolean {
  return status === "waiting" && waiting !== undefined && isHolding(waiting.reason)
}

/** Whether a step that waits for this reason waits for somebody to decide about it. */
export function isHolding(reason: Waiting["reason"]): boolean {
  return reason === "interrupted" || reason === "failed" || reason === "unanswered"
}

/** Whether what the run did is to be undone. */
export function isToBeUndone({ ended, cancelled, undoRequested }: RunState): boolean {
  return ended !== undefined && (ended === "failed" || undoRequested === true || cancelled?.compensate === true)
}

/** What the run cost with all runs below it, as far as those have ended. */
export function totalCost({ costNanoUsd, childrenCostNanoUsd }: RunState): number {
  return costNanoUsd + childrenCostNanoUsd
}

/** What the steps of the run and the runs below it took, whether it was paid here or in a recording: what breakpoints on cost look at. */
export function usedNanoUsd(state: RunState): number {
  return totalCost(state) + state.recordedNanoUsd
}

/** The status of a run is a reading of its state; nobody writes it. */
export function runStatus(state: RunState): RunStatus {
  if (state.ended) return state.ended
  if (state.paused) return "paused"
  if (state.startedAtMs === undefined) return "queued"
  return state.waitingLeaves > 0 && state.runningLeaves === 0 ? "waiting" : "running"
}
