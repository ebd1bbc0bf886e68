/** What may be done with a run once it is on record, over runs of tests: exported, forked, gone through again, compared. */

import { recordedAnswer } from "../engine/playback.ts"
import { readRecording } from "../engine/recording.ts"
import { anonymizer } from "../gateway/anonymize.ts"
import type { Workflow } from "../graph/workflow.ts"
import type { Json } from "../lib/json.ts"
import { compareRuns as compareSides, type RunComparison } from "../replay/compare-runs.ts"
import { derivedHeader, editEvents, planFork, recordedEdits } from "../replay/derive.ts"
import { exportLines } from "../replay/export-file.ts"
import { copiedEvents } from "../replay/fork.ts"
import { redactedLines } from "../replay/redacted-export.ts"
import { replay } from "../replay/replay.ts"
import { NEXT_STEP, type NewEvent, runEvent, type StepEdit } from "../run/event.ts"
import { kindsByName } from "../steps/index.ts"
import { MemoryEventStore } from "../store/memory-event-store.ts"
import { createRun, type TestRun, type TestRunOptions } from "./run-workflow.ts"

/** The text of a file that `replayRun` and `expectReplay` take; `redact`: personal data and secrets are hidden in it. */
export async function exportRun(
  { store, blobs, workflow }: TestRun,
  { redact = false }: { readonly redact?: boolean } = {},
): Promise<string> {
  const recording = readRecording(store)
  const { header, head } = recording
  const first = { waybill: "export", format: 1, runId: header.runId, workflow: header.workflow, seq: head.seq } as const
  const pages = () => [store.rows()]
  const again = { workflow, kinds: kindsByName }
  const lines = redact
    ? redactedLines(first, pages, blobs, {
        blobs: "values",
        hide: anonymizer(),
        original: () => replay({ recording, blobs, ...again }),
        replay: (hidden) => replay({ ...hidden, ...again }),
      })
    : exportLines(first, pages(), blobs, "all")
  let text = ""
  for await (const line of lines) text += line
  return text
}

/** Runs side by side, step by step. */
export function compareRuns(left: TestRun, right: TestRun): Promise<RunComparison> {
  const sideOf = ({ store, blobs }: TestRun) => ({ recording: readRecording(store), blobs })
  return compareSides(sideOf(left), sideOf(right))
}

export interface TestForkOptions extends Omit<TestRunOptions, "store" | "blobs" | "clock" | "playback"> {
  /** Path of the step that is done again, with all that comes after it. */
  readonly from: string
  /** Edits by the path of their step; of a step that is not done again only the output can be changed. */
  readonly edits?: Readonly<Record<string, StepEdit>>
  /** Instead of the run's own input. */
  readonly input?: Json
  /** Today's code, when it is not what the run was made of. */
  readonly workflow?: Workflow
}

/** A new run that starts again from a step of `run`, which stays as it is; not yet moved. Throws what the door would refuse. */
export async function forkRun(run: TestRun, options: TestForkOptions): Promise<TestRun> {
  const { from: at, edits = {}, input, workflow = run.workflow, ...rest } = options
  const recording = readRecording(run.store)
  const plan = planFork(recording, workflow, kindsByName, { at, edits })
  const { header, head } = recording
  const { runId = "run_fork" } = rest
  const forkedFrom = { runId: header.runId, path: plan.point.at }
  const given = input === undefined ? {} : { input: workflow.input.parse(input) as Json }
  const created = { ...derivedHeader(header, workflow, { runId, forkedFrom, ...given }), ...rest.header }
  const forked = runEvent("run.forked", { from: { ...forkedFrom, headHash: head.hash } })
  return derived(run, workflow, rest, [
    runEvent("run.created", created),
    ...copiedEvents(plan.point),
    forked,
    ...editEvents(plan.edits),
  ])
}

export interface RehearsalOptions extends Omit<TestRunOptions, "store" | "blobs" | "clock" | "playback"> {
  /** What happens where the recording has no answer: the step waits for somebody to decide, or it is done for real. */
  readonly beyond?: "hold" | "live"
  /** Whether it stops before its first step. Default true. */
  readonly paused?: boolean
  /** Today's code, when it is not what the run was made of. */
  readonly workflow?: Workflow
}

/**
 * `run` once more as a run of its own that is gone through step by step, answered from the recording; not yet moved.
 * `engine.commands` has what a stepper has: `resume`, `edit`, `resolve`. Breakpoints go into `header`.
 */
export async function rehearseRun(run: TestRun, options: RehearsalOptions): Promise<TestRun> {
  const { beyond = "hold", paused = true, workflow = run.workflow, ...rest } = options
  const recording = readRecording(run.store)
  const { runId = "run_rehearsal" } = rest
  const replayOf = { runId: recording.header.runId, beyond }
  const created = { ...derivedHeader(recording.header, workflow, { runId, replayOf }), ...rest.header }
  const answer = async (path: string, failures: number) => recordedAnswer(recording, path, failures)
  return derived(run, workflow, { ...rest, playback: { answer, beyond } }, [
    runEvent("run.created", created),
    ...recordedEdits(recording),
    ...(paused ? [runEvent("run.resumed", { mode: "run-to", to: NEXT_STEP })] : []),
  ])
}

function derived(run: TestRun, workflow: Workflow, options: TestRunOptions, first: readonly NewEvent[]) {
  const store = new MemoryEventStore()
  store.append(first, run.clock.nowMs())
  return createRun(workflow, null, { ...options, clock: run.clock, store, blobs: run.blobs })
}
