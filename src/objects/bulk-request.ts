/** What each run of a bulk fork is asked for, and what it is held against: for the dry run and for the real one alike. */

import type { CostReport } from "../ledger/report.ts"
import { WaybillError } from "../lib/errors.ts"
import { COST_SAMPLES } from "../lib/limits.ts"
import type { BulkChange, BulkFilter } from "../protocol/bulk-fork.ts"
import { editsOf, inputsOf } from "../protocol/derive.ts"
import { windowOf } from "../protocol/moment.ts"
import type { RunSummary } from "../protocol/summary.ts"
import { type StepCosts, stepCosts } from "../replay/fork-forecast.ts"
import type { RunCriteria, RunFilter } from "./run-index.ts"
import type { DerivationRequest } from "./study-rpc.ts"

/** The runs that `filter` means: failed ones, of which no fork has succeeded or is under way. */
export function bulkCriteria(given: BulkFilter): RunCriteria {
  const { from: _from, to: _to, ...filter } = given
  return { ...filter, ...windowOf(given), status: "failed", unmended: true }
}

/** The fork of one run. Throws `request_invalid` when nobody says where it starts. */
export function bulkRequest(
  change: BulkChange,
  { runId, failedAt }: Pick<RunSummary, "runId" | "failedAt">,
  forkId: string,
  moreTags: readonly string[] = [],
): DerivationRequest {
  const path = change.from ?? failedAt
  if (path === undefined)
    throw new WaybillError("request_invalid", "from: found nothing, and the run did not fail at a step.", {
      path: "from",
    })
  const edits = editsOf(change, path)
  return { runId: forkId, forkedFrom: { runId, path }, paused: false, ...inputsOf(change), edits, moreTags }
}

/** How the samples of `workflow` are listed: more than are needed, for forks among them tell nothing. */
export function sampleFilter(workflow: string): RunFilter {
  return { workflow, status: "succeeded", limit: COST_SAMPLES * 4 }
}

/** What the steps of runs that succeeded cost. One that cannot be read is left out. */
export async function sampleCosts(
  succeeded: readonly RunSummary[],
  run: (runId: string) => { cost(): Promise<CostReport> },
): Promise<readonly StepCosts[]> {
  const whole = succeeded.filter(({ forkedFrom, replayOf }) => !forkedFrom && !replayOf).slice(0, COST_SAMPLES)
  const costs = whole.map(({ runId }) =>
    run(runId)
      .cost()
      .then((report) => [stepCosts(report)])
      .catch(() => []),
  )
  return (await Promise.all(costs)).flat()
}

/** The tag of the forks that a bulk fork makes. */
export function bulkTag(id: string): string {
  return `bulk:${id}`
}
