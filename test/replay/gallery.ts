/** What tests of replays share: a tool, the verdicts of a report, and what is done with a recorded run. */
import { tool, type Workflow } from "waybill"
import {
  forkRun,
  rehearseRun,
  replayRun,
  type TestForkOptions,
  type TestRun,
  type TestRunOptions,
} from "waybill/testing"
import { z } from "zod"
import type { ReplayReport } from "../../src/replay/replay.ts"

/** Replays `run` with the code of `workflow`. */
export function replayOf(run: TestRun, workflow: Workflow): Promise<ReplayReport> {
  return replayRun(run, { workflows: [workflow] })
}

/** The verdicts of a report by path, those that are not `same` alone. */
export function differences({ steps }: Pick<ReplayReport, "steps">): Record<string, string> {
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

export type Edits = NonNullable<TestForkOptions["edits"]>

export interface ForkOptions {
  readonly edits?: Edits
  readonly options: TestRunOptions
}

/** A new run of `workflow` that starts again from the step at `from` of `run`, not yet moved. */
export function forkOf(
  run: TestRun,
  workflow: Workflow,
  from: string,
  { edits = {}, options }: ForkOptions,
): Promise<TestRun> {
  return forkRun(run, { ...options, workflow, from, edits })
}

/** A new run that goes through `run` again, answered by its recording, not yet moved. */
export function rehearsalOf(
  run: TestRun,
  workflow: Workflow,
  beyond: "hold" | "live",
  options: TestRunOptions,
): Promise<TestRun> {
  return rehearseRun(run, { ...options, workflow, beyond, paused: false })
}
