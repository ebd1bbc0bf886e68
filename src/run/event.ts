/**
 * The events of a run's log: one closed union. State, cost, traces, audit and replay are folds over these and nothing else.
 *
 * Invariants:
 * 1. Write-ahead: `step.started` with the resolved input is in the log before anything leaves the object.
 * 2. Every `step.started` is ended by a `step.completed`, `step.failed`, `step.interrupted` or `step.resolved` of the same
 *    path and attempt, unless it is the one in flight. A step between two attempts may be ended by one more `step.failed`.
 * 3. Nothing is ever rewritten. What was paid for is in an `operation.completed` before it is used.
 * 4. A child run is in a `child.started` before anybody hears of it. It has one `child.ended`, which may come after the end
 *    of its step, and of this run.
 */
import type { BlobRef } from "../lib/blob-ref.ts"
import type { ErrorData } from "../lib/errors.ts"
import type { FailureClass } from "../lib/failure-classes.ts"
import type { Json } from "../lib/json.ts"
import type { Operation } from "../model/operation.ts"
import type { OperationRecord } from "../model/record.ts"
import type { OperationResult } from "../model/result.ts"

/** A JSON value as the log holds it: whole, or (over 128 KiB) with its large parts replaced by blob references. */
export type Stored = Json | BlobRef

/** Where a live or replayed run stops before it goes on: one condition per entry, any of them is enough. */
export type Breakpoint =
  | { readonly step: string }
  | { readonly kind: string }
  | { readonly costAboveNanoUsd: number }
  | { readonly on: "schema-failure" | "refusal" | "error" }

/** What a run was asked to be. Never changes after `run.created`. */
export interface RunHeader {
  readonly runId: string
  readonly workflow: string
  readonly version: number
  readonly graphDigest: string
  readonly input: Stored
  readonly tenant: { readonly id: string; readonly plan?: string }
  readonly user?: { readonly id: string }
  readonly region?: string
  readonly tags: readonly string[]
  readonly priority?: number
  readonly budgetNanoUsd?: number
  /** Until others are set. */
  readonly breakpoints?: readonly Breakpoint[]
  /** `depth`: how many runs stand above this one. */
  readonly parent?: { readonly runId: string; readonly path: string; readonly depth?: number }
  readonly forkedFrom?: { readonly runId: string; readonly path: string }
  /** The run answers itself from the recording of another; `beyond`: what happens where that has no answer. */
  readonly replayOf?: { readonly runId: string; readonly beyond: "hold" | "live" }
  /** By the name of a tool: what each call of it gives in this run, without being made. */
  readonly stubs?: Readonly<Record<string, Stored>>
  /** Whether the platform keeps this run's object inside the region that was asked for. */
  readonly jurisdiction?: { readonly asked: string; readonly applied: boolean; readonly reason?: string }
}

/** Why a step waits, and what ends the waiting. */
export interface Waiting {
  readonly reason: "approval" | "signal" | "sleep" | "child" | "interrupted" | "failed" | "unanswered"
  /** The signal's name, for `signal`. */
  readonly signal?: string
  /** When the wait ends by itself, milliseconds since the epoch. */
  readonly untilMs?: number
  /** What a person is asked, for `approval`. */
  readonly summary?: string
  /** JSON Schema of the answer, for `approval` and `signal`. */
  readonly form?: Json
  readonly approvers?: readonly string[]
  readonly childRunId?: string
}

/** What somebody decided about a step from outside. */
export type Resolution =
  | { readonly action: "retry"; readonly model?: string }
  | { readonly action: "complete"; readonly output: Stored }
  | { readonly action: "fail"; readonly message: string }
  | { readonly action: "skip" }

/**
 * What somebody changed about a step before it starts, or starts again. Several edits of a step add up. None holds both an
 * input and an output.
 */
export interface StepEdit {
  /** Taken in the place of what the step's closures give. */
  readonly input?: Stored
  /** What the step gives, without doing anything; of a step that has completed, instead of what it gave. */
  readonly output?: Stored
  /** Replaces the text of the last user message of what the step asks a language model. */
  readonly prompt?: string
  readonly route?: string
  /** `provider/model`: goes before everything that the routing prefers. */
  readonly model?: string
  readonly skip?: true
}

/** What a run is resumed to when it is to stop before the very next step, whichever that is. */
export const NEXT_STEP = "*"

/** Data of each event type. Run-level events have the path "" and attempt 0. */
export interface EventData {
  "run.created": RunHeader
  "run.started": Record<string, never>
  "run.paused": { readonly reason: "requested" | "breakpoint"; readonly at?: string; readonly by?: string }
  /** `to` may be `NEXT_STEP`. */
  "run.resumed": { readonly mode: "continue" | "step" | "run-to"; readonly to?: string; readonly by?: string }
  /** Where the run stops from here on, instead of where it was to stop before. */
  "run.breakpoints": { readonly breakpoints: readonly Breakpoint[]; readonly by?: string }
  "run.completed": { readonly output: Stored }
  "run.failed": { readonly error: ErrorData; readonly at?: string }
  "run.cancelled": { readonly reason?: string; readonly by?: string; readonly compensate: boolean }
  /** Ends what was copied: from here on the run is its own. `headHash`: of the newest event of the original then. */
  "run.forked": { readonly from: { readonly runId: string; readonly path: string; readonly headHash: string } }

  "step.started": {
    readonly kind: string
    /** Digest of the step's definition when it ran: tells later code what changed. */
    readonly digest: string
    /** True for a step that only holds other steps (branch, map …): it calls nobody itself. */
    readonly composite?: boolean
    /** The route that its author gave the step, instead of its kind's. */
    readonly route?: string
    /** The resolved input. On later attempts it is left out: the first one stands. */
    readonly input?: Stored
    readonly idempotencyKey?: string
    readonly effect?: "read" | "idempotent" | "unsafe"
    /** Name of the tool, for a step that calls one. */
    readonly tool?: string
    /** The tool knows how to undo what it does. */
    readonly compensates?: true
  }
  "step.completed": {
    readonly output: Stored
    /** The `signal.received`, or `child.ended`, that this step consumed. */
    readonly signalSeq?: number
    /** Copied from a recording or answered by one: the step itself did nothing here. */
    readonly replayed?: true
    /** The prompt or another part that may change was different from the recording when this step was resumed. */
    readonly note?: string
  }
  "step.failed": {
    readonly error: ErrorData
    readonly failureClass: FailureClass
    /** When the next attempt begins; absent when this was the last. */
    readonly retryAtMs?: number
    /** The `signal.received`, or `child.ended`, that failed the step and that is used up: a rejection, a child's failure. */
    readonly signalSeq?: number
    /** A breakpoint on failures stopped the run here: somebody decides whether the step is tried again, completed or failed. */
    readonly held?: boolean
  }
  "step.skipped": { readonly kind: string; readonly reason: string }
  "step.waiting": Waiting
  /** The attempt was in flight when the object died. `parked`: an unsafe effect may have happened, somebody must resolve it. */
  "step.interrupted": {
    readonly parked: boolean
    /** A replay's recording has no answer: nothing was done, and somebody must say how it would have ended. */
    readonly unanswered?: true
    /** A model call may have been lost with the object: it is booked at what was reserved for it (0 when nothing was). */
    readonly lost?: { readonly costNanoUsd: number }
  }
  "step.resolved": Resolution & { readonly by?: string }
  /** `copied`: the edit was made in the recording that this run replays. */
  "step.edited": StepEdit & { readonly by?: string; readonly copied?: true }

  "operation.completed": {
    /** 0-based place among the operations of this attempt of the step. */
    readonly index: number
    /** The operation itself, unless it is the step's recorded input. */
    readonly request?: Operation | BlobRef
    readonly record: OperationRecord
    readonly response?: OperationResult | BlobRef
    readonly error?: ErrorData
    /** Nobody could use the answer: its attempt was over, or cut off. It is here for what it cost, also after the run's end. */
    readonly unused?: true
    /** Copied from a recording: nobody was called and nothing was paid, whatever the record says. */
    readonly replayed?: boolean
  }
  "signal.received": { readonly name: string; readonly payload: Stored; readonly path?: string; readonly by?: string }

  /** `leave`: the child is left alone when its step is stopped. */
  "child.started": { readonly runId: string; readonly workflow: string; readonly leave?: true }
  /** A child that was told to stop before it ever began ended as well: `cancelled`, at no cost. */
  "child.ended": {
    readonly runId: string
    readonly status: "succeeded" | "failed" | "cancelled"
    /** Only when the step waits for it. */
    readonly output?: Stored
    readonly error?: ErrorData
    /** It did something that can be undone. */
    readonly undoable?: true
    /** What the child and its own children cost, as far as they knew then. */
    readonly costNanoUsd: number
  }
  /** A child that has ended cost more than it said then. `costNanoUsd`: in all, as in `child.ended`. */
  "child.charged": { readonly runId: string; readonly costNanoUsd: number }

  /** A run that had ended well, or was cancelled without compensation, is to be undone: the run above it is. */
  "compensation.requested": { readonly reason: string }
  "compensation.started": { readonly input: Stored }
  "compensation.completed": { readonly output: Stored }
  "compensation.failed": { readonly error: ErrorData; readonly retryAtMs?: number }
}

export type EventType = keyof EventData

/** An event before the store numbered, dated and chained it. */
export type NewEvent = {
  [Type in EventType]: {
    readonly type: Type
    readonly path: string
    readonly attempt: number
    readonly data: EventData[Type]
  }
}[EventType]

/** An event as the log holds it. `seq` counts from 1 without gaps; `hash` chains it to the one before. */
export type RunEvent = NewEvent & { readonly seq: number; readonly atMs: number; readonly hash: string }

/** The event of one type. */
export type EventOf<Type extends EventType> = Extract<RunEvent, { type: Type }>

/** Makes a step-level event. */
export function stepEvent<Type extends EventType>(
  type: Type,
  path: string,
  attempt: number,
  data: EventData[Type],
): NewEvent {
  return { type, path, attempt, data } as NewEvent
}

/** Makes a run-level event. */
export function runEvent<Type extends EventType>(type: Type, data: EventData[Type]): NewEvent {
  return { type, path: "", attempt: 0, data } as NewEvent
}
