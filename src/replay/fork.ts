/**
 * What a new run copies of an old one when it starts again from a step: everything that does not come after that step
 * (`order.ts`), as far as it has a result. What was paid for there is not paid for again, and what was done there is not
 * undone here.
 *
 * Invariant: the original is only read.
 */

import { nodeAt } from "../engine/locate.ts"
import { holds, isRedone } from "../engine/order.ts"
import type { RecordedStep, Recording } from "../engine/recording.ts"
import { WaybillError } from "../lib/errors.ts"
import { type EventData, type EventOf, type NewEvent, type RunEvent, stepEvent } from "../run/event.ts"
import { eventsIn } from "../store/pages.ts"
import type { ForkGround } from "./fork-point.ts"

export interface ForkPoint extends ForkGround {
  /** Path of the step that is done again, with all that comes after it; or of the output of a sequence. */
  readonly at: string
  /** Steps before `at` whose output somebody gives anew: they are not copied. */
  readonly replaced: ReadonlySet<string>
  /** Steps that the new run is told something else about: what the original was told about them does not hold. */
  readonly edited: ReadonlySet<string>
}

/** What of a step is copied: all of its events, only that it was started (it goes on), or nothing. */
type Fate = "whole" | "opened" | "none"

/**
 * Throws `workflow_changed` when the code has another kind or output schema for a step that would be copied, and `step_undone`
 * when such a step was undone.
 */
export function checkForkPoint(point: ForkPoint): void {
  const { recording, scope, kinds } = point
  const fateOf = fates(point)
  for (const { path, digest, undone } of recording.steps.values()) {
    if (undone && fateOf(path) === "whole")
      throw new WaybillError("step_undone", `${path}: what the step did was undone when the run ended.`, { path })
    const node = digest === "" || fateOf(path) === "none" ? undefined : nodeAt(scope, path, kinds)
    if (!node || digest.startsWith(`${node.shape}.`)) continue
    const message = `${path}: the code's kind or output schema is not the recorded one; start from there, or before it.`
    throw new WaybillError("workflow_changed", message, { path })
  }
}

/** Whether the step at `path` is done again when a run starts from `at`. */
export function comesAfter({ recording, scope, at }: ForkPoint, path: string): boolean {
  return isRedone(scope, path, at, (of) => recording.steps.get(of)?.firstSeq ?? Number.POSITIVE_INFINITY)
}

/** Whether what the recorded step at a path did is kept as it is. */
export function copiedPaths(point: ForkPoint): (path: string) => boolean {
  const fateOf = fates(point)
  return (path) => fateOf(path) === "whole"
}

/** The events of steps, and the signals that no step has taken yet, that the new run begins with. */
export function* copiedEvents(point: ForkPoint): Generator<NewEvent> {
  const { recording } = point
  const fateOf = fates(point)
  const atSeq = recording.steps.get(point.at)?.firstSeq ?? Number.POSITIVE_INFINITY
  for (const event of eventsIn(recording.source)) {
    // A run that goes on while it is copied is copied as it stood.
    if (event.seq > recording.head.seq) return
    if (event.type === "signal.received") {
      const usedBy = recording.signals.get(event.seq)
      const isFree = usedBy === undefined || fateOf(usedBy) === "none"
      if (event.data.path === undefined && event.seq < atSeq && isFree) yield newEvent(event)
    } else if (event.path !== "") {
      const fate = fateOf(event.path)
      const copy = event.type === "step.edited" && fate !== "whole" ? carriedEdit(point, event) : copyOf(event, fate)
      if (copy) yield copy
    }
  }
}

function fates(point: ForkPoint): (path: string) => Fate {
  const known = new Map<string, Fate>()
  const fateOf = (path: string): Fate => {
    const fate = known.get(path) ?? decide(point, path, fateOf)
    known.set(path, fate)
    return fate
  }
  return fateOf
}

function decide(point: ForkPoint, path: string, fateOf: (path: string) => Fate): Fate {
  const { recording, replaced } = point
  const step = recording.steps.get(path)
  if (!step || comesAfter(point, path)) return "none"
  if ([...replaced].some((at) => at === path || holds(at, path))) return "none"
  const parent = parentOf(recording, path)
  if (parent && fateOf(parent.path) === "whole") return "whole"
  if (step.composite && holds(path, point.at)) return "opened"
  if ([...replaced].some((at) => holds(path, at))) return "opened"
  if (step.status === "completed" || step.status === "skipped") return "whole"
  const isHeld = step.attempts.at(-1)?.end?.held === true
  if (step.status === "failed" && !isHeld && parent && parent.status !== "failed") return "whole"
  // One without an input failed before it had any: there is nothing in it to go on with.
  return step.composite && step.inputSeq !== undefined ? "opened" : "none"
}

/** The composite step around `path`. */
function parentOf({ steps }: Recording, path: string): RecordedStep | undefined {
  for (let end = path.length - 1; end > 0; end -= 1) {
    if (path[end] !== "." && path[end] !== "[") continue
    const outer = steps.get(path.slice(0, end))
    if (outer) return outer
  }
  return undefined
}

function copyOf(event: RunEvent, fate: Fate): NewEvent | undefined {
  if (fate === "none" || (fate === "opened" && event.type !== "step.started")) return undefined
  const { path, attempt } = event
  switch (event.type) {
    case "operation.completed":
      if (event.data.unused) return undefined
      return stepEvent("operation.completed", path, attempt, { ...event.data, replayed: true })
    case "step.completed": {
      const { output, note } = event.data
      return completed(path, attempt, { output, ...(note === undefined ? {} : { note }) })
    }
    case "step.failed": {
      const { signalSeq: _signalSeq, ...data } = event.data
      return stepEvent("step.failed", path, attempt, data)
    }
    case "step.interrupted":
      return stepEvent("step.interrupted", path, attempt, { parked: event.data.parked })
    case "step.resolved":
      if (event.data.action === "complete") return completed(path, attempt, { output: event.data.output })
      return newEvent(event)
    case "step.edited":
      return keptEdit(event)
    case "step.started":
    case "step.skipped":
    case "step.waiting":
      return newEvent(event)
    default:
      return undefined
  }
}

/**
 * What somebody had changed about a step holds for the new run too, unless that is told something else about it. How the step
 * that is started from is to end does not: it is to be done. Nor does what an output was replaced by afterwards.
 */
function carriedEdit({ recording, at, edited }: ForkPoint, event: EventOf<"step.edited">): NewEvent | undefined {
  const { path, attempt, seq, data } = event
  const end = recording.steps.get(path)?.attempts.at(-1)?.end
  const isCorrection = end?.status === "completed" && end.seq < seq
  const { output, skip, ...rest } = data
  const isEnding = output !== undefined || skip !== undefined
  if (edited.has(path) || isCorrection || (isEnding && path === at)) return undefined
  return stepEvent("step.edited", path, attempt, isEnding ? data : rest)
}

/** Of a step that had ended; before that, what the edit was for has been done. */
function keptEdit({ path, attempt, data }: EventOf<"step.edited">): NewEvent | undefined {
  const { output } = data
  return output === undefined ? undefined : stepEvent("step.edited", path, attempt, { output, copied: true })
}

function completed(path: string, attempt: number, data: EventData["step.completed"]): NewEvent {
  return stepEvent("step.completed", path, attempt, { ...data, replayed: true })
}

/** The event without its place in the log that it stands in. */
function newEvent({ seq: _seq, atMs: _atMs, hash: _hash, ...event }: RunEvent): NewEvent {
  return event
}
