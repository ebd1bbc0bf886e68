/**
 * One step from its first start to its end: resolve, log, execute, log; try again, park, or give up.
 *
 * Invariants:
 * 1. `step.started` with its input is appended before `execute` is called.
 * 2. A step that has an output, or failed for good, is never executed again.
 * 3. The input that the first attempt logged is the input of every attempt, unless somebody edited it.
 */
import type { RetryPolicy, StepNode, Values } from "../graph/node.ts"
import { errorData, errorFrom, WaybillError } from "../lib/errors.ts"
import { type Json, toJson } from "../lib/json.ts"
import { MAX_INTERRUPTIONS } from "../lib/limits.ts"
import { type EventData, type Stored, stepEvent } from "../run/event.ts"
import type { StepState } from "../run/run-state.ts"
import type { StepKind } from "../steps/step-kind.ts"
import { externalize } from "../store/values.ts"
import { type ClassifiedFailure, classifyFailure, FinalFailure } from "./failure.ts"
import { retryDelayMs } from "./retry.ts"
import type { Session } from "./session.ts"
import { makeContext, type StepRun } from "./step-context.ts"

/** Runs the step at `path` until it has an output. Throws its error when it failed for good. */
export async function runAttempts(
  session: Session,
  kind: StepKind,
  node: StepNode,
  path: string,
  values: Values,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const before = session.log.step(path)
    if (before && (await settled(session, before, signal))) return
    const failure = await oneAttempt(session, kind, node, path, values, signal)
    if (!failure) return
    recordFailure(session, kind, node, path, failure)
  }
}

/** Waits until the step may be tried (again). True when somebody completed or skipped it meanwhile; throws when it is to fail. */
async function settled(session: Session, step: StepState, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    if (step.status === "completed" || step.status === "skipped") return true
    if (step.status === "failed") throw errorFrom(step.error ?? { code: "step_failed", message: "The step failed." })
    if (step.status === "retrying" && (step.retryAtMs ?? 0) > session.nowMs()) {
      await session.parking.wait(step.path, step.retryAtMs, signal)
    } else if (
      step.status === "waiting" &&
      (step.waiting?.reason === "interrupted" || step.waiting?.reason === "failed")
    ) {
      await session.parking.wait(step.path, undefined, signal)
    } else if (step.resolution?.action === "fail") {
      const error = { code: "step_failed", message: step.resolution.message, path: step.path } as const
      session.log.append(
        stepEvent("step.failed", step.path, step.attempt, { error, failureClass: "own_code.exception" }),
      )
    } else return false
  }
}

/** One attempt. Returns what failed, or undefined when the step completed. */
async function oneAttempt(
  session: Session,
  kind: StepKind,
  node: StepNode,
  path: string,
  values: Values,
  parent: AbortSignal,
): Promise<ClassifiedFailure | undefined> {
  const deadline = session.deadline(kind, node, path, parent)
  try {
    const run = await begin(session, kind, node, path, values, deadline.signal)
    const context = makeContext(session, run)
    const output = await kind.execute(node.config, run.input, context)
    await complete(session, node, path, run, output)
    return undefined
  } catch (thrown) {
    // An ended run has the end of this step in its log already: nothing may follow.
    if (session.log.state.ended) throw thrown
    if (parent.aborted) throw stopped(session, path, parent.reason)
    return classifyFailure(deadline.signal.aborted ? deadline.signal.reason : thrown, path, fallbackCode(node))
  } finally {
    deadline.clear()
  }
}

/** Logs the start of an attempt, unless the step is in the middle of one that a restart does not interrupt (a wait, a composite). */
async function begin(
  session: Session,
  kind: StepKind,
  node: StepNode,
  path: string,
  values: Values,
  signal: AbortSignal,
): Promise<StepRun> {
  const step = session.log.step(path)
  const resuming = step?.status === "waiting" || (step?.composite === true && step.status === "running")
  const attempt = resuming ? step.attempt : (step?.attempt ?? 0) + 1
  if (attempt - (step?.failures ?? 0) > MAX_INTERRUPTIONS)
    throw new WaybillError("step_crashed", `The step was interrupted ${MAX_INTERRUPTIONS} times without ending.`, {
      path,
    })
  const model = step?.resolution?.action === "retry" ? step.resolution.model : undefined
  const recorded = step?.inputSeq
  const base = { kind, node, path, attempt, values, signal, ...(model === undefined ? {} : { model }) }
  if (resuming && recorded !== undefined) return { ...base, input: await session.values.load(recorded) }
  const started = {
    kind: node.kind,
    digest: `${node.shape}.${node.digest}`,
    ...(kind.composite ? { composite: true } : {}),
  }
  if (recorded !== undefined) {
    const input = await session.values.load(recorded)
    session.log.append(stepEvent("step.started", path, attempt, { ...started, ...effectOf(kind, node, session, path) }))
    return { ...base, input }
  }
  let input: Json
  try {
    const resolved = await session.values.evaluate(
      (seen) => kind.resolve(node.config, seen, { nowMs: session.nowMs() }),
      values,
    )
    input = toJson(resolved ?? null, path)
  } catch (thrown) {
    // The closure failed: the start is logged all the same, so that the failure has a step to belong to.
    session.log.append(stepEvent("step.started", path, attempt, started))
    throw new FinalFailure(thrown)
  }
  const stored = await store(session, input)
  session.log.append(
    stepEvent("step.started", path, attempt, { ...started, input: stored, ...effectOf(kind, node, session, path) }),
  )
  return { ...base, input }
}

async function complete(session: Session, node: StepNode, path: string, run: StepRun, output: unknown): Promise<void> {
  const stored = await store(session, toJson(output ?? null, `${node.name}.output`))
  const data: EventData["step.completed"] = {
    output: stored,
    ...(run.signalSeq === undefined ? {} : { signalSeq: run.signalSeq }),
  }
  session.log.append(stepEvent("step.completed", path, run.attempt, data))
}

/** Logs the end of a step that was stopped from above, so that no start is left without an end. */
function stopped(session: Session, path: string, reason: unknown): unknown {
  const step = session.log.step(path)
  if (step && step.status !== "completed" && step.status !== "failed") {
    const error = { code: "run_cancelled", message: `Stopped: ${errorData(reason).message}`, path } as const
    session.log.append(stepEvent("step.failed", path, step.attempt, { error, failureClass: "cancelled" }))
  }
  return reason
}

function recordFailure(
  session: Session,
  kind: StepKind,
  node: StepNode,
  path: string,
  failure: ClassifiedFailure,
): void {
  const step = session.log.step(path)
  const attempt = step?.attempt ?? 1
  const delayMs = kind.composite
    ? undefined
    : retryDelayMs(policyOf(kind, node), (step?.failures ?? 0) + 1, failure, session.host.random)
  const { error, failureClass } = failure
  if (delayMs !== undefined) {
    session.log.append(
      stepEvent("step.failed", path, attempt, { error, failureClass, retryAtMs: session.nowMs() + delayMs }),
    )
    return
  }
  const held = !kind.composite && session.holdsFailure(failureClass)
  session.log.append(stepEvent("step.failed", path, attempt, { error, failureClass, ...(held ? { held } : {}) }))
  if (held) session.pauseAt(path)
}

/** The author's policy, else the kind's, else once: what may be tried again without harm only its author or its kind can know. */
function policyOf(kind: StepKind, node: StepNode): RetryPolicy {
  return node.options.retry ?? kind.retry?.(node.config) ?? { attempts: 1 }
}

function effectOf(
  kind: StepKind,
  node: StepNode,
  session: Session,
  path: string,
): { effect?: "read" | "idempotent" | "unsafe"; idempotencyKey?: string } {
  const effect = kind.effect?.(node.config)
  return effect ? { effect, idempotencyKey: session.idempotencyKey(path) } : {}
}

function store(session: Session, value: Json): Promise<Stored> {
  return externalize(value, session.host.blobs)
}

function fallbackCode(node: StepNode): "tool_failed" | "step_failed" {
  return node.kind === "tool" ? "tool_failed" : "step_failed"
}
