/** Bulk forks as the doors show them. */
import type { BulkForkItemView, BulkForkView, DryRunItem } from "../protocol/bulk-fork.ts"
import { errorView } from "../protocol/problem.ts"
import { costView, runPath } from "../protocol/run-view.ts"
import type { RunSummary } from "../protocol/summary.ts"
import { type BulkFork, type BulkForks, reserveOf } from "./bulk-forks.ts"
import type { Item } from "./bulk-items.ts"
import { bulkTag } from "./bulk-request.ts"
import type { RunIndex } from "./run-index.ts"

export function bulkForkView(fork: BulkFork, { items }: BulkForks, index: RunIndex): BulkForkView {
  const { id, createdAtMs, endedAtMs, status, reason, criteria, change, concurrency, matched } = fork
  const counts = items.counts(id)
  const count = (state: string): number => counts.get(state) ?? 0
  const underWay = items.underWay(id).map((item) => ({ item, fork: index.get(item.forkId) }))
  const begun = underWay.filter(({ item }) => item.state === "started" || item.state === "told")
  const waiting = begun.filter((one) => one.fork?.status === "waiting" || one.fork?.status === "paused").length
  const costSoFar = begun.reduce((sum, one) => sum + (one.fork?.totalCostNanoUsd ?? 0), fork.spentNanoUsd)
  const reserved = begun.reduce((sum, one) => sum + reserveOf(one) - (one.fork?.totalCostNanoUsd ?? 0), 0)
  const { status: _failed, unmended: _unmended, ...filter } = criteria
  return {
    id,
    status,
    ...(reason === undefined ? {} : { reason }),
    createdAt: new Date(createdAtMs).toISOString(),
    createdAtMs,
    ...(endedAtMs === undefined ? {} : { endedAtMs }),
    filter,
    change,
    concurrency,
    matched,
    counts: {
      remaining: count("pending") + count("asked") + count("planned"),
      underWay: begun.length - waiting,
      waiting,
      succeeded: count("succeeded"),
      failed: count("failed"),
      cancelled: count("cancelled"),
      refused: count("refused"),
    },
    cost: costView(costSoFar),
    reserved: costView(reserved),
    costCeiling: costView(fork.ceilingNanoUsd),
    links: { self: bulkPath(id), cancel: `${bulkPath(id)}/cancel`, forks: `/v1/runs?tag=${bulkTag(id)}` },
  }
}

export function bulkItemView(item: Item, fork: RunSummary | undefined): BulkForkItemView {
  const { runId, forkId, state, at, error } = item
  const isBegun = state === "started" || state === "told" || state === "ended"
  const costNanoUsd = item.costNanoUsd ?? fork?.totalCostNanoUsd
  return {
    runId,
    status: state === "refused" ? state : isBegun ? (item.outcome ?? fork?.status ?? "queued") : "pending",
    ...(at === undefined ? {} : { from: at }),
    ...(isBegun ? { forkId } : {}),
    ...estimateOf(item),
    ...(isBegun && costNanoUsd !== undefined ? { cost: costView(costNanoUsd) } : {}),
    ...(error ? { error: errorView(error) } : {}),
    links: { run: runPath(runId), ...(isBegun ? { fork: runPath(forkId) } : {}) },
  }
}

/** A range of costs. */
export function rangeView(low: number, high: number): NonNullable<DryRunItem["estimate"]> {
  return { low: costView(low), high: costView(high) }
}

export function bulkPath(id: string): string {
  return `/v1/bulk-forks/${id}`
}

function estimateOf({ lowNanoUsd, highNanoUsd }: Item): Pick<BulkForkItemView, "estimate"> {
  return lowNanoUsd === undefined || highNanoUsd === undefined ? {} : { estimate: rangeView(lowNanoUsd, highNanoUsd) }
}
