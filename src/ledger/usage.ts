/**
 * What was used and paid, summed up for reports over many runs: one row for each day, step, model and category. Rows of a
 * run add up to the total of its ledger, to the nano-dollar; what was replayed or cached was no call and is in no row.
 */
import type { OperationRecord } from "../model/record.ts"
import type { Usage } from "../model/result.ts"
import type { RunEvent } from "../run/event.ts"
import { applyToLedger, categoryOf, type EntryCategory, emptyLedger } from "./entry.ts"

/** What a row is about. */
export interface UsageKey {
  /** Of the call, in UTC: `2026-11-27`. */
  readonly day: string
  /** Empty when the run or operation is for nobody. */
  readonly user: string
  /** Empty for an operation that no run asked for; its step is its endpoint. */
  readonly workflow: string
  /** The step's path without the numbers of items and rounds: `items[].extract`. */
  readonly step: string
  /** `provider/model`; empty for a call that was lost. */
  readonly model: string
  readonly category: EntryCategory
}

export interface UsageSums {
  readonly calls: number
  readonly costNanoUsd: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** Calls whose price is not known; they count as 0. */
  readonly unpricedCalls: number
}

export interface UsageRow extends UsageKey, UsageSums {}

interface Call {
  readonly usage: Usage
  readonly costNanoUsd: number
  readonly priced: boolean
}

/** Reads the usage of a run that goes on: each event is read once, however often it is asked. */
export class UsageMeter {
  readonly #read: (after: number) => Iterable<RunEvent>
  readonly #ledger = emptyLedger()
  #run = { workflow: "", user: "" }
  #seq = 0

  /** `read`: the events behind the one of a number. */
  constructor(read: (after: number) => Iterable<RunEvent>) {
    this.#read = read
  }

  /** Takes events as they are appended; those behind a gap are read when they are asked for. */
  take(events: Iterable<RunEvent>): void {
    for (const event of events) {
      if (event.seq !== this.#seq + 1) continue
      if (event.type === "run.created") this.#run = { workflow: event.data.workflow, user: event.data.user?.id ?? "" }
      applyToLedger(this.#ledger, event)
      this.#seq = event.seq
    }
  }

  /** The rows of the log as it stands. */
  rows(): readonly UsageRow[] {
    this.take(this.#read(this.#seq))
    const rows = new Map<string, UsageRow>()
    for (const { atMs, path, provider, model, category, attempt, ...call } of this.#ledger.entries) {
      if (attempt === undefined && category !== "unknown") continue
      const step = path.replaceAll(/\[\d+\]/g, "[]")
      add(rows, { day: dayOf(atMs), ...this.#run, step, model: nameOf(provider, model), category }, call)
    }
    return [...rows.values()]
  }
}

/** The rows of an operation that no run asked for. */
export function usageOfOperation(
  record: OperationRecord,
  { user = "", step, failed }: { readonly user?: string; readonly step: string; readonly failed: boolean },
): readonly UsageRow[] {
  if (record.cache === "hit") return []
  const rows = new Map<string, UsageRow>()
  for (const attempt of record.attempts) {
    const category = categoryOf(attempt, record, failed)
    const key = { day: dayOf(attempt.startedAtMs), user, workflow: "", step }
    add(rows, { ...key, model: nameOf(attempt.provider, attempt.model), category }, attempt)
  }
  return [...rows.values()]
}

/** What has to be added to the sums of `before` to have those of `after`. */
export function usageDelta(before: readonly UsageRow[], after: readonly UsageRow[]): readonly UsageRow[] {
  const rows = new Map<string, UsageRow>()
  for (const row of after) merge(rows, row, 1)
  for (const row of before) merge(rows, row, -1)
  return [...rows.values()].filter(({ calls, costNanoUsd, inputTokens, outputTokens, unpricedCalls }) =>
    [calls, costNanoUsd, inputTokens, outputTokens, unpricedCalls].some((sum) => sum !== 0),
  )
}

function add(rows: Map<string, UsageRow>, key: UsageKey, { usage, costNanoUsd, priced }: Call): void {
  const { inputTokens, outputTokens } = usage
  merge(rows, { ...key, calls: 1, costNanoUsd, inputTokens, outputTokens, unpricedCalls: Number(!priced) }, 1)
}

function merge(rows: Map<string, UsageRow>, row: UsageRow, sign: 1 | -1): void {
  const { day, user, workflow, step, model, category } = row
  const id = JSON.stringify([day, user, workflow, step, model, category])
  const before = rows.get(id)
  rows.set(id, {
    ...{ day, user, workflow, step, model, category },
    calls: (before?.calls ?? 0) + sign * row.calls,
    costNanoUsd: (before?.costNanoUsd ?? 0) + sign * row.costNanoUsd,
    inputTokens: (before?.inputTokens ?? 0) + sign * row.inputTokens,
    outputTokens: (before?.outputTokens ?? 0) + sign * row.outputTokens,
    unpricedCalls: (before?.unpricedCalls ?? 0) + sign * row.unpricedCalls,
  })
}

function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10)
}

function nameOf(provider: string, model: string): string {
  return provider === "" ? "" : `${provider}/${model}`
}
