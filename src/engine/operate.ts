/** A step's questions to the gateway: asked once, logged before they are used, and answered from the log after a crash. */
import { untilAborted } from "../lib/abort.ts"
import { errorData, errorFrom } from "../lib/errors.ts"
import { canonicalJson } from "../lib/json.ts"
import type { Delta } from "../model/client.ts"
import { type Operation, operationDigest } from "../model/operation.ts"
import type { OperationOutcome, OperationRecord } from "../model/record.ts"
import type { OperationResult } from "../model/result.ts"
import { type EventData, stepEvent } from "../run/event.ts"
import { isHeld } from "../run/run-state.ts"
import { answeredOperation } from "./answered.ts"
import { operationContext } from "./operation-context.ts"
import { restoreRecord, storeRecord } from "./records.ts"
import type { Session } from "./session.ts"
import type { StepRun } from "./step-run.ts"

/**
 * The answer to `operation`, the step's `index`-th. When a crash cut off an attempt that had paid for this very operation,
 * it is answered from the log. Throws the operation's error.
 */
export async function operate(
  session: Session,
  run: StepRun,
  operation: Operation,
  index: number,
): Promise<OperationResult> {
  const digest = operationDigest(operation)
  const paid = session.log
    .step(run.path)
    ?.operations.find((known) => known.index === index && known.requestDigest === digest)
  if (paid) return restoreRecord(session, paid.seq)
  const answered = await answeredOperation(session, run, operation, index)
  const outcome = answered ?? withClass(await ask(session, run, operation, index))
  const isInput = operation === run.input || canonicalJson(operation) === canonicalJson(run.input)
  const data = await storeRecord(session, index, isInput ? undefined : operation, outcome)
  book(session, run, { ...data, ...(answered ? { replayed: true } : {}) }, !isUnderWay(session, run))
  if (outcome.status === "failed") throw errorFrom(outcome.error)
  return outcome.result
}

/** Does not wait for an answer when the step is stopped; what it cost is logged when it is known, before or after the run's end. */
function ask(session: Session, run: StepRun, operation: Operation, index: number): Promise<OperationOutcome> {
  const { models, onDelta, isListening = () => true } = session.host
  const { path, attempt } = run
  const tell = (delta: Delta) =>
    run.signal.aborted ||
    onDelta?.({ path, attempt, ...(delta.type === "reset" ? { text: "", reset: true } : { text: delta.text }) })
  const onReject = (record: OperationRecord) => {
    if (record.attempts.length === 0) return
    const thrown = run.signal.aborted ? run.signal.reason : new Error("The gateway failed in the middle of it.")
    const error = { ...errorData(thrown, "internal"), path }
    book(session, run, { index, record, error }, true)
  }
  const asked = models.operate(operation, operationContext(session, run), {
    signal: run.signal,
    loadMedia: (ref) => session.blobs.get(ref),
    onReject,
    ...(onDelta && isListening() ? { onDelta: tell } : {}),
  })
  asked.then(({ record }) => run.signal.aborted && onReject(record)).catch(() => {})
  return untilAborted(asked, run.signal)
}

function book(session: Session, run: StepRun, data: EventData["operation.completed"], unused: boolean): void {
  if (session.log.fault) return
  const noted = unused ? { ...data, unused } : data
  session.log.append(stepEvent("operation.completed", run.path, run.attempt, noted))
}

/** Whether the attempt can still use what it is answered. */
function isUnderWay({ log }: Session, { path, attempt }: StepRun): boolean {
  const step = log.step(path)
  if (log.closed || step?.attempt !== attempt) return false
  return step.status === "running" || (step.status === "waiting" && !isHeld(step))
}

/** The failure class goes into the error itself: read back from the log, it must lead to the same decision about a retry. */
function withClass(outcome: OperationOutcome): OperationOutcome {
  if (outcome.status === "succeeded") return outcome
  const { error, failure } = outcome
  return { ...outcome, error: { ...error, details: { ...error.details, failureClass: failure.class } } }
}
