/**
 * An index over the log of a run, finished or not, that reads it as answers: what each step was given, what its attempts met
 * and how they ended. It holds numbers of events and no payloads, so the recording of a long run is small.
 *
 * Crashes are not part of a recording: an attempt that was interrupted and tried again counts with the one that took its
 * place. So the attempts of a step are cut where it failed, and nowhere else.
 */
import { must } from "../lib/assert.ts"
import { EMPTY_HEAD, type Head } from "../run/chain.ts"
import type { EventOf, EventType, RunEvent, RunHeader } from "../run/event.ts"
import { beginPause, endPause, type Pause } from "../run/pauses.ts"
import type { EventStore } from "../store/event-store.ts"
import { eventsIn } from "../store/pages.ts"

/** How one attempt of a step ended. */
export interface RecordedEnd {
  readonly seq: number
  readonly atMs: number
  readonly status: "completed" | "failed" | "skipped"
  /** Somebody decided it in the step's place. */
  readonly decided?: true
  /** A failed attempt after which another was to follow. */
  readonly retried?: true
  /** A breakpoint held the failure until somebody decided about it. */
  readonly held?: true
}

export interface RecordedAttempt {
  /** The newest start: what came before it was cut off by a crash. */
  startSeq: number
  startedAtMs: number
  /** Numbers of the `operation.completed` events by the operation's place in the attempt. */
  readonly operations: Map<number, number>
  end?: RecordedEnd
  /** When it was stopped from above. */
  stoppedAtMs?: number
}

/** `stopped`: ended from above. `open`: not ended when the log did. */
export type RecordedStatus = "completed" | "failed" | "skipped" | "stopped" | "open"

export interface RecordedStep {
  readonly path: string
  readonly kind: string
  readonly composite: boolean
  readonly firstSeq: number
  readonly firstAtMs: number
  status: RecordedStatus
  /** Digest of the newest start's definition: `<shape>.<whole>`; empty for a step that was skipped. */
  digest: string
  /** The route that its author gave it. */
  route?: string
  tool?: string
  effect?: string
  /** The event that holds the newest input. */
  inputSeq?: number
  /** The event that ended the step: its output or error is there. */
  endSeq?: number
  readonly attempts: RecordedAttempt[]
  /** What it did was undone, or was to be. */
  undone?: true
}

/** What people did to the run that no step could know of. */
export type Intervention =
  | EventOf<"step.resolved">
  | EventOf<"step.edited">
  | EventOf<"run.resumed">
  | EventOf<"run.cancelled">

export interface Recording {
  readonly source: EventSource
  readonly header: RunHeader
  readonly createdAtMs: number
  /** In the order in which they first started. */
  readonly steps: ReadonlyMap<string, RecordedStep>
  /** By the number of each signal the step that took it; undefined while none has. */
  readonly signals: ReadonlyMap<number, string | undefined>
  /** How often the run paused at a path. */
  readonly pauses: ReadonlyMap<string, number>
  /** When it was paused, oldest first. */
  readonly pauseTimes: readonly Pause[]
  /** Numbers of the events that are interventions. */
  readonly interventions: readonly number[]
  /** The event up to which it was copied from another run; absent of a run that is no fork. */
  readonly forkedSeq?: number
  /** The event that ended the run; absent when it has not ended. */
  readonly endSeq?: number
  readonly head: Head
}

/** A log that can be read: a store, or an export. */
export type EventSource = Pick<EventStore, "read" | "get" | "head">

/** A part of a log as a source: its first event, and those that matter to the reader. */
export function sourceOf(events: readonly RunEvent[]): EventSource {
  const bySeq = new Map(events.map((event) => [event.seq, event]))
  const last = events.at(-1)
  return {
    get: (seq) => bySeq.get(seq),
    // Numbers have gaps here, so there is one page only.
    read: (after = 0) => (after === 0 ? events : []),
    head: () => (last ? { seq: last.seq, hash: last.hash } : EMPTY_HEAD),
  }
}

/** Reads a log, which begins with `run.created`, up to the event numbered `upTo`: one that goes on is read as it stood. */
export function readRecording(source: EventSource, upTo = source.head().seq): Recording {
  const steps = new Map<string, RecordedStep>()
  const signals = new Map<number, string | undefined>()
  const interventions: number[] = []
  const pauses = new Map<string, number>()
  const pauseTimes: Pause[] = []
  let created: EventOf<"run.created"> | undefined
  let forkedSeq: number | undefined
  let endSeq: number | undefined
  let head = EMPTY_HEAD
  for (const event of eventsIn(source)) {
    if (event.seq > upTo) break
    head = { seq: event.seq, hash: event.hash }
    if (event.type === "run.created") created = event
    if (event.type === "run.forked") forkedSeq = event.seq
    if (event.type === "run.completed" || event.type === "run.failed" || event.type === "run.cancelled")
      endSeq = event.seq
    if (event.type === "run.paused") beginPause(pauseTimes, event.atMs)
    if (event.type === "run.resumed") endPause(pauseTimes, event.atMs)
    if (event.type === "run.paused" && event.data.at !== undefined)
      pauses.set(event.data.at, (pauses.get(event.data.at) ?? 0) + 1)
    if (isIntervention(event)) interventions.push(event.seq)
    if (event.type === "signal.received") signals.set(event.seq, undefined)
    if ((event.type === "step.completed" || event.type === "step.failed") && event.data.signalSeq !== undefined)
      signals.set(event.data.signalSeq, event.path)
    if (event.path !== "") take(steps, event)
  }
  const { data: header, atMs: createdAtMs } = must(created, "a log begins with run.created")
  const ends = { ...(forkedSeq === undefined ? {} : { forkedSeq }), ...(endSeq === undefined ? {} : { endSeq }) }
  return { source, header, createdAtMs, steps, signals, pauses, pauseTimes, interventions, head, ...ends }
}

/** The intervention numbered `seq`. */
export function interventionOf(source: EventSource, seq: number): Intervention {
  return eventOf(source, seq, "step.resolved", "step.edited", "run.resumed", "run.cancelled")
}

function isIntervention({ type }: RunEvent): boolean {
  return type === "step.resolved" || type === "step.edited" || type === "run.resumed" || type === "run.cancelled"
}

/** The event numbered `seq`, which is known to be of one of `types`. */
export function eventOf<Type extends EventType>(source: EventSource, seq: number, ...types: Type[]): EventOf<Type> {
  const event = must(source.get(seq), `event ${seq} is not in the log`)
  if (types.some((type) => type === event.type)) return event as EventOf<Type>
  throw new Error(`Broken invariant: event ${seq} is ${event.type}, expected ${types.join(" or ")}`)
}

function take(steps: Map<string, RecordedStep>, event: RunEvent): void {
  const step = steps.get(event.path) ?? open(steps, event)
  if (!step) return
  const last = step.attempts.at(-1)
  switch (event.type) {
    case "step.started":
      return started(step, event)
    case "operation.completed":
      if (!event.data.unused) last?.operations.set(event.data.index, event.seq)
      return
    case "step.completed":
      return ended(step, { status: "completed", ...placeOf(event) })
    case "step.failed":
      if (event.data.failureClass === "cancelled") {
        step.status = "stopped"
        if (last) last.stoppedAtMs = event.atMs
        return
      }
      return ended(step, {
        status: "failed",
        ...placeOf(event),
        ...(event.data.retryAtMs === undefined ? {} : { retried: true }),
        ...(event.data.held ? { held: true } : {}),
      })
    case "step.resolved":
      if (event.data.action === "complete") ended(step, { status: "completed", decided: true, ...placeOf(event) })
      if (event.data.action === "skip") ended(step, { status: "skipped", decided: true, ...placeOf(event) })
      return
    case "step.edited":
      if (step.status === "completed" && event.data.output !== undefined) step.endSeq = event.seq
      return
    case "compensation.started":
      step.undone = true
      return
    default:
      return
  }
}

function started(step: RecordedStep, { seq, atMs, data }: EventOf<"step.started">): void {
  const { digest, input, route, tool, effect } = data
  step.status = "open"
  step.digest = digest
  if (route !== undefined) step.route = route
  if (input !== undefined) step.inputSeq = seq
  if (tool !== undefined) step.tool = tool
  if (effect !== undefined) step.effect = effect
  const last = step.attempts.at(-1)
  if (last && !last.end) {
    last.startSeq = seq
    last.startedAtMs = atMs
  } else step.attempts.push({ startSeq: seq, startedAtMs: atMs, operations: new Map() })
}

/** A step that is decided about after its attempt had ended keeps that attempt's end: the decision is an intervention. */
function ended(step: RecordedStep, end: RecordedEnd): void {
  step.status = end.retried ? "open" : end.status
  step.endSeq = end.seq
  const last = step.attempts.at(-1)
  if (last && !last.end) last.end = end
}

function placeOf({ seq, atMs }: RunEvent): { readonly seq: number; readonly atMs: number } {
  return { seq, atMs }
}

function open(steps: Map<string, RecordedStep>, event: RunEvent): RecordedStep | undefined {
  if (event.type !== "step.started" && event.type !== "step.skipped") return undefined
  const step: RecordedStep = {
    path: event.path,
    kind: event.data.kind,
    composite: event.type === "step.started" && event.data.composite === true,
    firstSeq: event.seq,
    firstAtMs: event.atMs,
    status: event.type === "step.skipped" ? "skipped" : "open",
    digest: "",
    attempts: [],
  }
  steps.set(event.path, step)
  return step
}
