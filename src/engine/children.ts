/** The child runs that steps start: their ids, their start and their end when the step that waits for them is stopped. */
import { sha256 } from "../lib/digest.ts"
import { ERROR_CODES } from "../lib/error-codes.ts"
import { errorData, WaybillError } from "../lib/errors.ts"
import { MAX_DEPTH } from "../lib/limits.ts"
import type { StepState } from "../run/run-state.ts"
import type { ChildRequest } from "../steps/step-kind.ts"
import { beforeActing } from "./answered.ts"
import { nodeAt } from "./locate.ts"
import type { Session } from "./session.ts"
import type { StepRun } from "./step-run.ts"

/** Another run is in another object, which may be out of reach for a moment. */
const REACH_ATTEMPTS = 5
const REACH_AGAIN_MS = 2_000

/**
 * A child's id follows from its parent's, its step's and the number of children of the step that ended before it: starting
 * it again after a crash finds the same run, trying the step again after its child failed makes a new one.
 */
export function childRunId(session: Session, path: string): string {
  const { runId } = session.log.header
  const ended = session.log.step(path)?.answers ?? 0
  return `${runId.slice(0, 14)}${sha256(`${runId}\n${path}\n${ended}`).slice(0, 16)}`
}

export async function startChild(session: Session, run: StepRun, request: ChildRequest): Promise<string> {
  const { runId: parentId, tenant, user, region, tags, parent } = session.log.header
  const depth = (parent?.depth ?? 0) + 1
  if (depth > MAX_DEPTH)
    throw new WaybillError(
      "limit_exceeded",
      `${run.path}: found ${depth} runs above its child, at most ${MAX_DEPTH}.`,
      {
        path: run.path,
        limit: MAX_DEPTH,
      },
    )
  const runId = childRunId(session, run.path)
  beforeActing(session, run)
  const child = {
    runId,
    workflow: request.workflow,
    input: request.input,
    parent: { runId: parentId, path: run.path, depth },
    header: { tenant, tags, ...(user ? { user } : {}), ...(region === undefined ? {} : { region }) },
  }
  await reach(session, `${run.path}~start`, () => session.host.children.start(child), run.signal)
  return runId
}

/** Cancels the child that the step at `path` started last, tried a few times; one that has ended, or never started, is left alone. */
export async function cancelChild(session: Session, path: string, reason: string): Promise<void> {
  const runId = childRunId(session, path)
  await reach(session, `${path}~cancel`, async () => {
    try {
      await session.host.children.cancel(runId, reason)
    } catch (thrown) {
      const { code } = errorData(thrown)
      if (code !== "run_ended" && code !== "run_not_found") throw thrown
    }
  })
}

/**
 * Cancels the children of steps that a cancellation stopped: it was logged in one go, and a crash may have come before
 * the children heard of it. Telling them twice does no harm.
 */
export async function cancelOrphans(session: Session): Promise<void> {
  for (const step of session.log.state.steps.values())
    if (isOrphaned(session, step)) await cancelChild(session, step.path, "The parent run has ended.").catch(() => {})
}

/** Speaks to another run, again for a while when it does not answer. What it answers, an error of its own included, stands. */
async function reach(session: Session, place: string, speak: () => Promise<void>, signal?: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await speak()
    } catch (thrown) {
      const { code } = errorData(thrown)
      if (attempt === REACH_ATTEMPTS || !ERROR_CODES[code].retryable) throw thrown
    }
    await session.parking.wait(place, session.nowMs() + REACH_AGAIN_MS, signal)
  }
}

function isOrphaned(session: Session, step: StepState): boolean {
  if (step.composite || step.status !== "failed" || step.error?.code !== "run_cancelled") return false
  const node = nodeAt(session.workflow.scope, step.path, session.host.kinds)
  return node !== undefined && (session.host.kinds[node.kind]?.cancelsChild?.(node.config) ?? false)
}
