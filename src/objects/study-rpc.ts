/** What a run's object tells of its log to whoever makes something of it: replays, forks, rehearsals. Part of `rpc.ts`. */
import type { RunComparison } from "../engine/compare-runs.ts"
import type { Counterfactual, CounterfactualRequest } from "../engine/counterfactual.ts"
import type { ForkRequest } from "../engine/derive.ts"
import type { RecordedAnswer } from "../engine/playback.ts"
import type { ReplayReport } from "../engine/replay.ts"
import type { StopView } from "../protocol/stop-view.ts"
import type { Head } from "../run/chain.ts"
import type { NewEvent, RunEvent, RunHeader, StepEdit } from "../run/event.ts"

/** What a derived run needs to know of its original. */
export interface Origin {
  readonly header: RunHeader
  readonly head: Head
  /** The edits of the fork as the schemas of their steps read them. */
  readonly edits: Readonly<Record<string, StepEdit>>
}

export interface CopiedPage {
  readonly events: readonly NewEvent[]
  readonly isLast: boolean
}

/** All throw `run_not_found`. */
export interface StudyRpc {
  /** What today's code makes of the run. Nobody is called. */
  replay(): Promise<ReplayReport>
  /** What the attempt at `path` met that followed `failures` failed ones. */
  recordedAnswer(path: string, failures: number): Promise<RecordedAnswer | undefined>
  /** Throws what is wrong with the fork: `step_not_found`, `workflow_changed`, `step_undone`, `edit_invalid`, `output_refused`, … */
  origin(fork?: ForkRequest): Promise<Origin>
  /** The events that a fork of the run, as it stood at event `upTo`, begins with, without the first `skip`. */
  copies(fork: ForkRequest, upTo: number, skip: number): Promise<CopiedPage>
  /** The run, on the left, beside run `other`. */
  compare(other: string): Promise<RunComparison>
  /** Asks a recorded operation of other models, for real. Throws `step_not_found`, `no_operation`. */
  counterfactual(request: CounterfactualRequest): Promise<Counterfactual>
  /** The run's first event and those of the step at `path`. */
  stepLog(path: string): Promise<readonly RunEvent[]>
  /** Where the run stands, for somebody who goes through it step by step. */
  stop(): Promise<StopView>
  /** The edits that a rehearsal begins with. */
  recordedEdits(): Promise<readonly NewEvent[]>
}
