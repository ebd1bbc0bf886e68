/** Small workflows that together use every step kind, each with scripts that bring its runs to their end: what replays are tried on. */
import { tool } from "waybill"
import type { TestRun } from "waybill/testing"
import { z } from "zod"
import { readRecording } from "../../src/engine/recording.ts"
import { type ReplayReport, replay } from "../../src/engine/replay.ts"
import type { Workflow } from "../../src/graph/workflow.ts"
import { kindsByName } from "../../src/steps/index.ts"

/** Replays `run` with the code of `workflow`. */
export function replayOf(run: TestRun, workflow: Workflow): Promise<ReplayReport> {
  return replay({ recording: readRecording(run.store), workflow, kinds: kindsByName, blobs: run.blobs })
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
