/** A run as one row of its tenant's index: what lists show and filters ask for. */
import { z } from "zod"
import type { RunState, RunStatus as Status } from "../run/run-state.ts"
import { costView, Origin, ReplayedRun, RunStatus, type RunView, runPath, runView } from "./run-view.ts"
import { Cost, named } from "./wire.ts"

/** What the index keeps of a run. Of several, the one with the highest `seq` is true; a repeated or late one changes nothing. */
export interface RunSummary {
  readonly runId: string
  readonly workflow: string
  readonly version: number
  readonly status: Status
  readonly user?: string
  readonly region?: string
  readonly tags: readonly string[]
  readonly createdAtMs: number
  readonly updatedAtMs: number
  readonly endedAtMs?: number
  readonly costNanoUsd: number
  /** With all runs below it, as far as those have ended. */
  readonly totalCostNanoUsd: number
  readonly errorCode?: string
  readonly failedAt?: string
  readonly failureClass?: string
  readonly parent?: { readonly runId: string; readonly path: string }
  readonly forkedFrom?: { readonly runId: string; readonly path: string }
  readonly replayOf?: { readonly runId: string; readonly beyond: "hold" | "live" }
  readonly seq: number
}

export const RunListItem = named(
  "RunListItem",
  z.object({
    id: z.string(),
    workflow: z.string(),
    version: z.int(),
    status: RunStatus,
    user: z.string().exactOptional(),
    region: z.string().exactOptional(),
    tags: z.array(z.string()).readonly(),
    createdAt: z.iso.datetime(),
    createdAtMs: z.int(),
    updatedAtMs: z.int(),
    endedAtMs: z.int().exactOptional(),
    cost: Cost,
    totalCost: Cost,
    errorCode: z.string().exactOptional(),
    failedAt: z.string().exactOptional(),
    failureClass: z.string().exactOptional(),
    parent: Origin.exactOptional(),
    forkedFrom: Origin.exactOptional(),
    replayOf: ReplayedRun.exactOptional(),
    links: z.record(z.string(), z.string()),
  }),
)
export type RunListItem = z.infer<typeof RunListItem>

/** The row of the run that `state` is of. */
export function runSummary(state: RunState): RunSummary {
  return summaryOf(runView(state))
}

/** The row of the run that `view` shows. */
export function summaryOf(view: RunView): RunSummary {
  const { id, workflow, version, status, user, region, tags, error, failedAt, failureClass, seq } = view
  const { createdAtMs, updatedAtMs, endedAtMs, cost, totalCost, parent, forkedFrom, replayOf } = view
  return {
    runId: id,
    workflow,
    version,
    status,
    ...(user === undefined ? {} : { user }),
    ...(region === undefined ? {} : { region }),
    tags,
    createdAtMs,
    updatedAtMs,
    ...(endedAtMs === undefined ? {} : { endedAtMs }),
    costNanoUsd: cost.nanoUsd,
    totalCostNanoUsd: totalCost.nanoUsd,
    ...(error ? { errorCode: error.code } : {}),
    ...(failedAt === undefined ? {} : { failedAt }),
    ...(failureClass === undefined ? {} : { failureClass }),
    ...(parent ? { parent } : {}),
    ...(forkedFrom ? { forkedFrom } : {}),
    ...(replayOf ? { replayOf } : {}),
    seq,
  }
}

/** A row as `GET /v1/runs` shows it. */
export function listItem({ runId: id, costNanoUsd, totalCostNanoUsd, seq: _seq, ...rest }: RunSummary): RunListItem {
  const createdAt = new Date(rest.createdAtMs).toISOString()
  const costs = { cost: costView(costNanoUsd), totalCost: costView(totalCostNanoUsd) }
  return { id, ...rest, createdAt, ...costs, links: { self: runPath(id) } }
}

/** Whether a run with this view has ended. */
export function hasEnded({ status }: Pick<RunView, "status">): boolean {
  return status === "succeeded" || status === "failed" || status === "cancelled"
}
