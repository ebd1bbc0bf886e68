/**
 * The ledger: what a run was charged for, call by call. A pure fold over the log; nobody writes a cost.
 *
 * Invariants:
 * 1. One entry per call to a provider, and one per operation that was answered without a call.
 * 2. The entries add up to `RunState.costNanoUsd` of the same events, to the nano-dollar.
 * 3. An entry's cost is final when its event is in the log; its category is final when its step has ended.
 */
import type { Attempt, OperationRecord } from "../model/record.ts"
import { NO_USAGE, type Usage } from "../model/result.ts"
import type { EventOf, RunEvent } from "../run/event.ts"

export const ENTRY_CATEGORIES = ["committed", "wasted", "hedged", "unknown", "cached", "replayed"] as const

/**
 * What the money bought. `committed`: an answer that the run uses. `wasted`: an answer that was of no use, or that a
 * later failure of its step threw away. `hedged`: the loser of a race between two calls. `unknown`: the object died while a
 * call may have been in flight. `cached` and `replayed`: answers that cost nothing here.
 */
export type EntryCategory = (typeof ENTRY_CATEGORIES)[number]

export interface LedgerEntry {
  /** The event that this entry is read from. */
  readonly seq: number
  readonly atMs: number
  readonly path: string
  readonly kind: string
  /** Attempt of the step, 1-based. */
  readonly stepAttempt: number
  /** 0-based place of the operation in that attempt; absent for an `unknown` entry. */
  readonly operation?: number
  /** Attempt of the operation, 1-based; absent when nobody was called, and for an `unknown` entry. */
  readonly attempt?: number
  readonly category: EntryCategory
  readonly type?: OperationRecord["type"]
  /** Empty for an `unknown` entry. */
  readonly provider: string
  readonly model: string
  /** `repair`, `reask`, `hedge`, … when the call did more than answer. */
  readonly purpose?: string
  readonly usage: Usage
  readonly costNanoUsd: number
  /** False when no price is known: then `costNanoUsd` is 0 and the true cost is not. */
  readonly priced: boolean
}

/** The fold under way: made by `emptyLedger`, moved on by `applyToLedger`. */
export interface Ledger {
  readonly entries: LedgerEntry[]
  readonly kinds: Map<string, string>
  /** By step and operation: where in `entries` stands what the step has paid for and may still throw away. */
  readonly open: Map<string, Map<number, readonly number[]>>
}

export function emptyLedger(): Ledger {
  return { entries: [], kinds: new Map(), open: new Map() }
}

/** The entries of a log, in its order. */
export function ledgerEntries(events: Iterable<RunEvent>): readonly LedgerEntry[] {
  const ledger = emptyLedger()
  for (const event of events) applyToLedger(ledger, event)
  return ledger.entries
}

/** Takes one event into `ledger`, in place. */
export function applyToLedger(ledger: Ledger, event: RunEvent): void {
  switch (event.type) {
    case "step.started":
      ledger.kinds.set(event.path, event.data.kind)
      return
    case "operation.completed":
      return book(ledger, event)
    case "step.interrupted":
      if (event.data.lost) ledger.entries.push(lostEntry(ledger, event, event.data.lost.costNanoUsd))
      return
    case "step.failed":
      for (const places of ledger.open.get(event.path)?.values() ?? []) waste(ledger, places)
      ledger.open.delete(event.path)
      return
    case "step.completed":
      ledger.open.delete(event.path)
      return
    default:
      return
  }
}

function book(ledger: Ledger, event: EventOf<"operation.completed">): void {
  if (event.data.unused) {
    ledger.entries.push(...entriesOf(ledger, event))
    return
  }
  const operations = ledger.open.get(event.path) ?? new Map<number, readonly number[]>()
  ledger.open.set(event.path, operations)
  // The same place is asked again when the step's input was edited: what answered before was for nothing.
  waste(ledger, operations.get(event.data.index) ?? [])
  const places: number[] = []
  for (const entry of entriesOf(ledger, event)) {
    const count = ledger.entries.push(entry)
    if (entry.category === "committed") places.push(count - 1)
  }
  operations.set(event.data.index, places)
}

function waste(ledger: Ledger, places: readonly number[]): void {
  for (const place of places) {
    const entry = ledger.entries[place]
    if (entry) ledger.entries[place] = { ...entry, category: "wasted" }
  }
}

function entriesOf(ledger: Ledger, event: EventOf<"operation.completed">): readonly LedgerEntry[] {
  const { index, record, replayed, unused = false } = event.data
  const operation = { ...entryBase(ledger, event), operation: index, type: record.type }
  const free = { usage: NO_USAGE, costNanoUsd: 0, priced: true }
  if (replayed) return [{ ...operation, ...free, ...served(record), category: "replayed" }]
  if (record.cache === "hit") return [{ ...operation, ...free, ...served(record), category: "cached" }]
  return record.attempts.map((attempt) => ({
    ...operation,
    attempt: attempt.attempt,
    category: categoryOf(attempt, record, unused || event.data.error !== undefined),
    provider: attempt.provider,
    model: attempt.model,
    ...(attempt.purpose === undefined ? {} : { purpose: attempt.purpose }),
    usage: attempt.usage,
    costNanoUsd: attempt.costNanoUsd,
    priced: attempt.priced,
  }))
}

/** What the call bought, as long as its step has not failed. `wasForNothing`: nobody uses the operation's answer. */
export function categoryOf(attempt: Attempt, record: OperationRecord, wasForNothing: boolean): EntryCategory {
  if (attempt.cached) return "cached"
  const raced = record.attempts.some(({ purpose }) => purpose === "hedge")
  if (attempt.outcome === "aborted" && raced) return "hedged"
  return attempt.outcome === "succeeded" && !wasForNothing ? "committed" : "wasted"
}

/** What the interrupted attempt may have cost: its answer, if there was one, went down with the object. */
function lostEntry(ledger: Ledger, event: EventOf<"step.interrupted">, costNanoUsd: number): LedgerEntry {
  return {
    ...entryBase(ledger, event),
    category: "unknown",
    provider: "",
    model: "",
    usage: NO_USAGE,
    costNanoUsd,
    priced: costNanoUsd > 0,
  }
}

function entryBase(ledger: Ledger, { seq, atMs, path, attempt }: RunEvent) {
  return { seq, atMs, path, kind: ledger.kinds.get(path) ?? "", stepAttempt: attempt }
}

/** Who answered: the last attempt of the recording, or the candidate that a cached answer came from. */
function served({ attempts, decision }: OperationRecord): { readonly provider: string; readonly model: string } {
  const { provider, model } = attempts.at(-1) ??
    decision.candidates.find(({ verdict }) => verdict === "served") ?? { provider: "", model: "" }
  return { provider, model }
}
