/** What the parts of the engine share while one run is in memory. Holds no durable state of its own: that is the log's. */
import type { Scope, StepNode, Values } from "../graph/node.ts"
import type { Workflow } from "../graph/workflow.ts"
import { sha256 } from "../lib/digest.ts"
import { WaybillError } from "../lib/errors.ts"
import type { FailureClass } from "../lib/failure-classes.ts"
import { type NewEvent, runEvent } from "../run/event.ts"
import { endOfLimit } from "../run/pauses.ts"
import type { StepKind } from "../steps/step-kind.ts"
import type { BlobStore } from "../store/blob-store.ts"
import { Deadlines } from "./deadlines.ts"
import { Gate } from "./gate.ts"
import type { EngineHost } from "./host.ts"
import { Parking } from "./parking.ts"
import { Pulse } from "./pulse.ts"
import { runBlobs } from "./run-blobs.ts"
import { RunLog } from "./run-log.ts"
import { Slots } from "./slots.ts"
import { RunValues } from "./values.ts"

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
  /** The blobs as steps see them. Those who only look, or command, take the host's: their failures are their own. */
  readonly blobs: BlobStore
  readonly pulse = new Pulse()
  readonly parking = new Parking(this.pulse)
  readonly slots = new Slots(this.parking)
  readonly deadlines: Deadlines
  readonly values: RunValues
  readonly gate: Gate
  /** Aborts everything in flight: on cancellation, when the run's time is over, when the store fails. */
  readonly abort = new AbortController()
  /** See `left-behind.ts`. */
  readonly leftBehind = new Set<string>()
  /** Child runs that are being started right now: until that is over nobody can tell whether they are there. */
  readonly starts = new Map<string, Promise<void>>()
  /** Orphans that are being told, or were told, that they are cancelled (see `orphans.ts`). */
  readonly told = new Set<string>()
  /** Signals that a step has taken and not yet logged as used up: no other step may take them too. */
  readonly claimed = new Set<number>()
  readonly walkScope: WalkScope

  constructor(host: EngineHost, workflow: Workflow, walkScope: WalkScope) {
    this.host = host
    this.walkScope = walkScope
    this.workflow = workflow
    this.log = new RunLog(host.store, host.clock, host.onEvents, (fault) => this.abort.abort(fault))
    this.deadlines = new Deadlines(host.clock)
    this.blobs = runBlobs(host.blobs, this.log)
    this.values = new RunValues(this.log, this.blobs)
    this.gate = new Gate(this.log, this.parking, this.pulse, host.clock)
  }

  nowMs(): number {
    return this.host.clock.nowMs()
  }

  /** When `limitMs` that began at `startMs` are over: as long as the run is paused, in its recording if it is a replay, time stands still. */
  endOfLimit(startMs: number, limitMs: number): number {
    return endOfLimit(this.host.playback?.cues?.pauseTimes ?? this.log.state.pauses, startMs, limitMs)
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

  /** Whether a breakpoint on failures wants the run to stop at one of this class. */
  holdsFailure(failureClass: FailureClass): boolean {
    if (failureClass === "cancelled") return false
    return this.log.state.breakpoints.some((breakpoint) => {
      if (!("on" in breakpoint)) return false
      if (breakpoint.on === "error") return true
      if (breakpoint.on === "refusal") return failureClass === "output.refusal"
      return failureClass === "output.schema_mismatch" || failureClass === "output.invalid_json"
    })
  }

  /** The event that pauses the run at `path`; none when it is paused already. */
  pauseAt(path: string): NewEvent[] {
    return this.log.state.paused ? [] : [runEvent("run.paused", { reason: "breakpoint", at: path })]
  }
}
