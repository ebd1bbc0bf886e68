/**
 * Golden tests: a run that was exported (`GET /v1/runs/{id}/export?redact=true`) replayed with the code of today, in plain
 * Node, with nobody called. What no longer is as it was recorded fails the test, with the step and the field.
 */

import type { Side } from "../engine/compare.ts"
import { type ExportFile, readExport } from "../engine/export-file.ts"
import { recordedOutput } from "../engine/playback.ts"
import { readRecording } from "../engine/recording.ts"
import { type ReplayReport, replayWithRecording } from "../engine/replay.ts"
import type { ReplayedStep } from "../engine/replayed-steps.ts"
import type { Workflow } from "../graph/workflow.ts"
import { systemClock } from "../lib/clock.ts"
import { WaybillError } from "../lib/errors.ts"
import type { Json } from "../lib/json.ts"
import { diffJson, excerptOf, type JsonChange } from "../lib/json-diff.ts"
import { seededRandom } from "../lib/random.ts"
import type { Forecaster } from "../model/client.ts"
import type { CompiledRouting } from "../routing/compiled.ts"
import { kindsByName } from "../steps/index.ts"
import { internalize } from "../store/values.ts"

export interface GoldenOptions {
  /** The workflows of today; the one that the run is of is taken. */
  readonly workflows: readonly Workflow[]
  /** The routing of today: needed for a limit on the drift of cost. It is asked as if every provider had a key. */
  readonly routing?: CompiledRouting
}

export interface GoldenExpectation {
  /** What steps must give, by path. What is not named must be as recorded. */
  readonly outputs?: Readonly<Record<string, Json>>
  /** How much more the run may cost today than it did, as a part of that: `0.1` is a tenth. Default: not looked at. */
  readonly costDrift?: number
  /** Paths of steps that may differ from the recording. */
  readonly except?: readonly string[]
}

/** Replays an exported run: `file` is its path, or its text. Throws `export_invalid`, `workflow_not_found`. */
export async function replayRun(file: string, options: GoldenOptions): Promise<ReplayReport> {
  return (await study(file, options)).report
}

/** Replays an exported run, to be held against what is expected. Everything that is wrong is in the error thrown. */
export function expectReplay(file: string, options: GoldenOptions) {
  return {
    /** Rejects with an `Error` that names every step and field that is not as expected; resolves with the report. */
    async toMatch(expected: GoldenExpectation = {}): Promise<ReplayReport> {
      const { report, replayed } = await study(file, options)
      const problems = [
        ...problemsOf(report, expected),
        ...(await outputProblems(replayed, expected.outputs ?? {})),
        ...costProblems(report, expected.costDrift),
      ]
      if (problems.length === 0) return report
      throw new Error(
        `The replay of ${report.runId} is not as expected:\n${problems.map((one) => `- ${one}`).join("\n")}`,
      )
    },
  }
}

async function study(file: string, { workflows, routing }: GoldenOptions) {
  const { head, store, blobs } = await open(file)
  const workflow = workflows.find(({ name }) => name === head.workflow)
  if (!workflow)
    throw new WaybillError(
      "workflow_not_found",
      `The run is of "${head.workflow}", which is not among the workflows given.`,
    )
  const forecaster = routing ? { forecaster: await forecasterOf(routing) } : {}
  return replayWithRecording({ recording: readRecording(store), workflow, kinds: kindsByName, blobs, ...forecaster })
}

async function open(file: string): Promise<ExportFile> {
  if (file.startsWith("{")) return readExport(file)
  const { readFile } = await import("node:fs/promises")
  return readExport(await readFile(file, "utf8"))
}

/** Loaded when it is needed: the providers take longer to load than most tests to run. */
async function forecasterOf(routing: CompiledRouting): Promise<Forecaster> {
  const { createGateway } = await import("../gateway/gateway.ts")
  const { PROVIDERS } = await import("../providers/index.ts")
  const env = Object.fromEntries(PROVIDERS.flatMap(({ keyNames }) => keyNames).map((name) => [name, "golden"]))
  return createGateway({
    routing: () => routing,
    providers: PROVIDERS,
    env,
    fetch: () => Promise.reject(new WaybillError("replay_offline", "A replay reaches no network.")),
    clock: systemClock,
    random: seededRandom(1),
  })
}

function problemsOf(report: ReplayReport, { outputs = {}, except = [] }: GoldenExpectation): string[] {
  const { steps, end, inputIssues } = report
  const excused = new Set([...except, ...Object.keys(outputs)])
  const different = steps.filter(({ path, verdict }) => verdict !== "same" && !excused.has(path))
  // What a step that may differ changes in the run's own end follows from it.
  const endChanges = excused.size > 0 ? [] : end.changes.map((change) => `the run: ${changeText(change)}`)
  return [...inputIssues.map(({ path, message }) => `${path}: ${message}`), ...different.map(stepText), ...endChanges]
}

async function outputProblems(replayed: Side, outputs: Readonly<Record<string, Json>>): Promise<string[]> {
  const problems: string[] = []
  for (const [path, expected] of Object.entries(outputs)) {
    const step = replayed.recording.steps.get(path)
    if (step?.status !== "completed" || step.endSeq === undefined) {
      problems.push(`${path}: found ${step?.status ?? "no such step"}, expected an output`)
      continue
    }
    const output = await internalize(recordedOutput(replayed.recording.source, step.endSeq), replayed.blobs)
    problems.push(...diffJson(expected, output).map((change) => `${path}: output ${changeText(change)}`))
  }
  return problems
}

function costProblems({ routing }: ReplayReport, limit: number | undefined): string[] {
  if (limit === undefined) return []
  if (!routing) return ["costDrift: found no routing in the options, which the cost of today follows from"]
  const { recordedNanoUsd, estimatedNanoUsd, unpriced } = routing
  if (unpriced > 0) return [`costDrift: found ${unpriced} operations whose cost today is not known`]
  if (estimatedNanoUsd <= recordedNanoUsd * (1 + limit)) return []
  return [`cost: found ${estimatedNanoUsd} nano-dollars, expected at most ${limit} more than ${recordedNanoUsd}`]
}

function stepText({ path, verdict, changes }: ReplayedStep): string {
  const found = changes.map((change) => `${change.of} ${changeText(change)}`).join("; ")
  return `${path}: ${verdict}${found === "" ? "" : ` (${found})`}`
}

function changeText(change: JsonChange): string {
  const { path, before, after } = excerptOf(change)
  return `${path}: ${JSON.stringify(before) ?? "nothing"} → ${JSON.stringify(after) ?? "nothing"}`
}
