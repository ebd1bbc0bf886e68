/**
 * A finished or unfinished log, read as answers: what each step was given, what its attempts met and what it gave.
 *
 * Crashes are not part of the recording: an attempt that was interrupted and tried again counts with the one that took its
 * place. So the attempts of a step are cut where it failed, and nowhere else.
 */
import type { ErrorData } from "../lib/errors.ts"
import type { FailureClass } from "../model/failure.ts"
import type { EventOf, RunEvent, RunHeader, Stored } from "../run/event.ts"

/** How one attempt of a step ended. */
export type RecordedEnd =
  | { readonly status: "completed"; readonly output: Stored }
  | { readonly status: "failed"; readonly error: ErrorData; readonly failureClass: FailureClass }

export interface RecordedAttempt {
  /** By the operation's place among those of the attempt. */
  readonly operations: Map<number, EventOf<"operation.completed">>
  end?: RecordedEnd
}

export interface RecordedStep {
  readonly path: string
  readonly kind: string
  readonly composite: boolean
  input?: Stored
  readonly attempts: RecordedAttempt[]
  skipped: boolean
  readonly firstSeq: number
}

export interface Recording {
  readonly header: RunHeader
  readonly createdAtMs: number
  /** In the order in which they first started. */
  readonly steps: ReadonlyMap<string, RecordedStep>
  readonly signals: readonly EventOf<"signal.received">[]
  readonly end?: EventOf<"run.completed"> | EventOf<"run.failed"> | EventOf<"run.cancelled">
  /** Hash of the newest event: what tells one recording from another. */
  readonly headHash: string
}

/** Reads a log, which begins with `run.created`. */
export function readRecording(events: Iterable<RunEvent>): Recording {
  const steps = new Map<string, RecordedStep>()
  const signals: EventOf<"signal.received">[] = []
  let created: EventOf<"run.created"> | undefined
  let end: Recording["end"]
  let headHash = ""
  for (const event of events) {
    headHash = event.hash
    if (event.type === "run.created") created = event
    else if (event.type === "signal.received") signals.push(event)
    else if (event.type === "run.completed" || event.type === "run.failed" || event.type === "run.cancelled")
      end = event
    else if (event.path !== "") take(steps, event)
  }
  if (!created) throw new Error("Broken invariant: a log begins with run.created")
  return { header: created.data, createdAtMs: created.atMs, steps, signals, headHash, ...(end ? { end } : {}) }
}

function take(steps: Map<string, RecordedStep>, event: RunEvent): void {
  const step = steps.get(event.path) ?? open(steps, event)
  if (!step) return
  const last = step.attempts.at(-1)
  switch (event.type) {
    case "step.started":
      if (event.data.input !== undefined) step.input = event.data.input
      if (!last || last.end) step.attempts.push({ operations: new Map() })
      return
    case "operation.completed":
      last?.operations.set(event.data.index, event)
      return
    case "step.completed":
      if (last) last.end = { status: "completed", output: event.data.output }
      return
    case "step.failed":
      if (last && event.data.failureClass !== "cancelled")
        last.end = { status: "failed", error: event.data.error, failureClass: event.data.failureClass }
      return
    case "step.resolved":
      if (event.data.action === "complete" && last) last.end = { status: "completed", output: event.data.output }
      if (event.data.action === "skip") step.skipped = true
      return
    default:
      return
  }
}

function open(steps: Map<string, RecordedStep>, event: RunEvent): RecordedStep | undefined {
  if (event.type !== "step.started" && event.type !== "step.skipped") return undefined
  const { kind } = event.data
  const composite = event.type === "step.started" && event.data.composite === true
  const step: RecordedStep = {
    path: event.path,
    kind,
    composite,
    attempts: [],
    skipped: event.type === "step.skipped",
    firstSeq: event.seq,
  }
  steps.set(event.path, step)
  return step
}
