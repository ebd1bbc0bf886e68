/**
 * One step from its first start to its end: resolve, log, execute, log; try again, park, or give up.
 *
 * Invariants:
 * 1. `step.started` with its input is appended before `execute` is called.
 * 2. A step that has an output, or failed for good, is never executed again.
 * 3. The input that the first attempt logged is the input of every attempt, unless somebody edited it.
 */
import { errorFrom } from "../lib/errors.ts"
import { type EventData, type NewEvent, type Stored, stepEvent } from "../run/event.ts"
import { isHeld, isOpen, type StepState } from "../run/run-state.ts"
import { detach, externalizeMade, internalize } from "../store/values.ts"
import { executeAnswered, isLastAttempt, isStopped, isToBeHeld, pauseAt, startCue, Unanswered } from "./answered.ts"
import { begin, goesOn } from "./begin.ts"
import { endAsEdited } from "./edits.ts"
import { type ClassifiedFailure, classifyFailure, FinalFailure, plainError } from "./failure.ts"
import { endLeftBehind, stoppedEvent } from "./left-behind.ts"
import { cancelOrphans } from "./orphans.ts"
import { policyOf, retryDelayMs } from "./retry.ts"
import type { Session } from "./session.ts"
import { makeContext } from "./step-context.ts"
import { digestOf } from "./step-facts.ts"
import type { StepJob, StepRun } from "./step-run.ts"
import { stubOf } from "./stubs.ts"
import { timeLimit, totalEnd } from "./timeouts.ts"

/** Runs the step at `job.path` until it has an output. Throws its error when it failed for good. */
export async function runAttempts(session: Session, job: StepJob, signal: AbortSignal): Promise<void> {
  session.leftBehind.delete(job.path)
  for (;;) {
    const before = session.log.step(job.path)
    if (before && (await settled(session, before, signal))) return
    if (signal.aborted) throw stopped(session, job.path, signal.reason)
    const attempt = await oneAttempt(session, job, signal)
    if (attempt.status === "completed") return
    if (attempt.status === "unanswered") park(session, job)
    else recordFailure(session, job, attempt)
  }
}

/**
 * Fails the step, which has not started, because its condition threw. Held, it can be decided about as any other: whoever
 * tries it again wants it done.
 */
export async function failBeforehand(
  session: Session,
  job: StepJob,
  thrown: unknown,
  signal: AbortSignal,
): Promise<void> {
  const { kind, node, path } = job
  if (session.log.closed || signal.aborted) throw thrown
  await startCue(session, job, signal)
  const failure = classifyFailure(new FinalFailure(thrown), path, "step_failed")
  session.log.append(
    stepEvent("step.started", path, 1, {
      kind: node.kind,
      digest: digestOf(job),
      ...(kind.composite ? { composite: true } : {}),
    }),
    ...lastFailure(session, job, 1, failure),
  )
}

/** Waits until the step may be tried (again). True when somebody completed or skipped it meanwhile; throws when it failed. */
async function settled(session: Session, step: StepState, signal: AbortSignal): Promise<boolean> {
  const { log, parking, gate } = session
  try {
    for (;;) {
      if (step.status === "completed" || step.status === "skipped") return true
      if (step.status === "failed") throw errorFrom(step.error ?? { code: "step_failed", message: "The step failed." })
      if (step.status === "retrying" && (step.retryAtMs ?? 0) > session.nowMs()) {
        await parking.wait(step.path, step.retryAtMs, signal)
      } else if (isHeld(step)) {
        await parking.wait(step.path, undefined, signal)
      } else if (step.resolution?.action === "fail") {
        const error = plainError({ code: "step_failed", message: step.resolution.message, path: step.path })
        log.append(stepEvent("step.failed", step.path, step.attempt, { error, failureClass: "own_code.exception" }))
      } else if (log.state.paused && !step.composite && step.status !== "waiting" && !step.resolution) {
        await gate.resumed(signal)
      } else return false
    }
  } catch (thrown) {
    // A step that has failed by itself was not stopped: its failure may be what stopped the others.
    const failed = step.status === "failed" && step.error?.code !== "run_cancelled"
    throw signal.aborted && !failed ? stopped(session, step.path, signal.reason) : thrown
  }
}

interface Completed {
  readonly status: "completed"
}

interface Failed extends ClassifiedFailure {
  readonly status: "failed"
  /** A recording gave the failure, and has what came of the next attempt. */
  readonly recorded: boolean
  readonly signalSeq?: number
}

/** A replay reached the end of its recording. */
interface UnansweredAttempt {
  readonly status: "unanswered"
}

type Attempted = Completed | Failed | UnansweredAttempt

async function oneAttempt(session: Session, job: StepJob, parent: AbortSignal): Promise<Attempted> {
  const free = await admit(session, job, parent)
  const step = session.log.step(job.path)
  const limit = timeLimit(session, job, step && goesOn(step) ? step.attemptAtMs : session.nowMs())
  const deadline = session.deadlines.start(parent, limit)
  let run: StepRun | undefined
  try {
    if (endAsEdited(session, job)) return { status: "completed" }
    run = await begin(session, job, limit, deadline.signal, free)
    const output = await execute(session, run)
    await complete(session, run, output)
    return { status: "completed" }
  } catch (thrown) {
    if (session.log.closed) throw thrown
    if (isStopped(session, job.path, parent)) throw stopped(session, job.path, parent.reason)
    if (thrown instanceof Unanswered) return { status: "unanswered" }
    // A replay whose recording says that the attempt ended by itself goes on though a sibling's failure stopped it.
    const cause = deadline.signal.aborted && !parent.aborted ? deadline.signal.reason : thrown
    const failure = classifyFailure(cause, job.path, job.kind.tool ? "tool_failed" : "step_failed")
    const recorded = run?.answer?.end?.status === "failed" && run.answer.end.retried === true
    return {
      status: "failed",
      ...failure,
      recorded,
      ...(run?.signalSeq === undefined ? {} : { signalSeq: run.signalSeq }),
    }
  } finally {
    deadline.clear()
    free()
  }
}

/** Waits until the attempt may begin; gives what frees its place among the steps in flight. */
async function admit(session: Session, job: StepJob, parent: AbortSignal): Promise<() => void> {
  try {
    await startCue(session, job, parent)
    return job.kind.composite ? () => {} : await session.slots.take(parent)
  } catch (thrown) {
    throw stopped(session, job.path, thrown)
  }
}

function execute(session: Session, run: StepRun): Promise<unknown> {
  const { playback } = session.host
  const stub = stubOf(session, run)
  if (stub !== undefined) {
    run.replayed = true
    return internalize(stub, session.blobs)
  }
  const act = () => run.kind.execute(run.node.config, run.input, makeContext(session, run))
  return playback ? executeAnswered(session, run, playback, act) : act()
}

async function complete(session: Session, run: StepRun, output: unknown): Promise<void> {
  const stored = await storeOutput(session, run, output)
  const data: EventData["step.completed"] = {
    output: stored,
    ...(run.signalSeq === undefined ? {} : { signalSeq: run.signalSeq }),
    ...(run.replayed ? { replayed: true } : {}),
    ...(run.changed ? { note: "The step's definition changed while it was under way." } : {}),
  }
  session.log.append(stepEvent("step.completed", run.path, run.attempt, data))
}

async function storeOutput({ blobs }: Session, { kind, path }: StepRun, output: unknown): Promise<Stored> {
  if (kind.composite) return externalizeMade(output ?? null, `${path}.output`, blobs)
  return (await detach(output, `${path}.output`, blobs)).stored
}

/** Logs the end of a step that was stopped from above, so that no start is left without an end. Gives what to throw. */
function stopped(session: Session, path: string, reason: unknown): unknown {
  const step = session.log.step(path)
  if (session.log.closed || !step || !isOpen(step)) return reason
  session.log.append(...endLeftBehind(session, path, reason), stoppedEvent(step, reason))
  cancelOrphans(session)
  return reason
}

function recordFailure(session: Session, job: StepJob, failure: Failed): void {
  const { path } = job
  const { error, failureClass, signalSeq } = failure
  const step = session.log.step(path)
  const attempt = step?.attempt ?? 1
  const retryAtMs = retryAt(session, job, failure, (step?.failures ?? 0) + 1)
  if (retryAtMs !== undefined) {
    const data = { error, failureClass, ...(signalSeq === undefined ? {} : { signalSeq }) }
    session.log.append(stepEvent("step.failed", path, attempt, { ...data, retryAtMs }))
    cancelOrphans(session)
    return
  }
  session.log.append(...endLeftBehind(session, path, error), ...lastFailure(session, job, attempt, failure))
  cancelOrphans(session)
}

/** The end of a step that is not tried again by itself. One that holds others is held only for a failure of its own. */
function lastFailure(
  session: Session,
  { path, kind }: StepJob,
  attempt: number,
  { error, failureClass, signalSeq }: ClassifiedFailure & Pick<Failed, "signalSeq">,
): NewEvent[] {
  const isOwn = !kind.composite || error.path === path || error.path === `${path}.when`
  const held = isOwn && isToBeHeld(session, path, failureClass)
  const data = { error, failureClass, ...(signalSeq === undefined ? {} : { signalSeq }), ...(held ? { held } : {}) }
  return [stepEvent("step.failed", path, attempt, data), ...(held ? pauseAt(session, path) : [])]
}

/** Nobody knows what the attempt would have met: it is as if a crash had cut it off, and somebody must decide. */
function park(session: Session, { path }: StepJob): void {
  session.log.append(
    stepEvent("step.interrupted", path, session.log.step(path)?.attempt ?? 1, { parked: true, unanswered: true }),
  )
}

/** When the next attempt begins; undefined when there is none. A composite is never tried again: its inner steps are. */
function retryAt(session: Session, job: StepJob, failure: Failed, failures: number): number | undefined {
  if (job.kind.composite || isLastAttempt(session, job.path)) return undefined
  const delayMs = retryDelayMs(policyOf(job), failures, failure, session.host.random)
  if (delayMs === undefined) return undefined
  const nowMs = session.nowMs()
  // Whoever goes through a recording does not wait for an answer that is there. In its order, the attempt's cue does.
  if (failure.recorded) return nowMs
  return nowMs + delayMs < totalEnd(session, job, nowMs) ? nowMs + delayMs : undefined
}
