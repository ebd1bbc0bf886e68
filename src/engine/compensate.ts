/**
 * Undoing: when a run failed, or was cancelled with compensation, its completed tool steps that know how are undone,
 * last first, one at a time. Each undo has its own attempts; one that fails for good is logged and the others go on.
 * An undo of an unsafe tool that a crash cut off may have happened: it is reported as failed and not repeated.
 */
import type { RetryPolicy, StepNode } from "../graph/node.ts"
import type { Tool } from "../graph/tool.ts"
import { untilAborted } from "../lib/abort.ts"
import { durationMs } from "../lib/duration.ts"
import { WaybillError } from "../lib/errors.ts"
import { toJson } from "../lib/json.ts"
import { stepEvent } from "../run/event.ts"
import type { StepState } from "../run/run-state.ts"
import { detach } from "../store/values.ts"
import { classifyFailure } from "./failure.ts"
import { nodeAt } from "./locate.ts"
import { retryDelayMs } from "./retry.ts"
import type { Session } from "./session.ts"

interface Undo {
  readonly path: string
  readonly tool: Tool
  readonly policy: RetryPolicy
}

/** Undoes what is still to be undone, last completed first. Does nothing unless the run ended in a way that asks for it. */
export async function compensate(session: Session): Promise<void> {
  const { state } = session.log
  const wanted = state.ended === "failed" || (state.ended === "cancelled" && state.cancelled?.compensate === true)
  if (!wanted) return
  for (const path of [...state.completedOrder].reverse()) {
    const undo = undoOf(session, path)
    if (undo) await undoStep(session, undo)
  }
}

function undoOf(session: Session, path: string): Undo | undefined {
  const node = nodeAt(session.workflow.scope, path, session.host.kinds)
  const tool = node && session.host.kinds[node.kind]?.tool?.(node.config)
  return node && tool?.compensate ? { path, tool, policy: policyOf(session, node) } : undefined
}

function policyOf(session: Session, node: StepNode): RetryPolicy {
  return node.options.retry ?? session.host.kinds[node.kind]?.retry?.(node.config) ?? { attempts: 1 }
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
  const { path, tool } = undo
  const attempt = (step.compensationAttempt ?? 0) + 1
  const { inputSeq, outputSeq } = step
  const stored = inputSeq === undefined ? null : values.stored(inputSeq)
  log.append(stepEvent("compensation.started", path, attempt, { input: stored }))
  const limitMs = tool.timeout === undefined ? undefined : durationMs(tool.timeout, `${tool.name}.timeout`)
  const late = new WaybillError("step_timeout", `${path}: found no end of its compensation within ${limitMs} ms.`, {
    path,
  })
  const atMs = limitMs === undefined ? undefined : session.nowMs() + limitMs
  const deadline = session.deadlines.start(new AbortController().signal, atMs, late)
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
