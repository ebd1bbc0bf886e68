/** What the parts of the engine share while one run is in memory. Holds no durable state of its own: that is the log's. */
import type { Scope, StepNode, Values } from "../graph/node.ts"
import type { Workflow } from "../graph/workflow.ts"
import { sha256 } from "../lib/digest.ts"
import { WaybillError } from "../lib/errors.ts"
import type { FailureClass } from "../model/failure.ts"
import { runEvent } from "../run/event.ts"
import type { StepKind } from "../steps/step-kind.ts"
import { Gate } from "./gate.ts"
import type { EngineHost } from "./host.ts"
import { Parking } from "./parking.ts"
import { Pulse } from "./pulse.ts"
import { RunLog } from "./run-log.ts"
import { timeoutsOf } from "./timeouts.ts"
import { RunValues } from "./values.ts"

/** A signal that aborts when a step's time is over or its parent aborts; `clear` must be called when the attempt ends. */
export interface Deadline {
  readonly signal: AbortSignal
  readonly atMs?: number
  clear(): void
}

/** The walk over a scope (`walk.ts`), which the steps inside it need in turn: handed in, so that the files make no circle. */
export type WalkScope = (
  session: Session,
  prefix: string,
  scope: Scope,
  values: Values,
  signal: AbortSignal,
) => Promise<unknown>

export class Session {
  readonly host: EngineHost
  readonly workflow: Workflow
  readonly log: RunLog
  readonly pulse = new Pulse()
  readonly parking = new Parking(this.pulse)
  readonly values: RunValues
  readonly gate: Gate
  /** Aborts everything in flight: on cancellation and when the run's time is over. */
  readonly abort = new AbortController()

  readonly walkScope: WalkScope

  constructor(host: EngineHost, workflow: Workflow, walkScope: WalkScope) {
    this.host = host
    this.walkScope = walkScope
    this.workflow = workflow
    this.log = new RunLog(host.store, host.clock, host.onEvents)
    this.values = new RunValues(this.log, host.blobs)
    this.gate = new Gate(this.log, this.parking, host.clock)
  }

  nowMs(): number {
    return this.host.clock.nowMs()
  }

  kindOf(node: StepNode): StepKind {
    const kind = this.host.kinds[node.kind]
    if (!kind)
      throw new WaybillError(
        "graph_invalid",
        `${node.name}: found the step kind "${node.kind}", which is not registered.`,
        { path: node.name },
      )
    return kind
  }

  /** The same for a step of this run whenever it is asked; no other step of any run has it. */
  idempotencyKey(path: string): string {
    return `waybill-${sha256(`${this.log.header.runId}\n${path}`).slice(0, 32)}`
  }

  /** The clock of one attempt: its own timeout, and what is left of the step's total. */
  deadline(kind: StepKind, node: StepNode, path: string, parent: AbortSignal): Deadline {
    const { attemptMs, totalMs } = timeoutsOf(kind, node)
    const startedAtMs = this.log.step(path)?.startedAtMs ?? this.nowMs()
    const leftMs = totalMs === undefined ? Number.POSITIVE_INFINITY : startedAtMs + totalMs - this.nowMs()
    const limitMs = Math.min(attemptMs ?? Number.POSITIVE_INFINITY, Math.max(0, leftMs))
    if (limitMs === Number.POSITIVE_INFINITY) return { signal: parent, clear: () => {} }
    const own = new AbortController()
    const error = new WaybillError("step_timeout", `${path}: found no end after ${limitMs} ms.`, { path, limitMs })
    const cancelTimer = this.host.clock.setTimer(limitMs, () => own.abort(error))
    return { signal: AbortSignal.any([parent, own.signal]), atMs: this.nowMs() + limitMs, clear: cancelTimer }
  }

  /** Whether a breakpoint on failures wants the run to stop at one of this class. */
  holdsFailure(failureClass: FailureClass): boolean {
    if (failureClass === "cancelled") return false
    return (this.log.header.breakpoints ?? []).some((breakpoint) => {
      if (!("on" in breakpoint)) return false
      if (breakpoint.on === "error") return true
      if (breakpoint.on === "refusal") return failureClass === "output.refusal"
      return failureClass === "output.schema_mismatch" || failureClass === "output.invalid_json"
    })
  }

  pauseAt(path: string): void {
    if (!this.log.state.paused) this.log.append(runEvent("run.paused", { reason: "breakpoint", at: path }))
  }
}
