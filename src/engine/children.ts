/** The child runs that steps start: their ids, their start, and what the parent's log takes of their end. */
import { sha256 } from "../lib/digest.ts"
import { ERROR_CODES } from "../lib/error-codes.ts"
import { errorData, WaybillError } from "../lib/errors.ts"
import { markedId, markOf } from "../lib/id.ts"
import { type Json, toJson } from "../lib/json.ts"
import { MAX_DEPTH } from "../lib/limits.ts"
import { stepEvent } from "../run/event.ts"
import { type RunState, totalCost } from "../run/run-state.ts"
import type { ChildRequest } from "../steps/step-kind.ts"
import { externalize, fitsInline } from "../store/values.ts"
import { beforeActing } from "./answered.ts"
import { breakpointsBelow } from "./breakpoints.ts"
import type { ChildEnd, ChildStart } from "./host.ts"
import type { Session } from "./session.ts"
import type { StepRun } from "./step-run.ts"

/** Another run is in another object, which may be out of reach for a moment. */
const REACH_ATTEMPTS = 5
const REACH_AGAIN_MS = 2_000

/**
 * Starts the child of this attempt and gives its id. An attempt that a crash cut off goes on with the child that it had,
 * starting it again in case it never heard; one that follows a failure has a child of its own.
 */
export async function startChild(session: Session, run: StepRun, request: ChildRequest): Promise<string> {
  const { log } = session
  const { runId: parentId, tenant, user, region, tags, priority, parent } = log.header
  const depth = (parent?.depth ?? 0) + 1
  if (depth > MAX_DEPTH) {
    const message = `${run.path}: found ${depth} runs above its child, at most ${MAX_DEPTH}. Does ${request.workflow} start itself, by way of its children?`
    throw new WaybillError("limit_exceeded", message, { path: run.path, limit: MAX_DEPTH })
  }
  beforeActing(session, run)
  const known = log.step(run.path)?.childRunId
  const runId = known ?? childRunId(parentId, run)
  const { workflow, input, leave } = request
  if (known === undefined)
    log.append(stepEvent("child.started", run.path, run.attempt, { runId, workflow, ...(leave ? { leave } : {}) }))
  const breakpoints = breakpointsBelow(log.state.breakpoints, run.path)
  const header = {
    tenant,
    tags,
    ...(user ? { user } : {}),
    ...(region === undefined ? {} : { region }),
    ...(priority === undefined ? {} : { priority }),
    ...(breakpoints.length === 0 ? {} : { breakpoints }),
  }
  const child = { runId, workflow, input, parent: { runId: parentId, path: run.path, depth }, header }
  const started = start(session, child, run.signal)
  session.starts.set(runId, started)
  await started.finally(() => session.starts.delete(runId))
  return runId
}

/** The same for the same attempt, and with its parent's mark: a child is where its parent is. */
function childRunId(parentId: string, { path, attempt }: StepRun): string {
  const tail = sha256(`${parentId}\n${path}\n${attempt}`).slice(0, 16)
  return markedId(`${parentId.slice(0, 14)}${tail}`, markOf(parentId))
}

/** Takes what a child tells of its end into the log: to be the answer that its step waits for, and for what it cost. */
export async function takeChildEnd(session: Session, end: ChildEnd): Promise<void> {
  const { log, host, parking } = session
  const { runId, costNanoUsd } = end
  const child = log.state.children.get(runId)
  if (!child) return
  const { path } = child
  const awaits = () => log.step(path)?.childRunId === runId
  const output = toJson(end.output ?? null, path)
  const stored = !awaits() || fitsInline(output) ? output : await externalize(output, host.blobs)
  const attempt = log.step(path)?.attempt ?? 0
  if (child.status !== undefined) {
    if (costNanoUsd !== child.costNanoUsd) log.append(stepEvent("child.charged", path, attempt, { runId, costNanoUsd }))
    return
  }
  const { status, error } = end
  const answer = awaits() ? { ...(status === "succeeded" ? { output: stored } : {}), ...(error ? { error } : {}) } : {}
  const undoable = end.undoable ? { undoable: true as const } : {}
  log.append(stepEvent("child.ended", path, attempt, { runId, status, costNanoUsd, ...undoable, ...answer }))
  parking.wake(path)
}

/** The other side: what a run that was started as a child tells its parent. */
export async function childEnd({ log, values }: Session): Promise<ChildEnd | undefined> {
  const { ended, outputSeq, error } = log.state
  if (!ended) return undefined
  const output = outputSeq === undefined ? undefined : ((await values.load(outputSeq)) as Json)
  return {
    runId: log.header.runId,
    status: ended,
    costNanoUsd: totalCost(log.state),
    ...(hasDoneWhatCanBeUndone(log.state) ? { undoable: true } : {}),
    ...(output === undefined ? {} : { output }),
    ...(error ? { error } : {}),
  }
}

function hasDoneWhatCanBeUndone({ steps, completedOrder, unknownEffects, children }: RunState): boolean {
  const acted = [...completedOrder, ...unknownEffects].some((path) => steps.get(path)?.compensates)
  return acted || [...children.values()].some(({ undoable, leave }) => undoable && !leave)
}

/** Tries again for a while when the child's object does not answer. What it answers, an error of its own included, stands. */
async function start(session: Session, child: ChildStart, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await session.host.children.start(child)
    } catch (thrown) {
      const { code } = errorData(thrown)
      if (attempt === REACH_ATTEMPTS || !ERROR_CODES[code].retryable) throw thrown
    }
    await session.parking.wait(`${child.parent.path}~start`, session.nowMs() + REACH_AGAIN_MS, signal)
  }
}
