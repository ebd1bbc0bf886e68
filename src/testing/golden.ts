/**
 * Golden tests: a recorded run replayed with the code of today, in plain Node, with nobody called. What no longer is as it was
 * recorded fails the test, with the step and the field. The run is one that was exported
 * (`GET /v1/runs/{id}/export?redact=true`), or one that a test just made.
 */

import { type Recording, readRecording } from "../engine/recording.ts"
import type { Workflow } from "../graph/workflow.ts"
import { WaybillError } from "../lib/errors.ts"
import { type RedactionDrift, readExport } from "../replay/export-file.ts"
import { type ReplayReport, replayWithRecording } from "../replay/replay.ts"
import type { CompiledRouting } from "../routing/compiled.ts"
import { kindsByName } from "../steps/index.ts"
import type { BlobStore } from "../store/blob-store.ts"
import { goldenForecaster } from "./golden-forecaster.ts"
import { costProblems, type GoldenExpectation, problemsOf } from "./golden-problems.ts"
import type { TestRun } from "./run-workflow.ts"

/** A run on record: the path of an export, its text, or a run that a test made. */
export type RecordedRun = string | Pick<TestRun, "store" | "blobs">

export interface GoldenOptions {
  /** The workflows of today; the one that the run is of is taken. */
  readonly workflows: readonly Workflow[]
  /** The routing of today: needed for a limit on the drift of cost. */
  readonly routing?: CompiledRouting
  /** Ids of the providers that have their keys. Default: all but those that the recorded run found without. */
  readonly providers?: readonly string[]
}

/** Replays a recorded run. Throws `export_invalid`, `workflow_not_found`. */
export async function replayRun(run: RecordedRun, options: GoldenOptions): Promise<ReplayReport> {
  return (await study(run, options)).report
}

/** Replays a recorded run, to be held against what is expected. Everything that is wrong is in the error thrown. */
export function expectReplay(run: RecordedRun, options: GoldenOptions) {
  return {
    /** Rejects with an `Error` that names every step and field that is not as expected; resolves with the report. */
    async toMatch(expected: GoldenExpectation = {}): Promise<ReplayReport> {
      const { report, replayed, differs } = await study(run, options)
      const problems = [
        ...(await problemsOf(report, replayed, expected, differs)),
        ...costProblems(report, expected.costDrift),
      ]
      if (problems.length === 0) return report
      throw new Error(
        `The replay of ${report.runId} is not as expected:\n${problems.map((one) => `- ${one}`).join("\n")}`,
      )
    },
  }
}

async function study(run: RecordedRun, options: GoldenOptions) {
  const { recording, blobs, workflow, differs } = await openRecorded(run, options)
  const { routing, providers } = options
  const forecaster = routing ? { forecaster: await goldenForecaster(routing, recording, providers) } : {}
  const found = await replayWithRecording({ recording, workflow, kinds: kindsByName, blobs, ...forecaster })
  return { ...found, ...(differs ? { differs } : {}) }
}

/** A recorded run, with the workflow of today that it is of. Throws `export_invalid`, `workflow_not_found`. */
export async function openRecorded(run: RecordedRun, { workflows }: Pick<GoldenOptions, "workflows">) {
  const opened = await open(run)
  const { workflow: name } = opened.recording.header
  const workflow = workflows.find((one) => one.name === name)
  if (!workflow)
    throw new WaybillError("workflow_not_found", `The run is of "${name}", which is not among the workflows given.`)
  return { ...opened, workflow }
}

interface Opened {
  readonly recording: Recording
  readonly blobs: BlobStore
  readonly differs?: RedactionDrift
}

async function open(run: RecordedRun): Promise<Opened> {
  if (typeof run !== "string") return { recording: readRecording(run.store), blobs: run.blobs }
  const text = run.startsWith("{") ? run : await textOf(run)
  const { head, store, blobs, missing } = await readExport(text)
  const { differs } = head
  if (missing.length === 0) return { recording: readRecording(store), blobs, ...(differs ? { differs } : {}) }
  const message = `The export leaves out ${missing.length} of the values that its rows refer to (${missing[0]}), and a replay needs them: export it with its blobs (?blobs=true).`
  throw new WaybillError("export_invalid", message)
}

async function textOf(path: string): Promise<string> {
  const { readFile } = await import("node:fs/promises")
  return readFile(path, "utf8")
}
