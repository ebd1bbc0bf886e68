/** One step as the walk met it, and one attempt at it. */
import type { StepNode, Values } from "../graph/node.ts"
import type { StepKind } from "../steps/step-kind.ts"
import type { RecordedAnswer } from "./playback.ts"

/** What all attempts at a step have in common. */
export interface StepJob {
  readonly kind: StepKind
  readonly node: StepNode
  readonly path: string
  readonly values: Values
}

export interface StepRun extends StepJob {
  readonly attempt: number
  readonly input: unknown
  readonly signal: AbortSignal
  /** When the attempt's time is over. */
  readonly deadlineMs?: number
  /** A model that somebody chose by hand for this attempt. */
  readonly model?: string
  /** A route that somebody chose by hand. */
  readonly route?: string
  /** The step's definition is not the one that this attempt was started with. */
  readonly changed?: boolean
  /** Gives back the attempt's place among the steps in flight: a step that waits is not in flight. */
  readonly release: () => void
  /** The signal that the step used up, logged with its end. */
  signalSeq?: number
  /** What a recording tells of this attempt, when the run is a replay. */
  answer?: RecordedAnswer
  /** The step was answered by that as a whole, and did nothing. */
  replayed?: true
}
