/** Two runs side by side: for each step what it gave, by which model, how long it took and what it cost. */
import { costReport } from "../ledger/report.ts"
import type { Json } from "../lib/json.ts"
import type { JsonChange } from "../lib/json-diff.ts"
import { eventsIn } from "../store/pages.ts"
import { internalize } from "../store/values.ts"
import { compareStep, compareValues, type FieldChange, type Side } from "./compare.ts"
import { servedBy } from "./forecast.ts"
import { recordedOutput } from "./playback.ts"
import { eventOf, type RecordedStatus, type RecordedStep } from "./recording.ts"

/** One step in one of the runs. */
export interface ComparedStep {
  readonly status: RecordedStatus
  /** Tries, counted without those that a crash cut off. */
  readonly attempts: number
  /** `provider/model` that answered last. */
  readonly model?: string
  /** From its first start to its end, waits included; absent while it has none. */
  readonly durationMs?: number
  readonly costNanoUsd: number
  readonly output?: Json
}

export interface StepPair {
  readonly path: string
  readonly kind: string
  /** Absent where a run does not have the step. */
  readonly left?: ComparedStep
  readonly right?: ComparedStep
  /** From left to right. */
  readonly changes: readonly FieldChange[]
}

export interface ComparedRun {
  readonly runId: string
  readonly workflow: string
  readonly version: number
  readonly costNanoUsd: number
}

export interface RunComparison {
  readonly left: ComparedRun
  readonly right: ComparedRun
  /** How the inputs of the runs differ. */
  readonly input: readonly JsonChange[]
  /** In the order of the left run, then those that only the right one has. */
  readonly steps: readonly StepPair[]
}

export async function compareRuns(left: Side, right: Side): Promise<RunComparison> {
  const sides = { before: left, after: right }
  const costs = { left: costsOf(left), right: costsOf(right) }
  const paths = new Set([...left.recording.steps.keys(), ...right.recording.steps.keys()])
  const steps: StepPair[] = []
  for (const path of paths) {
    const [before, after] = [left.recording.steps.get(path), right.recording.steps.get(path)]
    steps.push({
      path,
      kind: (before ?? after)?.kind ?? "",
      ...(before ? { left: await comparedStep(before, left, costs.left.byPath) } : {}),
      ...(after ? { right: await comparedStep(after, right, costs.right.byPath) } : {}),
      changes: before && after ? await compareStep(before, after, sides) : [],
    })
  }
  return {
    left: comparedRun(left, costs.left.total),
    right: comparedRun(right, costs.right.total),
    input: await compareValues(left.recording.header.input, right.recording.header.input, sides),
    steps,
  }
}

function comparedRun({ recording: { header } }: Side, costNanoUsd: number): ComparedRun {
  const { runId, workflow, version } = header
  return { runId, workflow, version, costNanoUsd }
}

function costsOf({ recording: { source } }: Side) {
  const { total, byStep } = costReport(eventsIn(source))
  return { total: total.costNanoUsd, byPath: new Map(byStep.map(({ path, costNanoUsd }) => [path, costNanoUsd])) }
}

async function comparedStep(step: RecordedStep, side: Side, costs: ReadonlyMap<string, number>): Promise<ComparedStep> {
  const { source } = side.recording
  const { path, status, attempts, firstAtMs, endSeq } = step
  const model = modelOf(step, side)
  const end = endSeq === undefined ? undefined : source.get(endSeq)
  const output =
    status === "completed" && endSeq !== undefined
      ? { output: await internalize(recordedOutput(source, endSeq), side.blobs) }
      : {}
  return {
    status,
    attempts: attempts.length,
    ...(model === undefined ? {} : { model }),
    ...(end ? { durationMs: end.atMs - firstAtMs } : {}),
    costNanoUsd: costs.get(path) ?? 0,
    ...output,
  }
}

function modelOf({ attempts }: RecordedStep, { recording: { source } }: Side): string | undefined {
  const answered = attempts.flatMap(({ operations }) => [...operations.values()])
  const models = answered.map((seq) => servedBy(eventOf(source, seq, "operation.completed").data.record))
  return models.findLast((model) => model !== undefined)
}
