/** Small workflows that together use every step kind, each with scripts that bring its runs to their end: what replays are tried on. */
import { tool } from "waybill"
import { createRun, type TestRun, type TestRunOptions } from "waybill/testing"
import { z } from "zod"
import type { Side } from "../../src/engine/compare.ts"
import { derivedHeader, editEvents, planFork } from "../../src/engine/derive.ts"
import { copiedEvents } from "../../src/engine/fork.ts"
import { recordedAnswer } from "../../src/engine/playback.ts"
import { readRecording } from "../../src/engine/recording.ts"
import { type ReplayReport, replay } from "../../src/engine/replay.ts"
import type { Workflow } from "../../src/graph/workflow.ts"
import { runEvent, type StepEdit } from "../../src/run/event.ts"
import { kindsByName } from "../../src/steps/index.ts"
import { MemoryEventStore } from "../../src/store/memory-event-store.ts"
import { internalize } from "../../src/store/values.ts"

/** Replays `run` with the code of `workflow`. */
export function replayOf(run: TestRun, workflow: Workflow): Promise<ReplayReport> {
  return replay({ recording: readRecording(run.store), workflow, kinds: kindsByName, blobs: run.blobs })
}

/** A run as one side of a comparison. */
export function sideOf(run: TestRun): Side {
  return { recording: readRecording(run.store), blobs: run.blobs }
}

/** The verdicts of a report by path, those that are not `same` alone. */
export function differences({ steps }: ReplayReport): Record<string, string> {
  return Object.fromEntries(
    steps.filter(({ verdict }) => verdict !== "same").map(({ path, verdict }) => [path, verdict]),
  )
}

export const lookup = tool({
  name: "lookup",
  description: "Looks something up.",
  input: z.object({ id: z.string() }),
  output: z.object({ name: z.string(), level: z.number() }),
  effect: "read",
  run: ({ input }) => ({ name: `Name of ${input.id}`, level: 3 }),
})

export type Edits = Readonly<Record<string, StepEdit>>

export interface ForkOptions {
  readonly edits?: Edits
  readonly options: TestRunOptions
}

/** A new run of `workflow` that starts again from the step at `at` of `run`, not yet moved. */
export async function forkOf(
  run: TestRun,
  workflow: Workflow,
  at: string,
  { edits = {}, options }: ForkOptions,
): Promise<TestRun> {
  const recording = readRecording(run.store)
  const plan = planFork(recording, workflow, kindsByName, { at, edits })
  const { header, head } = recording
  const forkedFrom = { runId: header.runId, path: plan.point.at }
  const created = derivedHeader(header, workflow, { runId: "run_fork", forkedFrom })
  const forked = runEvent("run.forked", { from: { ...forkedFrom, headHash: head.hash } })
  const store = new MemoryEventStore()
  const first = [runEvent("run.created", created), ...copiedEvents(plan.point), forked, ...editEvents(plan.edits)]
  store.append(first, run.clock.nowMs())
  return createRun(workflow, null, { ...options, clock: run.clock, store, blobs: run.blobs })
}

/** A new run that goes through `run` again, answered by its recording, not yet moved. */
export async function rehearsalOf(
  run: TestRun,
  workflow: Workflow,
  beyond: "hold" | "live",
  options: TestRunOptions,
): Promise<TestRun> {
  const recording = readRecording(run.store)
  const { runId } = recording.header
  const input = await internalize(recording.header.input, run.blobs)
  return createRun(workflow, input, {
    ...options,
    runId: "run_rehearsal",
    header: { ...options.header, replayOf: { runId, beyond } },
    blobs: run.blobs,
    playback: { beyond, answer: async (path, failures) => recordedAnswer(recording, path, failures) },
  })
}
