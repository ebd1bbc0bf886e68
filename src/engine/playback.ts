/**
 * Playing a recording: what a run that is a replay is handed in the place of models, tools, people and child runs.
 * `answered.ts` is where the engine asks it.
 */
import type { ErrorData } from "../lib/errors.ts"
import type { Json } from "../lib/json.ts"
import type { OperationContext } from "../model/client.ts"
import type { Operation } from "../model/operation.ts"
import type { EventData, Stored } from "../run/event.ts"
import type { Cues } from "./cues.ts"
import { eventOf, type RecordedEnd, type Recording } from "./recording.ts"

/** What a recording tells of one attempt of a step. Plain data: it may come from another object. */
export interface RecordedAnswer {
  /** Digest of the step's kind and output schema when it ran. */
  readonly shape: string
  readonly input?: Stored
  readonly operations: readonly EventData["operation.completed"][]
  /** Absent when the recording stopped before the attempt ended. */
  readonly end?: AnswerEnd
}

export type AnswerEnd =
  | { readonly status: "completed"; readonly output: Stored; readonly decided?: true }
  | { readonly status: "failed"; readonly error: ErrorData; readonly retried?: true; readonly held?: true }
  | { readonly status: "skipped" }

/** An operation that a replay answered from its recording. */
export interface AnsweredOperation {
  readonly path: string
  readonly operation: Operation
  readonly context: OperationContext
  readonly recorded: EventData["operation.completed"]
  /** The step's recorded input: what was asked, where the record has no request of its own. */
  readonly recordedInput?: Stored
}

export interface Playback {
  /** What the recording has of the attempt that follows `failures` failed ones. */
  answer(path: string, failures: number): Promise<RecordedAnswer | undefined>
  /**
   * What happens to a step that asks for something that the recording does not hold. `hold`: nobody is asked, the step waits
   * for somebody to decide. `live`: it is asked for real, and so is everything that differs from what was recorded.
   */
  readonly beyond: "hold" | "live"
  /** Keeps the replay in the order and the time of the recording; without it, answers come at once. */
  readonly cues?: Cues
  /** Told of each operation that was answered. */
  readonly onOperation?: (answered: AnsweredOperation) => void
}

/** The attempt of the step at `path` that follows `failures` failed ones, as `recording` has it. */
export function recordedAnswer(recording: Recording, path: string, failures: number): RecordedAnswer | undefined {
  const step = recording.steps.get(path)
  const attempt = step?.attempts[failures]
  if (!step || !attempt) return undefined
  const { source } = recording
  const { inputSeq } = step
  return {
    shape: step.digest.split(".")[0] ?? "",
    ...(inputSeq === undefined ? {} : { input: recordedInput(recording, inputSeq) }),
    operations: [...attempt.operations.values()].map((seq) => eventOf(source, seq, "operation.completed").data),
    ...(attempt.end ? { end: answerEnd(recording, attempt.end) } : {}),
  }
}

/** The input that the event numbered `seq` holds. */
export function recordedInput({ source }: Recording, seq: number): Json {
  return eventOf(source, seq, "step.started").data.input ?? null
}

function answerEnd({ source }: Recording, { seq, status, retried, held, decided }: RecordedEnd): AnswerEnd {
  if (status === "skipped") return { status }
  if (status === "failed") {
    const { error } = eventOf(source, seq, "step.failed").data
    return { status, error, ...(retried ? { retried } : {}), ...(held ? { held } : {}) }
  }
  return { status, output: recordedOutput(source, seq), ...(decided ? { decided } : {}) }
}

/** The output that the event numbered `seq` holds, whether the step gave it or somebody in its place. */
export function recordedOutput(source: Recording["source"], seq: number): Stored {
  const { data } = eventOf(source, seq, "step.completed", "step.resolved", "step.edited")
  if ("output" in data && data.output !== undefined) return data.output
  throw new Error(`Broken invariant: event ${seq} holds no output`)
}
