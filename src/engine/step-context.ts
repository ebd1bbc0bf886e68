/** What a step kind is handed to act with, made anew for each attempt. Everything durable goes through the session's log. */
import type { StepNode, Values } from "../graph/node.ts"
import { sha256 } from "../lib/digest.ts"
import { errorFrom, type WaybillError } from "../lib/errors.ts"
import { canonicalJson, type Json } from "../lib/json.ts"
import type { OperationContext } from "../model/client.ts"
import { type Operation, operationDigest } from "../model/operation.ts"
import type { OperationOutcome } from "../model/record.ts"
import type { OperationResult, ResultOf } from "../model/result.ts"
import { stepEvent, type Waiting } from "../run/event.ts"
import type { ChildRequest, RunScope, StepContext, StepKind, WaitOutcome } from "../steps/step-kind.ts"
import { restoreRecord, storeRecord } from "./records.ts"
import type { Session } from "./session.ts"
import { runAll } from "./side-by-side.ts"

/** One attempt of one step, as the engine sees it. */
export interface StepRun {
  readonly kind: StepKind
  readonly node: StepNode
  readonly path: string
  readonly attempt: number
  readonly input: unknown
  readonly values: Values
  readonly signal: AbortSignal
  /** A model that somebody chose by hand for this attempt. */
  readonly model?: string
  /** The signal that the step consumed, logged with its output. */
  signalSeq?: number
}

export function makeContext(session: Session, run: StepRun): StepContext {
  let operations = 0
  const runScopeUnder =
    (signal: AbortSignal): RunScope =>
    (suffix, scope, locals) =>
      session.walkScope(session, `${run.path}${suffix}`, scope, session.values.inner(run.values, locals), signal)
  return {
    path: run.path,
    attempt: run.attempt,
    node: run.node,
    values: run.values,
    signal: run.signal,
    idempotencyKey: session.idempotencyKey(run.path),
    secrets: session.host.secrets,
    fetch: session.host.fetch,
    nowMs: () => session.nowMs(),
    operate: <Asked extends Operation>(operation: Asked) => {
      const index = operations
      operations += 1
      return operate(session, run, operation, index) as Promise<ResultOf<Asked["type"]>>
    },
    wait: (waiting) => wait(session, run, waiting),
    runScope: runScopeUnder(run.signal),
    all: (tasks, options) => runAll(session, tasks, options, run.signal, runScopeUnder),
    evaluate: (closure, values) => session.values.evaluate(closure, values ?? run.values),
    startChild: (request) => startChild(session, run, request),
  }
}

/** Answers from the log when a crash cut off an attempt that had paid for this very operation; else asks the gateway. */
async function operate(session: Session, run: StepRun, operation: Operation, index: number): Promise<OperationResult> {
  const digest = operationDigest(operation)
  const paid = session.log
    .step(run.path)
    ?.operations.find((known) => known.index === index && known.requestDigest === digest)
  if (paid) return restoreRecord(session, paid.seq)
  const outcome = await session.host.models.operate(operation, operationContext(session, run), {
    signal: run.signal,
    loadMedia: (ref) => session.host.blobs.get(ref),
    onDelta: (delta) =>
      session.host.onDelta?.({
        path: run.path,
        attempt: run.attempt,
        ...(delta.type === "reset" ? { text: "", reset: true } : { text: delta.text }),
      }),
  })
  const request = canonicalJson(operation) === canonicalJson(run.input) ? undefined : operation
  const data = await storeRecord(session, index, request, outcome)
  session.log.append(stepEvent("operation.completed", run.path, run.attempt, data))
  if (outcome.status === "failed") throw failedOperation(outcome)
  return outcome.result
}

function failedOperation(outcome: Extract<OperationOutcome, { status: "failed" }>): WaybillError {
  const { error, failure } = outcome
  return errorFrom({ ...error, details: { ...error.details, failureClass: failure.class } })
}

function operationContext(session: Session, run: StepRun): OperationContext {
  const { header } = session.log
  const { route } = run.node.options
  const deadline = session.deadline(run.kind, run.node, run.path, run.signal)
  deadline.clear()
  return {
    runId: header.runId,
    workflow: header.workflow,
    step: {
      path: run.path,
      name: run.node.name,
      kind: run.node.kind,
      failures: session.log.step(run.path)?.failures ?? 0,
      attempt: run.attempt,
    },
    tenant: header.tenant,
    ...(header.user ? { user: header.user } : {}),
    ...(header.region === undefined ? {} : { region: header.region }),
    tags: [...header.tags, ...(run.node.options.tags ?? [])],
    ...(route === undefined ? {} : { route }),
    ...(run.model === undefined ? {} : { model: run.model }),
    ...(deadline.atMs === undefined ? {} : { deadlineMs: deadline.atMs }),
  }
}

async function wait(session: Session, run: StepRun, waiting: Waiting): Promise<WaitOutcome> {
  const { log, parking, values } = session
  if (log.step(run.path)?.status !== "waiting") log.append(stepEvent("step.waiting", run.path, run.attempt, waiting))
  for (;;) {
    const arrived = log.state.signals.find((signal) => addressedTo(signal, run.path, waiting))
    if (arrived) {
      run.signalSeq = arrived.seq
      const payload = (await values.load(arrived.seq)) as Json
      return {
        type: "signal",
        payload,
        atMs: log.event(arrived.seq, "signal.received").atMs,
        ...(arrived.by === undefined ? {} : { by: arrived.by }),
      }
    }
    if ((waiting.untilMs ?? Number.POSITIVE_INFINITY) <= session.nowMs()) return { type: "timeout" }
    await parking.wait(run.path, waiting.untilMs, run.signal)
  }
}

function addressedTo(
  signal: { readonly name: string; readonly path?: string },
  path: string,
  waiting: Waiting,
): boolean {
  if (signal.path !== undefined) return signal.path === path
  return waiting.reason === "signal" && signal.name === waiting.signal
}

/** A child's id follows from its parent's and its step's, so that starting it again after a crash finds the same run. */
async function startChild(session: Session, run: StepRun, request: ChildRequest): Promise<string> {
  const { header } = session.log
  const { tenant, user, region, tags } = header
  const runId = `${header.runId.slice(0, 14)}${sha256(`${header.runId}\n${run.path}`).slice(0, 16)}`
  await session.host.children.start({
    runId,
    workflow: request.workflow,
    input: request.input,
    parent: { runId: header.runId, path: run.path },
    header: { tenant, tags, ...(user ? { user } : {}), ...(region === undefined ? {} : { region }) },
  })
  return runId
}
