/** How step-level events change the state of a run. Part of the fold in `fold.ts`, which owns the invariants. */
import { must } from "../lib/assert.ts"
import { childCharged, childEnded, childStarted, letChildGo } from "./child-fold.ts"
import type { EventOf, RunEvent } from "./event.ts"
import type { RunState, StepState, StepStatus } from "./run-state.ts"

export function applyStepEvent(state: RunState, event: RunEvent): void {
  if (event.type === "step.started") return started(state, event)
  if (event.type === "step.skipped") return skipped(state, event)
  if (event.type === "signal.received") return signalArrived(state, event)
  if (event.type === "step.edited") return edited(state, event)
  const step = must(
    state.steps.get(event.path),
    `event ${event.seq} (${event.type}) names step ${event.path}, which never started`,
  )
  switch (event.type) {
    case "step.completed":
      return completed(state, step, event)
    case "step.failed":
      return failed(state, step, event)
    case "step.waiting":
      step.waiting = event.data
      return move(state, step, "waiting")
    case "step.interrupted":
      state.costNanoUsd += event.data.lost?.costNanoUsd ?? 0
      if (event.data.lost) state.chargedSeq = event.seq
      if (!event.data.unanswered) effectUnknown(state, step)
      if (event.data.parked) step.waiting = { reason: event.data.unanswered ? "unanswered" : "interrupted" }
      return move(state, step, event.data.parked ? "waiting" : "interrupted")
    case "step.resolved":
      return resolved(state, step, event)
    case "operation.completed":
      if (!event.data.unused)
        step.operations.push({
          seq: event.seq,
          index: event.data.index,
          requestDigest: event.data.record.requestDigest,
        })
      if (!event.data.replayed) state.chargedSeq = event.seq
      state[event.data.replayed ? "recordedNanoUsd" : "costNanoUsd"] += event.data.record.costNanoUsd
      return
    case "child.started":
      return childStarted(state, step, event)
    case "child.ended":
      return childEnded(state, step, event)
    case "child.charged":
      return childCharged(state, event)
    case "compensation.started":
      step.compensation = "running"
      step.compensationAttempt = event.attempt
      delete step.compensationRetryAtMs
      return
    case "compensation.completed":
      step.compensation = "completed"
      return
    case "compensation.failed":
      if (event.data.retryAtMs === undefined) step.compensation = "failed"
      else step.compensationRetryAtMs = event.data.retryAtMs
      return
    default:
      return
  }
}

/** Keeps that a signal is there; what it carries stays in the log. */
export function signalArrived(state: RunState, { seq, atMs, data }: EventOf<"signal.received">): void {
  const { payload: _payload, ...signal } = data
  state.signals.push({ seq, atMs, ...signal })
}

function edited(state: RunState, { seq, path, data }: EventOf<"step.edited">): void {
  const { input, output, by: _by, copied = false, ...edit } = data
  const step = state.steps.get(path)
  state.lastEditSeq = seq
  if (step?.status === "completed") {
    // What it gave is replaced before anybody has seen it.
    if (output !== undefined) step.outputSeq = seq
    return
  }
  const before = state.edits.get(path)
  state.edits.set(path, {
    ...before,
    ...edit,
    ...(input === undefined ? {} : { inputSeq: seq }),
    ...(output === undefined ? {} : { outputSeq: seq }),
    seq,
    copied: copied && before?.copied !== false,
  })
}

function started(state: RunState, event: EventOf<"step.started">): void {
  const { kind, digest, composite = false, input, effect, compensates } = event.data
  let step = state.steps.get(event.path)
  if (!step) {
    step = {
      path: event.path,
      kind,
      composite,
      status: "completed",
      attempt: 0,
      failures: 0,
      digest,
      attemptSeq: event.seq,
      startedAtMs: event.atMs,
      attemptAtMs: event.atMs,
      operations: [],
    }
    state.steps.set(event.path, step)
  }
  state.lastStartSeq = event.seq
  step.attempt = event.attempt
  step.attemptSeq = event.seq
  step.attemptAtMs = event.atMs
  step.digest = digest
  if (input !== undefined) step.inputSeq = event.seq
  if (effect) step.effect = effect
  if (compensates) step.compensates = true
  delete step.retryAtMs
  delete step.waiting
  delete step.error
  delete step.failureClass
  delete step.resolution
  delete step.endedAtMs
  move(state, step, "running")
}

function skipped(state: RunState, event: EventOf<"step.skipped">): void {
  state.steps.set(event.path, {
    path: event.path,
    kind: event.data.kind,
    composite: false,
    status: "skipped",
    attempt: 0,
    failures: 0,
    digest: "",
    attemptSeq: event.seq,
    startedAtMs: event.atMs,
    attemptAtMs: event.atMs,
    endedAtMs: event.atMs,
    operations: [],
  })
}

function completed(state: RunState, step: StepState, event: EventOf<"step.completed">): void {
  const { signalSeq } = event.data
  if (signalSeq !== undefined) useUp(state, signalSeq)
  complete(state, step, event)
}

function failed(state: RunState, step: StepState, { data, atMs }: EventOf<"step.failed">): void {
  const { error, failureClass, signalSeq, retryAtMs, held } = data
  step.failures += 1
  // What was stopped, or took too long, in the middle of its call may have done its work all the same.
  if (step.status === "running" && (failureClass === "cancelled" || error.code === "step_timeout"))
    effectUnknown(state, step)
  if (signalSeq !== undefined) useUp(state, signalSeq)
  letChildGo(state, step)
  step.error = error
  step.failureClass = failureClass
  step.operations = []
  if (held) {
    step.waiting = { reason: "failed" }
    return move(state, step, "waiting")
  }
  if (retryAtMs === undefined) return finish(state, step, "failed", atMs)
  step.retryAtMs = retryAtMs
  return move(state, step, "retrying")
}

function useUp(state: RunState, signalSeq: number): void {
  state.signals = state.signals.filter((signal) => signal.seq !== signalSeq)
}

function resolved(state: RunState, step: StepState, event: EventOf<"step.resolved">): void {
  effectKnown(state, step)
  if (event.data.action === "complete") return complete(state, step, event)
  if (event.data.action === "skip") return finish(state, step, "skipped", event.atMs)
  step.resolution = event.data
  delete step.waiting
  move(state, step, "interrupted")
}

function complete(state: RunState, step: StepState, event: RunEvent): void {
  step.outputSeq = event.seq
  effectKnown(state, step)
  // What a recording answered was not done here, and must not be undone here.
  const isDone = event.type !== "step.completed" || !event.data.replayed
  if (!step.composite && isDone) state.completedOrder.push(step.path)
  finish(state, step, "completed", event.atMs)
}

/** Nobody knows whether the step's tool has done its work; one that only reads has none that matters. */
function effectUnknown(state: RunState, step: StepState): void {
  if (step.effect === undefined || step.effect === "read" || step.effectUnknown) return
  step.effectUnknown = true
  state.unknownEffects.push(step.path)
}

/** The step's tool answered, or somebody found out. */
function effectKnown(state: RunState, step: StepState): void {
  if (!step.effectUnknown) return
  delete step.effectUnknown
  state.unknownEffects = state.unknownEffects.filter((path) => path !== step.path)
}

function finish(state: RunState, step: StepState, status: StepStatus, atMs: number): void {
  step.endedAtMs = atMs
  step.operations = []
  letChildGo(state, step)
  delete step.waiting
  delete step.retryAtMs
  move(state, step, status)
}

/** Changes a step's status and keeps the counts of running and waiting leaves, from which the run's status is read. */
function move(state: RunState, step: StepState, status: StepStatus): void {
  if (!step.composite) {
    state.runningLeaves += Number(isBusy(status)) - Number(isBusy(step.status))
    state.waitingLeaves += Number(status === "waiting") - Number(step.status === "waiting")
  }
  step.status = status
}

function isBusy(status: StepStatus): boolean {
  return status === "running" || status === "retrying" || status === "interrupted"
}
