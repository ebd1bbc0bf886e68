/**
 * What of a replay is not as a golden test expects it, in words.
 *
 * Invariants:
 * 1. What is not named is as it was recorded: every step, how the run ended, and what it gave.
 * 2. An excuse covers what it names and no more. The run's output alone may follow from a step that is excused and differs.
 * 3. What a replay of the file found changed when its values were hidden, and nothing else, is excused by the file itself.
 */

import { recordedOutput } from "../engine/playback.ts"
import { eventOf } from "../engine/recording.ts"
import type { Json } from "../lib/json.ts"
import { diffJson, excerptOf, type JsonChange } from "../lib/json-diff.ts"
import type { FieldChange, Side } from "../replay/compare.ts"
import type { RedactionDrift } from "../replay/export-file.ts"
import type { ReplayReport } from "../replay/replay.ts"
import type { ReplayedStep } from "../replay/replayed-steps.ts"
import { internalize } from "../store/values.ts"

export interface GoldenExpectation {
  /** What steps must give, by path, whatever they gave in the recording. What they are asked must be as recorded. */
  readonly outputs?: Readonly<Record<string, Json>>
  /** What the run must give, whatever it came to in the recording. */
  readonly output?: Json
  /**
   * How much more the run may cost today than it did: as a part of that (`0.1` is a tenth), or in nano-dollars.
   * Default: not looked at.
   */
  readonly costDrift?: number | { readonly nanoUsd: number }
  /** Paths of steps that may differ from the recording. */
  readonly except?: readonly string[]
}

/** The parts of a step that its expected output is held against instead. */
const ENDING: ReadonlySet<FieldChange["of"]> = new Set(["output", "status", "error"])

export async function problemsOf(
  report: ReplayReport,
  replayed: Side,
  given: GoldenExpectation,
  differs?: RedactionDrift,
): Promise<readonly string[]> {
  const { outputs = {}, except = [] } = given
  const expected = { ...given, except: [...except, ...(differs?.steps ?? [])] }
  const known = new Set([...report.steps.map(({ path }) => path), ...replayed.recording.steps.keys()])
  const unknown = [...except, ...Object.keys(outputs)].filter((path) => !known.has(path))
  return [
    ...unknown.map((path) => `${path}: found no such step in the run or its replay`),
    ...report.inputIssues.map(({ path, message }) => `${path}: ${message}`),
    ...report.steps.flatMap((step) => stepProblems(step, expected)),
    ...(await outputProblems(replayed, outputs, known)),
    ...(differs?.end && given.output === undefined ? [] : await endProblems(report, replayed, expected)),
  ]
}

function stepProblems(step: ReplayedStep, { outputs = {}, except = [] }: GoldenExpectation): string[] {
  const { path, verdict, changes } = step
  if (verdict === "same" || except.includes(path)) return []
  if (!Object.hasOwn(outputs, path)) return [stepText(step)]
  const asked = changes.filter(({ of }) => !ENDING.has(of))
  return asked.length === 0 ? [] : [stepText({ ...step, changes: asked })]
}

async function outputProblems(
  replayed: Side,
  outputs: Readonly<Record<string, Json>>,
  known: ReadonlySet<string>,
): Promise<string[]> {
  const problems: string[] = []
  for (const [path, expected] of Object.entries(outputs)) {
    if (!known.has(path)) continue
    const step = replayed.recording.steps.get(path)
    if (step?.status !== "completed" || step.endSeq === undefined) {
      problems.push(`${path}: found ${step?.status ?? "that it was not done"}, expected an output`)
      continue
    }
    const output = await internalize(recordedOutput(replayed.recording.source, step.endSeq), replayed.blobs)
    problems.push(...diffJson(expected, output).map((change) => `${path}: output ${changeText(change)}`))
  }
  return problems
}

async function endProblems(
  { end, steps }: ReplayReport,
  replayed: Side,
  { output, outputs = {}, except = [] }: GoldenExpectation,
): Promise<string[]> {
  if (output !== undefined) return runOutputProblems(end, replayed, output)
  const isExcused = (path: string) => except.includes(path) || Object.hasOwn(outputs, path)
  const follows = steps.some(({ path, verdict }) => verdict !== "same" && isExcused(path))
  const changes = follows ? end.changes.filter(({ path }) => !isOfOutput(path)) : end.changes
  return changes.map((change) => `the run: ${changeText(change)}`)
}

async function runOutputProblems(
  { replayed: { status, error } }: ReplayReport["end"],
  { recording, blobs }: Side,
  expected: Json,
): Promise<string[]> {
  if (status !== "succeeded" || recording.endSeq === undefined) {
    const why = error === undefined ? "" : ` (${JSON.stringify(error)})`
    return [`the run: found that it ${status === "open" ? "had not ended" : status}${why}, expected an output`]
  }
  const { data } = eventOf(recording.source, recording.endSeq, "run.completed")
  const changes = diffJson(expected, await internalize(data.output, blobs))
  return changes.map((change) => `the run: output ${changeText(change)}`)
}

/** Whether a change of the run's end is one of what it gave. */
function isOfOutput(path: string): boolean {
  return /^output($|[.[])/.test(path)
}

export function costProblems({ routing }: ReplayReport, limit: GoldenExpectation["costDrift"]): string[] {
  if (limit === undefined) return []
  if (!routing) return ["costDrift: found no routing in the options, which the cost of today follows from"]
  const { recordedNanoUsd, estimatedNanoUsd, unpriced } = routing
  if (unpriced > 0) return [`costDrift: found ${unpriced} operations whose cost today is not known`]
  const most = recordedNanoUsd + (typeof limit === "number" ? recordedNanoUsd * limit : limit.nanoUsd)
  if (estimatedNanoUsd <= most) return []
  return [`cost: found ${estimatedNanoUsd} nano-dollars, expected at most ${most}: the run cost ${recordedNanoUsd}`]
}

function stepText({ path, verdict, changes }: ReplayedStep): string {
  const found = changes.map((change) => `${change.of} ${changeText(change)}`).join("; ")
  return `${path}: ${verdict}${found === "" ? "" : ` (${found})`}`
}

function changeText(change: JsonChange): string {
  const { path, before, after } = excerptOf(change)
  return `${path}: ${JSON.stringify(before) ?? "nothing"} → ${JSON.stringify(after) ?? "nothing"}`
}
