/** The start of an attempt: the input that it acts on, resolved or as it was logged before, is in the log when it begins. */
import { WaybillError } from "../lib/errors.ts"
import { type Json, toJson } from "../lib/json.ts"
import { MAX_INTERRUPTIONS } from "../lib/limits.ts"
import { type Stored, stepEvent } from "../run/event.ts"
import type { StepState } from "../run/run-state.ts"
import { detach } from "../store/values.ts"
import type { Limit } from "./deadlines.ts"
import { chosenByHand, editedInput, isEdited } from "./edits.ts"
import { FinalFailure } from "./failure.ts"
import { blobsAnswer } from "./run-blobs.ts"
import type { Session } from "./session.ts"
import { digestOf, effectOf, startOf } from "./step-facts.ts"
import type { StepJob, StepRun } from "./step-run.ts"
import { deepFreeze } from "./values.ts"

/** Whether a restart does not cut the step off, so that its attempt goes on: it waits, or only holds other steps. */
export function goesOn(step: StepState): boolean {
  return step.status === "waiting" || (step.composite && step.status === "running")
}

/** Logs the start of an attempt, unless the step is in the middle of one that goes on. */
export async function begin(
  session: Session,
  job: StepJob,
  limit: Limit | undefined,
  signal: AbortSignal,
  release: () => void,
): Promise<StepRun> {
  const { path, kind } = job
  const step = session.log.step(path)
  if (step?.status === "interrupted") await blobsAnswer(session.blobs)
  const resuming = step !== undefined && goesOn(step)
  const attempt = resuming ? step.attempt : (step?.attempt ?? 0) + 1
  if (attempt - (step?.failures ?? 0) > MAX_INTERRUPTIONS) {
    const message = `The step was interrupted ${MAX_INTERRUPTIONS} times without ending.`
    throw new FinalFailure(new WaybillError("step_crashed", message, { path }))
  }
  if (step && limit && limit.atMs() <= session.nowMs()) throw limit.reason()
  const deadlineMs = limit?.atMs()
  const base = {
    ...job,
    attempt,
    signal,
    release,
    ...(resuming && step.digest !== digestOf(job) ? { changed: true } : {}),
    ...chosenByHand(session, path),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  }
  const recorded = step?.inputSeq === undefined ? undefined : ((await session.values.load(step.inputSeq)) as Json)
  if (resuming) return { ...base, input: recorded ?? null }
  const started = startOf(job)
  if (recorded !== undefined && !isEdited(session, path)) {
    session.log.append(stepEvent("step.started", path, attempt, { ...started, ...effectOf(session, job) }))
    // A copy: what is loaded is shared and frozen, and a tool may change the input that it is given.
    return { ...base, input: kind.composite ? recorded : toJson(recorded) }
  }
  const { json: input, stored } = await resolveInput(session, job, recorded).catch((thrown: unknown) => {
    // There is no input, but the start is logged all the same: the failure needs a step to belong to.
    const { tool } = effectOf(session, job)
    const named = tool === undefined ? started : { ...started, tool }
    if (!session.log.closed) session.log.append(stepEvent("step.started", path, attempt, named))
    throw thrown
  })
  session.log.append(stepEvent("step.started", path, attempt, { ...started, input: stored, ...effectOf(session, job) }))
  return { ...base, input: kind.composite ? deepFreeze(input) : input }
}

/** What the step's closures make of the values. What they throw they would throw again, so there is no second try. */
async function resolveInput(
  session: Session,
  job: StepJob,
  recorded: Json | undefined,
): Promise<{ readonly json: Json; readonly stored: Stored }> {
  const { kind, node, path, values } = job
  const facts = { nowMs: session.nowMs() }
  const resolve = () => session.values.evaluate((seen) => kind.resolve(node.config, seen, facts), values)
  const resolved = await editedInput(session, path, async () => recorded ?? resolve()).catch((thrown: unknown) => {
    throw new FinalFailure(thrown)
  })
  return detach(resolved, path, session.blobs)
}
