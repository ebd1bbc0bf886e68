/**
 * What the objects say to each other and to the API: their RPC methods as interfaces, so that nobody needs an object's
 * class to call it. Everything that crosses is plain data; how errors cross is said in `remote.ts`.
 */
import type { ChildEnd, Undone } from "../engine/host.ts"
import type { CostReport } from "../ledger/report.ts"
import type { UsageRow } from "../ledger/usage.ts"
import type { Command } from "../protocol/command.ts"
import type { RunDetail, StepList } from "../protocol/run-detail.ts"
import type { RunsBelow } from "../protocol/run-tree.ts"
import type { RunView } from "../protocol/run-view.ts"
import type { Declared, ScheduleView } from "../protocol/schedule.ts"
import type { RunStart } from "../protocol/start.ts"
import type { StepView } from "../protocol/step-view.ts"
import type { RunSummary } from "../protocol/summary.ts"
import type { EventRow } from "../run/chain.ts"
import type { RunEvent } from "../run/event.ts"
import type { TraceDocument } from "../trace/otlp.ts"
import type { AdmissionRequest, Admitted, QueuePlace } from "./admission.ts"
import type { BulkForkRpc } from "./bulk-door.ts"
import type { Claim, Claimed, KeyedRequest } from "./idempotency-keys.ts"
import type { RunFilter, RunPage } from "./run-index.ts"
import type { DerivationOrder, StudyRpc } from "./study-rpc.ts"
import type { UsageRpc } from "./usage-door.ts"

/** What `waitForEvents` came back with. */
export interface NextEvents {
  readonly events: readonly RunEvent[]
  /** The run has ended and owes nothing, and these are its last events. */
  readonly isEnd: boolean
}

export interface RunRpc {
  /** Creates the run and sets it going, or lets it queue; for a run that exists, does nothing. Throws `workflow_not_found`, `input_invalid`. */
  start(request: RunStart): Promise<RunView>
  /** Makes the run out of another and sets it going; for a run that exists, does nothing. */
  derive(order: DerivationOrder): Promise<RunView>
  /** Throws `run_not_found`, as all below do. */
  view(): Promise<RunView>
  /** Steps in the order in which they started: `limit` of them from the `offset`th on. */
  steps(offset: number, limit: number): Promise<StepList>
  /** One step with its input and output. */
  step(path: string): Promise<StepView>
  /** A page of events after `after`: at most `limit`, fewer when they are large; none when there is no more. */
  events(after: number, limit: number): Promise<readonly RunEvent[]>
  /** As `events`, as they are stored. */
  rows(after: number, limit: number): Promise<readonly EventRow[]>
  /** The run with its first steps, as soon as it stands, or has ended and lists say so, or as it is after `timeoutMs`. */
  detail(timeoutMs: number): Promise<RunDetail>
  /** `start` and then `detail`, in one call: between them there is nothing to decide. */
  startAndWait(request: RunStart, timeoutMs: number): Promise<RunDetail>
  /** A page of events after `after`, as soon as there is any; none after `timeoutMs`, or when nothing will follow. */
  waitForEvents(after: number, timeoutMs: number): Promise<NextEvents>
  /** Tells the run something. Answers at once, or with `waitMs` as soon as the run stands or has ended. Throws what is wrong with it. */
  command(command: Command, waitMs?: number): Promise<RunView>
  cost(): Promise<CostReport>
  trace(): Promise<TraceDocument>
  /** The tenant tells a run that queued that it has a place now; safe to repeat. */
  go(): Promise<RunSummary>
  /** The run above it is undone, and so is this one; safe to repeat, until it is over. */
  undo(reason: string): Promise<Undone>
  /** A child run tells how it ended; safe to repeat. */
  childEnded(end: ChildEnd): Promise<void>
}

/** All that a run's object can be asked. */
export interface RunObjectRpc extends RunRpc, StudyRpc {}

export interface TenantRpc extends UsageRpc, BulkForkRpc {
  /** The run that an Idempotency-Key is bound to, if any. Throws `idempotency_conflict`. */
  claimedBy(request: KeyedRequest): Promise<string | undefined>
  /** Binds an Idempotency-Key to a run, or says which run it is bound to. Throws `idempotency_conflict`. */
  claim(claim: Claim): Promise<Claimed>
  /** A new run asks whether it may go; safe to repeat. A run that queues is told by `go` when it may. */
  admit(request: AdmissionRequest): Promise<Admitted>
  /** Where a run stands in the queue; undefined when it is not in it. */
  placeOf(runId: string): Promise<QueuePlace | undefined>
  /** Takes a run's row, and all that it used so far; one that is older than what is known changes nothing. */
  record(summary: RunSummary, usage?: readonly UsageRow[]): Promise<void>
  /** Declares a schedule. Throws `limit_exceeded`. */
  putSchedule(declared: Declared): Promise<{ readonly schedule: ScheduleView; readonly created: boolean }>
  schedules(): Promise<readonly ScheduleView[]>
  /** Throws `schedule_not_found`, as all below do that take a key. */
  schedule(key: string): Promise<ScheduleView>
  deleteSchedule(key: string): Promise<ScheduleView>
  pauseSchedule(key: string, paused: boolean): Promise<ScheduleView>
  /** Starts a run of the schedule now. Throws what starting a run throws. */
  runSchedule(key: string): Promise<RunView>
  /** Runs, newest first. */
  list(filter: RunFilter): Promise<RunPage>
  /** The runs below this one: its child runs, theirs, and so on, at most `limit` of them. */
  below(runId: string, limit: number): Promise<RunsBelow>
}
