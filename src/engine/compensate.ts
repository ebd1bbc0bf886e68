/**
 * Undoing: when a run failed, or was cancelled with compensation, its completed tool steps that know how are undone, and its
 * child runs, last first, one at a time. Each undo has its own attempts; one that fails for good is logged and the others go on.
 * An undo of an unsafe tool that a crash cut off may have happened: it is reported as failed and not repeated. So is what
 * nobody can undo: effects of which nobody knows whether they happened, and those whose compensation is gone from the code.
 */
import type { RetryPolicy } from "../graph/node.ts"
import type { Tool } from "../graph/tool.ts"
import { untilAborted } from "../lib/abort.ts"
import { WaybillError } from "../lib/errors.ts"
import { toJson } from "../lib/json.ts"
import { stepEvent } from "../run/event.ts"
import { isToBeUndone, type StepState } from "../run/run-state.ts"
import { detach } from "../store/values.ts"
import { classifyFailure } from "./failure.ts"
import type { Undone } from "./host.ts"
import { nodeAt } from "./locate.ts"
import { policyOf, retryDelayMs } from "./retry.ts"
import type { Session } from "./session.ts"
import { undoLimitMs } from "./timeouts.ts"
import { undoableChildren, undoChildren } from "./undo-children.ts"

interface Undo {
  readonly path: string
  readonly tool: Tool
  readonly policy: RetryPolicy
  /** For one attempt. */
  readonly limitMs: number
}

/** Undoes what is still to be undone, last completed first. Does nothing unless the run ended in a way that asks for it. */
export async function compensate(session: Session): Promise<void> {
  if (!isToBeUndone(session.log.state)) return
  for (const { act } of undoings(session)) await act()
}

/** How far the run has undone itself. */
export function undone(session: Session): Undone {
  const { log } = session
  const ends = undoings(session).map(({ path }) => ({ path, end: log.step(path)?.compensation }))
  const isOver = isToBeUndone(log.state) && ends.every(({ end }) => end === "completed" || end === "failed")
  return { isOver, failed: ends.filter(({ end }) => end === "failed").map(({ path }) => path) }
}

interface Undoing {
  readonly path: string
  readonly act: () => Promise<void> | void
}

/** All that is to be undone, done already or not, in its order. Children of steps that did not complete ended last. */
function undoings(session: Session): readonly Undoing[] {
  const { steps, unknownEffects, completedOrder } = session.log.state
  const children = undoableChildren(session)
  const completed = new Set(completedOrder)
  const stopped = [...children.keys()].filter((path) => !completed.has(path))
  const isUndoable = (path: string) => steps.get(path)?.compensates === true
  return [
    ...unknownEffects.filter(isUndoable).map((path) => ({ path, act: () => reportUnknown(session, path) })),
    ...[...completedOrder, ...stopped].reverse().flatMap((path): readonly Undoing[] => {
      const below = children.get(path)
      if (below) return [{ path, act: () => undoChildren(session, path, below) }]
      const undo = undoOf(session, path)
      if (undo) return [{ path, act: () => undoStep(session, undo) }]
      return isUndoable(path) ? [{ path, act: () => reportLost(session, path) }] : []
    }),
  ]
}

function undoOf({ workflow, host }: Session, path: string): Undo | undefined {
  const node = nodeAt(workflow.scope, path, host.kinds)
  const kind = node && host.kinds[node.kind]
  const tool = kind?.tool?.(node?.config)
  if (!node || !kind || !tool?.compensate) return undefined
  return { path, tool, policy: policyOf({ kind, node }), limitMs: undoLimitMs({ kind, node }) }
}

/** What may have happened cannot be undone by the tool, which undoes what it knows that it did. */
function reportUnknown(session: Session, path: string): void {
  const message = `Whether the step's tool has done its work is not known, so it was not undone.`
  notUndone(session, path, new WaybillError("effect_unknown", message, { path }))
}

/** The step could be undone when it ran, and the code of today cannot do it. */
function reportLost(session: Session, path: string): void {
  const message = "The step's tool knew how to undo it when it ran; the code that is deployed now does not have that."
  notUndone(session, path, new WaybillError("compensation_lost", message, { path }))
}

function notUndone({ log }: Session, path: string, error: WaybillError): void {
  const { compensation, compensationAttempt = 1 } = log.step(path) ?? {}
  if (compensation === "completed" || compensation === "failed") return
  log.append(stepEvent("compensation.failed", path, compensationAttempt, { error: error.toJSON() }))
}

async function undoStep(session: Session, undo: Undo): Promise<void> {
  const { log, parking } = session
  const place = `${undo.path}~compensate`
  const step = log.step(undo.path)
  if (!step) return
  if (step.compensation === "running" && step.compensationRetryAtMs === undefined) cutOff(session, undo, step)
  for (;;) {
    if (step.compensation === "completed" || step.compensation === "failed") return
    if ((step.compensationRetryAtMs ?? 0) > session.nowMs()) await parking.wait(place, step.compensationRetryAtMs)
    else await attemptUndo(session, undo, step)
  }
}

async function attemptUndo(session: Session, undo: Undo, step: StepState): Promise<void> {
  const { log, values, host } = session
  const { path, tool, limitMs } = undo
  const attempt = (step.compensationAttempt ?? 0) + 1
  const { inputSeq, outputSeq } = step
  const stored = inputSeq === undefined ? null : values.stored(inputSeq)
  log.append(stepEvent("compensation.started", path, attempt, { input: stored }))
  const message = `${path}: found no end of its compensation within ${limitMs} ms.`
  const late = new WaybillError("step_timeout", message, { path, limitMs })
  const atMs = session.nowMs() + limitMs
  const deadline = session.deadlines.start(new AbortController().signal, { atMs: () => atMs, reason: () => late })
  try {
    const input = inputSeq === undefined ? null : toJson(await values.load(inputSeq))
    const output = outputSeq === undefined ? null : toJson(await values.load(outputSeq))
    const idempotencyKey = session.idempotencyKey(`${path}~compensate`)
    const { secrets, fetch } = host
    const call = { input, output, idempotencyKey, attempt, signal: deadline.signal, secrets, fetch }
    const undone = await untilAborted(Promise.resolve(tool.compensate?.(call)), deadline.signal)
    const { stored } = await detach(undone, `${path}~compensate`, session.blobs)
    log.append(stepEvent("compensation.completed", path, attempt, { output: stored }))
  } catch (thrown) {
    if (log.fault) throw thrown
    failed(session, undo, attempt, thrown)
  } finally {
    deadline.clear()
  }
}

/** A compensation that was in flight when the object died. */
function cutOff(session: Session, undo: Undo, step: StepState): void {
  const message = `The compensation by ${undo.tool.name} was in flight when its process ended: it may have happened.`
  const attempt = step.compensationAttempt ?? 1
  const error = new WaybillError("compensation_interrupted", message, { path: undo.path })
  if (undo.tool.effect !== "unsafe") return failed(session, undo, attempt, error)
  session.log.append(stepEvent("compensation.failed", undo.path, attempt, { error: error.toJSON() }))
}

function failed(session: Session, undo: Undo, attempt: number, thrown: unknown): void {
  const failure = classifyFailure(thrown, undo.path, "tool_failed")
  const delayMs = retryDelayMs(undo.policy, attempt, failure, session.host.random)
  session.log.append(
    stepEvent("compensation.failed", undo.path, attempt, {
      error: failure.error,
      ...(delayMs === undefined ? {} : { retryAtMs: session.nowMs() + delayMs }),
    }),
  )
}
