/**
 * Where a step that is replayed gets its answers: at its operations, at its waits, and, for a step that acts on the world by
 * anything else, as a whole.
 *
 * Invariants:
 * 1. Under `hold` nothing but the recording answers: no model, no tool, no child run, no person.
 * 2. A step that acts on the world by anything but operations is not executed when its end is recorded; what is compared
 *    of it is its input.
 */
import { parseWith } from "../graph/schema.ts"
import { errorData, errorFrom } from "../lib/errors.ts"
import { FAILURE_CLASSES, type FailureClass } from "../lib/failure-classes.ts"
import { canonicalJson, isJsonObject, type Json } from "../lib/json.ts"
import { type Operation, operationDigest } from "../model/operation.ts"
import type { OperationOutcome } from "../model/record.ts"
import type { NewEvent } from "../run/event.ts"
import { internalize } from "../store/values.ts"
import { cueOf } from "./cues.ts"
import { FinalFailure } from "./failure.ts"
import { operationContext } from "./operation-context.ts"
import type { AnswerEnd, Playback, RecordedAnswer } from "./playback.ts"
import { resultOf } from "./records.ts"
import type { Session } from "./session.ts"
import { digestOf } from "./step-facts.ts"
import type { StepJob, StepRun } from "./step-run.ts"

/** The recording does not say what the step met, and nobody else may be asked: somebody has to decide. */
export class Unanswered extends Error {
  constructor(path: string) {
    super(`The recording has no answer for ${path}.`)
  }
}

/** The step reached for the world: unwinds it, so that it can be answered as a whole. Never leaves `executeAnswered`. */
class Outside extends Error {}

/** Endings that a step cannot bring about by itself when it is executed again. */
const FROM_OUTSIDE = new Set<string>(["step_timeout", "step_crashed"])

/** Resolves when the recording says that the run ended, which may be by cancellation; at once when there is no order to keep. */
export function endCue(session: Session): Promise<void> {
  return atCue(session, "end", "")
}

/** Resolves when the recording says that the next attempt at the step started; at once when there is no order to keep. */
export function startCue(session: Session, { path }: StepJob, signal: AbortSignal): Promise<void> {
  return atCue(session, "start", path, signal)
}

/** What the step gives when its world is `playback`. Throws what it fails with, or `Unanswered`. */
export async function executeAnswered(
  session: Session,
  run: StepRun,
  playback: Playback,
  execute: () => Promise<unknown>,
): Promise<unknown> {
  const answer = run.kind.composite ? undefined : await playback.answer(run.path, failuresOf(session, run.path))
  if (answer && isFor(session, run, playback, answer)) run.answer = answer
  try {
    const output = await answered(session, run, playback, execute)
    await atCue(session, "end", run.path, run.signal)
    return output
  } catch (thrown) {
    if (!(thrown instanceof Unanswered)) await atCue(session, "end", run.path, run.signal)
    throw thrown
  }
}

async function answered(
  session: Session,
  run: StepRun,
  playback: Playback,
  execute: () => Promise<unknown>,
): Promise<unknown> {
  const end = run.answer?.end
  if (end?.status === "skipped") throw new Unanswered(run.path)
  if (run.kind.tool || (end?.status === "completed" && end.decided)) {
    if (end) return asAWhole(session, run, end)
    if (playback.beyond === "hold") throw new Unanswered(run.path)
    return execute()
  }
  try {
    const output = await execute()
    return end?.status === "failed" && FROM_OUTSIDE.has(end.error.code) ? asAWhole(session, run, end) : output
  } catch (thrown) {
    if (!(thrown instanceof Outside)) throw thrown
    if (end) return asAWhole(session, run, end)
    throw new Unanswered(run.path)
  }
}

/** The recorded outcome of `operation`, the attempt's `index`-th; undefined when it is to be asked for real. */
export async function answeredOperation(
  session: Session,
  run: StepRun,
  operation: Operation,
  index: number,
): Promise<OperationOutcome | undefined> {
  const { playback } = session.host
  if (!playback) return undefined
  const recorded = run.answer?.operations.find((one) => one.index === index)
  const requestDigest = operationDigest(operation)
  const isSame = recorded?.record.requestDigest === requestDigest
  if (playback.beyond === "live" && !isSame) return undefined
  if (!recorded) throw run.answer?.end?.status === "failed" ? new Outside() : new Unanswered(run.path)
  const input = run.answer?.input
  const given = input === undefined ? {} : { recordedInput: input }
  playback.onOperation?.({ path: run.path, operation, context: operationContext(session, run), recorded, ...given })
  // The digest is of the question as it is asked now: comparing it with the recording's tells whether it changed.
  const record = { ...recorded.record, requestDigest }
  const { error } = recorded
  if (!error) return { status: "succeeded", result: await resultOf(recorded, session.blobs), record }
  return {
    status: "failed",
    error,
    failure: { class: classOf(error.details?.failureClass), message: error.message },
    record,
  }
}

/** Called before a step waits or starts a child run: unwinds a step whose end is recorded. */
export function beforeOutside(session: Session, run: StepRun): void {
  if (session.host.playback && run.answer?.end) throw new Outside()
}

/** Called before a step acts for real: under `hold` it must not. */
export function beforeActing(session: Session, run: StepRun): void {
  beforeOutside(session, run)
  if (session.host.playback?.beyond === "hold") throw new Unanswered(run.path)
}

/** Whether the attempt was stopped by `parent` before it ended; in the order of a recording, unless it ended there. */
export function isStopped(session: Session, path: string, parent: AbortSignal): boolean {
  const { cues } = session.host.playback ?? {}
  return parent.aborted && !cues?.isRecorded(cueOf("end", path, failuresOf(session, path)))
}

/**
 * Whether the time of an attempt that ends at `endMs` is never over: in the order of a recording, when the same step was stopped
 * there though its time was over. Its process was away, or what stopped it came in the same moment.
 */
export function isStoppedBeforehand(session: Session, job: StepJob, endMs: number): boolean {
  const { cues } = session.host.playback ?? {}
  const stoppedAtMs = cues?.stoppedAtMs(job.path, failuresOf(session, job.path))
  return stoppedAtMs !== undefined && endMs <= stoppedAtMs && cues?.digestOf(job.path) === digestOf(job)
}

/** Whether a failure of the step waits for somebody to decide about it: in the order of a recording, if it did there. */
export function isToBeHeld(session: Session, path: string, failureClass: FailureClass): boolean {
  const { cues } = session.host.playback ?? {}
  return cues ? cues.isHeld(path, failuresOf(session, path)) : session.holdsFailure(failureClass)
}

/** Whether the attempt at the step is its last, whatever its policy: in the order of a recording, when it was the last there. */
export function isLastAttempt(session: Session, path: string): boolean {
  return session.host.playback?.cues?.isLastAttempt(path, failuresOf(session, path)) ?? false
}

/** Whether the run pauses where an output failed for the `pauses + 1`st time: in the order of a recording, if it did there. */
export function isPausedAt(session: Session, at: string, pauses: number, failureClass: FailureClass): boolean {
  const { cues } = session.host.playback ?? {}
  return cues ? cues.pausesAt(at) > pauses : session.holdsFailure(failureClass)
}

/** Whether a recording says that it paused there once more, though nothing was edited: its object was away meanwhile. */
export function isPausedAgain({ host }: Session, at: string, pauses: number): boolean {
  return (host.playback?.cues?.pausesAt(at) ?? 0) > pauses
}

/** The event that pauses the run at a failure that is held; none when it is paused, or when a recording says how it goes on. */
export function pauseAt(session: Session, path: string): NewEvent[] {
  return session.host.playback?.cues ? [] : session.pauseAt(path)
}

async function asAWhole(session: Session, run: StepRun, end: AnswerEnd): Promise<Json> {
  if (end.status === "skipped") throw new Unanswered(run.path)
  if (end.status === "failed") throw end.retried ? errorFrom(end.error) : new FinalFailure(errorFrom(end.error))
  try {
    const output = await internalize(end.output, session.blobs)
    run.replayed = true
    // What was checked by the same schema is not checked again: one that transforms cannot read what it gave.
    const schema = run.answer?.shape === run.node.shape ? undefined : run.kind.output?.(run.node.config)
    const code = run.kind.tool ? "tool_output_invalid" : "output_invalid"
    return schema ? (parseWith(schema, output, code, run.path) as Json) : output
  } catch (thrown) {
    // Another try would be answered by nobody.
    throw new FinalFailure(thrown)
  }
}

/**
 * Whether the recorded answer is one to what is asked now. What somebody changed since was not asked then, and when answers
 * beyond the recording are live, nor was anything with another input.
 */
function isFor(session: Session, run: StepRun, playback: Playback, answer: RecordedAnswer): boolean {
  if (playback.cues) return true
  const edit = session.log.state.edits.get(run.path)
  if (edit ? !edit.copied : run.model !== undefined) return false
  if (playback.beyond === "hold") return true
  const { inputSeq } = session.log.step(run.path) ?? {}
  if (inputSeq === undefined) return true
  return untimed(session.values.stored(inputSeq)) === untimed(answer.input ?? null)
}

/** When a wait is to end follows from when it began: no part of what is asked. */
function untimed(input: Json): string {
  if (!isJsonObject(input)) return canonicalJson(input)
  const { untilMs: _untilMs, ...rest } = input
  return canonicalJson(rest)
}

async function atCue(session: Session, what: "start" | "end", path: string, signal?: AbortSignal): Promise<void> {
  const cues = session.host.playback?.cues
  if (!cues) return
  const cue = cueOf(what, path, failuresOf(session, path))
  // A place in the parking that is no step's path: paths never begin with a space.
  const wait = (until?: AbortSignal) => session.parking.wait(` cue ${cue}`, undefined, until)
  cues.arrived(cue, () => session.parking.wake(` cue ${cue}`))
  try {
    await wait(signal)
  } catch (thrown) {
    // Stopping a step takes a moment, and what the recording says happened in that moment happens.
    if (!cues.isRecorded(cue) || isTimeoutOf(path, thrown)) throw thrown
    await wait()
  } finally {
    cues.left(cue)
  }
}

function isTimeoutOf(path: string, thrown: unknown): boolean {
  const { code, path: at } = errorData(thrown instanceof FinalFailure ? thrown.cause : thrown)
  return code === "step_timeout" && at === path
}

function failuresOf(session: Session, path: string): number {
  return session.log.step(path)?.failures ?? 0
}

function classOf(named: unknown): FailureClass {
  return FAILURE_CLASSES.find((known) => known === named) ?? "own_code.exception"
}
