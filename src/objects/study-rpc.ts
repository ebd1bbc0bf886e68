/** What a run's object tells of its log to whoever makes something of it: replays, forks, rehearsals. Part of `rpc.ts`. */

import type { RecordedAnswer } from "../engine/playback.ts"
import type { Json } from "../lib/json.ts"
import type { StopView } from "../protocol/stop-view.ts"
import type { RunComparison } from "../replay/compare-runs.ts"
import type { Counterfactual, CounterfactualRequest } from "../replay/counterfactual.ts"
import type { ForkRequest } from "../replay/derive.ts"
import type { ForkForecast, StepCosts } from "../replay/fork-forecast.ts"
import type { ModerationReview, PolicyChange } from "../replay/moderation-review.ts"
import type { ReplayReport } from "../replay/replay.ts"
import type { Head } from "../run/chain.ts"
import type { NewEvent, RunEvent, RunHeader, StepEdit } from "../run/event.ts"

/** What somebody wants made of a run: a fork of it, or a rehearsal. */
export interface DerivationRequest extends Partial<Pick<RunHeader, "forkedFrom" | "replayOf" | "breakpoints">> {
  readonly runId: string
  readonly paused: boolean
  /** Instead of the original's. */
  readonly input?: Json
  /** Merged into the original's (RFC 7396). */
  readonly inputPatch?: Json
  /** Instead of the original's: what each call of a tool gives, by the tool's name. */
  readonly stubs?: Readonly<Record<string, Json>>
  /** Beside the original's. */
  readonly moreTags?: readonly string[]
  /** Of a fork, by the path of their step. */
  readonly edits?: Readonly<Record<string, StepEdit>>
}

/** What is to be made, with all that was found out about it. */
export interface DerivationOrder {
  /** Id of the run that it is made of. */
  readonly original: string
  readonly header: RunHeader
  /** The original's newest event then. */
  readonly head: Head
  /** Absent for a rehearsal. */
  readonly fork?: ForkRequest
  /** The run stops before its first step. */
  readonly paused: boolean
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
  /**
   * What the object of the new run is to be told. Throws what is wrong with the request: `step_not_found`,
   * `workflow_changed`, `step_undone`, `edit_invalid`, `input_invalid`, `output_refused`, …
   */
  order(request: DerivationRequest): Promise<DerivationOrder>
  /** What a fork would do and cost, read from the recording and from what steps of other runs cost. Throws as `order` does. */
  forecast(request: DerivationRequest, samples: readonly StepCosts[]): Promise<ForkForecast>
  /** The recorded decisions of the step called `step` under today's policy, changed as `change` says. */
  reviewModeration(step: string, change?: PolicyChange): Promise<ModerationReview>
  /** The events that a fork of the run, as it stood at event `upTo`, begins with, without the first `skip`. */
  copies(fork: ForkRequest, upTo: number, skip: number): Promise<CopiedPage>
  /** The run, on the left, beside run `other`. */
  compare(other: string): Promise<RunComparison>
  /** Asks a recorded operation of other models, for real. Throws `step_not_found`, `no_operation`. */
  counterfactual(request: CounterfactualRequest): Promise<Counterfactual>
  /** The run's first event and those of the step at `path`. */
  stepLog(path: string): Promise<readonly RunEvent[]>
  /** Where the run stands, for somebody who goes through it step by step: as soon as it does or has ended, or after `waitMs`. */
  stop(waitMs?: number): Promise<StopView>
  /** The edits that a rehearsal begins with. */
  recordedEdits(): Promise<readonly NewEvent[]>
}
