/**
 * Two runs side by side: for each step what it gave, by which model, how long it took and what it cost.
 *
 * Invariant: a comparison is small, however large the runs are. Large values are shown by their beginning, and when all that
 * is shown grows large, only that steps differ is told of the rest.
 */

import { recordedOutput } from "../engine/playback.ts"
import { eventOf, type RecordedStatus, type RecordedStep } from "../engine/recording.ts"
import { costReport } from "../ledger/report.ts"
import { canonicalJson, type Json } from "../lib/json.ts"
import { excerptOf, type JsonChange } from "../lib/json-diff.ts"
import type { Stored } from "../run/event.ts"
import { eventsIn } from "../store/pages.ts"
import { hasStoredParts } from "../store/values.ts"
import { compareStep, compareValues, type FieldChange, type Side } from "./compare.ts"
import { servedBy } from "./forecast.ts"
import { endOf, type RunEnd } from "./run-end.ts"

/** Longest text of an output that is shown whole, and how much is shown of one that is longer. */
const MAX_OUTPUT_CHARS = 4_000
const EXCERPT_CHARS = 400

/** Outputs and differences are shown until their texts are so long together. */
const MAX_SHOWN_CHARS = 4_000_000

/** What a step or a run gave: `output` when it is small, else the beginning of its text, its parts in the blob store left there. */
export interface ShownOutput {
  readonly output?: Json
  readonly excerpt?: string
}

/** One step in one of the runs. */
export interface ComparedStep extends ShownOutput {
  readonly status: RecordedStatus
  /** Tries, counted without those that a crash cut off. */
  readonly attempts: number
  /** `provider/model` that answered last. */
  readonly model?: string
  /** From its first start to its end, waits included; absent while it has none. */
  readonly durationMs?: number
  readonly costNanoUsd: number
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

export interface ComparedRun extends RunEnd, ShownOutput {
  readonly runId: string
  readonly workflow: string
  readonly version: number
  /** From its creation to its end; absent while it has none. */
  readonly durationMs?: number
  readonly costNanoUsd: number
}

export interface RunComparison {
  readonly left: ComparedRun
  readonly right: ComparedRun
  /** How the inputs of the runs differ. */
  readonly input: readonly JsonChange[]
  /** In the order of the left run, then those that only the right one has. */
  readonly steps: readonly StepPair[]
  /** There was more to show than fits: of later steps the outputs and all but one of the differences are left out. */
  readonly cut?: true
}

export async function compareRuns(left: Side, right: Side): Promise<RunComparison> {
  const sides = { before: left, after: right }
  const costs = { left: costsOf(left), right: costsOf(right) }
  const paths = new Set([...left.recording.steps.keys(), ...right.recording.steps.keys()])
  const steps: StepPair[] = []
  let shownChars = 0
  for (const path of paths) {
    const [before, after] = [left.recording.steps.get(path), right.recording.steps.get(path)]
    const found = before && after ? await compareStep(before, after, sides) : []
    const pair = {
      path,
      kind: (before ?? after)?.kind ?? "",
      ...(before ? { left: comparedStep(before, left, costs.left.byPath) } : {}),
      ...(after ? { right: comparedStep(after, right, costs.right.byPath) } : {}),
      changes: found.map((change) => ({ ...change, ...excerptOf(change) })),
    }
    shownChars += JSON.stringify(pair).length
    steps.push(shownChars > MAX_SHOWN_CHARS ? briefly(pair) : pair)
  }
  const input = await compareValues(left.recording.header.input, right.recording.header.input, sides)
  return {
    left: comparedRun(left, costs.left.total),
    right: comparedRun(right, costs.right.total),
    input: input.map(excerptOf),
    steps,
    ...(shownChars > MAX_SHOWN_CHARS ? { cut: true } : {}),
  }
}

function briefly({ left, right, changes, ...pair }: StepPair): StepPair {
  const bare = ({ output: _output, excerpt: _excerpt, ...step }: ComparedStep): ComparedStep => step
  return {
    ...pair,
    ...(left ? { left: bare(left) } : {}),
    ...(right ? { right: bare(right) } : {}),
    changes: changes.slice(0, 1),
  }
}

function comparedRun({ recording }: Side, costNanoUsd: number): ComparedRun {
  const { header, createdAtMs, endSeq, source } = recording
  const { runId, workflow, version } = header
  const { end, output } = endOf(recording)
  const endedAtMs = endSeq === undefined ? undefined : source.get(endSeq)?.atMs
  return {
    runId,
    workflow,
    version,
    ...end,
    ...(endedAtMs === undefined ? {} : { durationMs: endedAtMs - createdAtMs }),
    costNanoUsd,
    ...(end.status === "succeeded" ? shown(output) : {}),
  }
}

function shown(stored: Stored): ShownOutput {
  const text = canonicalJson(stored)
  const isSmall = text.length <= MAX_OUTPUT_CHARS && !hasStoredParts(stored)
  return isSmall ? { output: stored } : { excerpt: text.slice(0, EXCERPT_CHARS) }
}

function costsOf({ recording: { source } }: Side) {
  const { total, byStep } = costReport(eventsIn(source))
  return { total: total.costNanoUsd, byPath: new Map(byStep.map(({ path, costNanoUsd }) => [path, costNanoUsd])) }
}

function comparedStep(step: RecordedStep, side: Side, costs: ReadonlyMap<string, number>): ComparedStep {
  const { source } = side.recording
  const { path, status, attempts, firstAtMs, endSeq } = step
  const model = modelOf(step, side)
  const end = endSeq === undefined ? undefined : source.get(endSeq)
  const output = status === "completed" && endSeq !== undefined ? shown(recordedOutput(source, endSeq)) : {}
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
