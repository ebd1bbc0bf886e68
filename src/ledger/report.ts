/**
 * Sums over ledger entries: what was paid, by step, by model and by what the money bought.
 * Everything is an integer, so every list adds up to the total, to the nano-dollar.
 */
import { exactUsd } from "../lib/money.ts"
import { addUsage, NO_USAGE, type Usage } from "../model/result.ts"
import type { RunEvent } from "../run/event.ts"
import { applyToChildren, type ChildCost } from "./children.ts"
import { applyToLedger, type EntryCategory, emptyLedger, type LedgerEntry } from "./entry.ts"

export interface CostSum {
  /** Calls to providers, lost ones included. */
  readonly calls: number
  readonly costNanoUsd: number
  readonly usage: Usage
  /** Calls whose cost is not known: no price for their model, or lost with nothing reserved. They count as 0. */
  readonly unpricedCalls: number
}

/** What `GET /v1/runs/{id}/cost` answers. */
export interface CostReport {
  readonly runId: string
  readonly workflow: string
  /** What the run paid for itself; all below is of this, but the last two. */
  readonly total: CostSum
  /** `total.costNanoUsd` in dollars as exact decimal text, such as `0.001234567`. */
  readonly totalUsd: string
  /** What the money bought. Each of the three lists is in the order of first use. */
  readonly byCategory: readonly (CostSum & { readonly category: EntryCategory })[]
  readonly byStep: readonly (CostSum & { readonly path: string; readonly kind: string })[]
  /** Lost calls, whose model nobody knows, are under an empty provider and model. */
  readonly byModel: readonly (CostSum & { readonly provider: string; readonly model: string })[]
  readonly entries: readonly LedgerEntry[]
  readonly children: readonly ChildCost[]
  /** `total` and `children` together. */
  readonly withChildren: { readonly costNanoUsd: number; readonly usd: string }
}

/** The cost of the run whose log `events` is, as far as it goes. */
export function costReport(events: Iterable<RunEvent>): CostReport {
  const ledger = emptyLedger()
  const children = new Map<string, ChildCost>()
  let run = { runId: "", workflow: "" }
  for (const event of events) {
    if (event.type === "run.created") run = { runId: event.data.runId, workflow: event.data.workflow }
    applyToLedger(ledger, event)
    applyToChildren(children, event)
  }
  const { entries } = ledger
  const total = sumOf(entries)
  const inAll = [...children.values()].reduce((sum, { costNanoUsd }) => sum + costNanoUsd, total.costNanoUsd)
  return {
    ...run,
    total,
    totalUsd: exactUsd(total.costNanoUsd),
    byCategory: sumBy(entries, ({ category }) => ({ category })),
    byStep: sumBy(entries, ({ path, kind }) => ({ path, kind })),
    byModel: sumBy(entries, ({ provider, model }) => ({ provider, model })),
    entries,
    children: [...children.values()],
    withChildren: { costNanoUsd: inAll, usd: exactUsd(inAll) },
  }
}

/** The sum of `entries`. */
export function sumOf(entries: Iterable<LedgerEntry>): CostSum {
  let sum: CostSum = { calls: 0, costNanoUsd: 0, usage: NO_USAGE, unpricedCalls: 0 }
  for (const entry of entries) sum = add(sum, entry)
  return sum
}

/** One sum for each different thing that `key` reads from the entries, in the order in which they first appear. */
export function sumBy<Key extends Readonly<Record<string, string>>>(
  entries: Iterable<LedgerEntry>,
  key: (entry: LedgerEntry) => Key,
): readonly (CostSum & Key)[] {
  const groups = new Map<string, { readonly key: Key; readonly entries: LedgerEntry[] }>()
  for (const entry of entries) {
    const of = key(entry)
    const name = JSON.stringify(of)
    const group = groups.get(name)
    if (group) group.entries.push(entry)
    else groups.set(name, { key: of, entries: [entry] })
  }
  return [...groups.values()].map((group) => ({ ...group.key, ...sumOf(group.entries) }))
}

function add(sum: CostSum, entry: LedgerEntry): CostSum {
  const called = entry.attempt !== undefined || entry.category === "unknown"
  return {
    calls: sum.calls + Number(called),
    costNanoUsd: sum.costNanoUsd + entry.costNanoUsd,
    usage: addUsage(sum.usage, entry.usage),
    unpricedCalls: sum.unpricedCalls + Number(called && !entry.priced),
  }
}
