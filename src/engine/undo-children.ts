/**
 * Undoing child runs: the run that undoes itself asks each child to do the same, and goes on when that has nothing left to
 * undo. A child is asked again until it answers: being asked twice changes nothing for it, so a crash here changes nothing.
 */
import { errorData, WaybillError } from "../lib/errors.ts"
import { stepEvent } from "../run/event.ts"
import type { ChildState } from "../run/run-state.ts"
import type { Session } from "./session.ts"

/** A child that does not answer, or is not done, is asked again after this long, then after twice as long, and so on. */
const AGAIN_MS = 2_000
const AGAIN_AT_MOST_MS = 600_000

/** Children that have, or may have, done something that is to be undone, by the path of their step; the newest first. */
export function undoableChildren({ log }: Session): ReadonlyMap<string, readonly ChildState[]> {
  const byPath = new Map<string, ChildState[]>()
  for (const child of log.state.children.values()) {
    // One that was asked before its end was known is asked to the end.
    const isAsked = log.step(child.path)?.compensation !== undefined
    if (child.leave || (child.status !== undefined && !child.undoable && !isAsked)) continue
    byPath.set(child.path, [child, ...(byPath.get(child.path) ?? [])])
  }
  return byPath
}

/** Undoes `children`, which the step at `path` started, one after the other. */
export async function undoChildren(session: Session, path: string, children: readonly ChildState[]): Promise<void> {
  const { log } = session
  const step = log.step(path)
  if (!step || step.compensation === "completed" || step.compensation === "failed") return
  const childRunIds = children.map(({ runId }) => runId)
  if (step.compensation !== "running")
    log.append(stepEvent("compensation.started", path, 1, { input: { childRunIds } }))
  const left: string[] = []
  for (const runId of childRunIds)
    for (const at of await undoChild(session, path, runId)) left.push(`${at} of ${runId}`)
  if (left.length === 0) {
    log.append(stepEvent("compensation.completed", path, 1, { output: null }))
    return
  }
  const error = new WaybillError("child_not_undone", `${path}: not undone: ${left.join(", ")}.`, { path })
  log.append(stepEvent("compensation.failed", path, 1, { error: error.toJSON() }))
}

/** Gives the paths of the child's steps that could not be undone. */
async function undoChild(session: Session, path: string, runId: string): Promise<readonly string[]> {
  const { log, host, parking } = session
  for (let delayMs = AGAIN_MS; ; delayMs = Math.min(2 * delayMs, AGAIN_AT_MOST_MS)) {
    try {
      const { isOver, failed } = await host.children.undo(runId, `The run above it is undone.`)
      if (isOver) return failed
    } catch (thrown) {
      if (errorData(thrown).code === "run_not_found") return []
    }
    if (log.fault) throw log.fault.thrown
    await parking.wait(`${path}~compensate`, session.nowMs() + delayMs)
  }
}
