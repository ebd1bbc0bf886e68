/**
 * Making a run out of another: its log is filled from the original's before its engine is opened, so that nothing of it is
 * done before all that is done is known.
 *
 * Invariants:
 * 1. What is to be made is in storage before its first event, and stays there until its last: a crash in between is made
 *    good when the object is next in memory.
 * 2. The copies are a function of the request and of the original up to one event, so they can be taken up where they stopped.
 */
import { type Derivation, derivedHeader, editEvents, type ForkRequest } from "../engine/derive.ts"
import { storedEdit } from "../engine/edit-step.ts"
import type { Workflow } from "../graph/workflow.ts"
import type { Head } from "../run/chain.ts"
import { type NewEvent, type RunHeader, runEvent, type StepEdit } from "../run/event.ts"
import type { BlobStore } from "../store/blob-store.ts"
import type { EventStore } from "../store/event-store.ts"
import { eventsIn } from "../store/pages.ts"
import type { StudyRpc } from "./study-rpc.ts"

/** What is to be made, with all that was found out about it. */
export interface DerivationOrder {
  /** Id of the run that it is made of. */
  readonly original: string
  readonly header: RunHeader
  /** The original's newest event then. */
  readonly head: Head
  /** Absent for a rehearsal. */
  readonly fork?: ForkRequest
}

export interface DerivationHost {
  readonly store: EventStore
  readonly memory: Memory
  readonly nowMs: () => number
  readonly original: (runId: string) => Pick<StudyRpc, "copies" | "recordedEdits">
}

/** The synchronous key-value part of an object's storage. */
interface Memory {
  get<Value>(key: string): Value | undefined
  put<Value>(key: string, value: Value): void
  delete(key: string): void
}

const ORDER = "derivation"

/** The order for a run derived from `original`. `edits` are those that the original found good. */
export async function derivationOrder(
  original: { readonly header: RunHeader; readonly head: Head; readonly edits: Readonly<Record<string, StepEdit>> },
  workflow: Workflow,
  derivation: Derivation,
  blobs: BlobStore,
): Promise<DerivationOrder> {
  const header = derivedHeader(original.header, workflow, derivation)
  const base = { original: original.header.runId, header, head: original.head }
  const { forkedFrom } = derivation
  if (!forkedFrom) return base
  const edits = Object.entries(original.edits).map(
    async ([path, edit]) => [path, await storedEdit(edit, blobs)] as const,
  )
  return { ...base, fork: { at: forkedFrom.path, edits: Object.fromEntries(await Promise.all(edits)) } }
}

/** Fills an empty log as `order` says. */
export async function deriveRun(order: DerivationOrder, host: DerivationHost): Promise<void> {
  host.memory.put(ORDER, order)
  await finishDerivation(host)
}

/** Takes up what a crash cut off. Does nothing when there is nothing. */
export async function finishDerivation(host: DerivationHost): Promise<void> {
  const order = host.memory.get<DerivationOrder>(ORDER)
  if (!order) return
  if (order.fork) await copyFork(order, order.fork, host)
  else await copyEdits(order, host)
  host.memory.delete(ORDER)
}

async function copyEdits({ original, header }: DerivationOrder, host: DerivationHost): Promise<void> {
  const edits = await host.original(original).recordedEdits()
  append(host, host.store.head().seq === 0 ? [runEvent("run.created", header), ...edits] : [])
}

async function copyFork(order: DerivationOrder, fork: ForkRequest, host: DerivationHost): Promise<void> {
  const { store } = host
  if (store.head().seq === 0) append(host, [runEvent("run.created", order.header)])
  if ([...eventsIn(store)].some(({ type }) => type === "run.forked")) return
  const original = host.original(order.original)
  for (let isLast = false; !isLast; ) {
    const page = await original.copies(fork, order.head.seq, store.head().seq - 1)
    isLast = page.isLast
    append(host, page.events)
  }
  const from = { runId: order.original, path: fork.at, headHash: order.head.hash }
  append(host, [runEvent("run.forked", { from }), ...editEvents(fork.edits)])
}

function append({ store, nowMs }: DerivationHost, events: readonly NewEvent[]): void {
  if (events.length > 0) store.append(events, nowMs())
}
