/** A run with all runs below it, as a tree: its child runs, theirs, and so on. */
import { z } from "zod"
import { costView, RunStatus, runPath } from "./run-view.ts"
import type { RunSummary } from "./summary.ts"
import { Cost, named } from "./wire.ts"

export interface RunTreeNode {
  readonly id: string
  readonly workflow: string
  readonly status: RunSummary["status"]
  readonly path?: string
  readonly createdAtMs: number
  readonly endedAtMs?: number
  readonly errorCode?: string
  readonly cost: Cost
  readonly totalCost: Cost
  readonly children: readonly RunTreeNode[]
  readonly truncated?: true
  readonly links: Readonly<Record<string, string>>
}

export const RunTreeNode: z.ZodType<RunTreeNode> = named(
  "RunTreeNode",
  z.object({
    id: z.string(),
    workflow: z.string(),
    status: RunStatus,
    path: z.string().exactOptional().meta({ description: "Of the step of the run above that started it." }),
    createdAtMs: z.int(),
    endedAtMs: z.int().exactOptional(),
    errorCode: z.string().exactOptional(),
    cost: Cost.meta({ description: "What the run paid for itself." }),
    totalCost: Cost.meta({ description: "With all runs below it." }),
    get children() {
      return z.array(RunTreeNode).readonly()
    },
    truncated: z
      .literal(true)
      .exactOptional()
      .meta({ description: "Some of its children are not in this tree: ask for its own." }),
    links: z.record(z.string(), z.string()),
  }),
)

/** The runs below one, and which of them, or whether it itself, has children that are not among them. */
export interface RunsBelow {
  /** Those above come before those below, older ones before newer ones. */
  readonly runs: readonly RunSummary[]
  readonly truncated: readonly string[]
}

/**
 * The tree whose root is `root`. What a run cost in all is added up from what stands below it, so the tree adds up to the
 * nano-dollar at every moment; only where runs are missing it is what the run itself has heard of its children.
 */
export function runTree(root: RunSummary, { runs, truncated }: RunsBelow): RunTreeNode {
  const below = new Map<string, RunSummary[]>()
  for (const run of runs) {
    const siblings = below.get(run.parent?.runId ?? "")
    if (siblings) siblings.push(run)
    else below.set(run.parent?.runId ?? "", [run])
  }
  const cut = new Set(truncated)
  const nodeOf = (run: RunSummary): RunTreeNode => {
    const children = (below.get(run.runId) ?? []).map(nodeOf)
    const isCut = cut.has(run.runId) || children.some((child) => child.truncated)
    const nanoUsd = children.reduce((sum, { totalCost }) => sum + totalCost.nanoUsd, run.costNanoUsd)
    return {
      id: run.runId,
      workflow: run.workflow,
      status: run.status,
      ...(run.parent ? { path: run.parent.path } : {}),
      createdAtMs: run.createdAtMs,
      ...(run.endedAtMs === undefined ? {} : { endedAtMs: run.endedAtMs }),
      ...(run.errorCode === undefined ? {} : { errorCode: run.errorCode }),
      cost: costView(run.costNanoUsd),
      totalCost: costView(isCut ? Math.max(nanoUsd, run.totalCostNanoUsd) : nanoUsd),
      children,
      ...(cut.has(run.runId) ? { truncated: true } : {}),
      links: { self: runPath(run.runId), tree: runPath(run.runId, "tree") },
    }
  }
  return nodeOf(root)
}
