/** Filling a fork's log: however often it is cut off, between pages or in the middle of writing one, it comes out the same. */
import { expect, it } from "vitest"
import { workflow } from "waybill"
import { fakeClock, runWorkflow, scriptedModel } from "waybill/testing"
import { z } from "zod"
import { readRecording } from "../../src/engine/recording.ts"
import { Derivation } from "../../src/objects/derive-run.ts"
import type { DerivationOrder } from "../../src/objects/study-rpc.ts"
import { derivedHeader, planFork } from "../../src/replay/derive.ts"
import { copiedEvents } from "../../src/replay/fork.ts"
import { kindsByName } from "../../src/steps/index.ts"
import type { EventStore } from "../../src/store/event-store.ts"
import { MemoryEventStore } from "../../src/store/memory-event-store.ts"
import { Life, mortalStore } from "../support/mortal.ts"

const PAGE = 3

const flow = workflow("flow", { version: 1, input: z.object({}) })
  .map("items", { over: () => [1, 2, 3, 4, 5], each: (g) => g.code("one", ({ item }) => item).code("two", () => 2) })
  .code("last", () => 1)
  .output(({ items }) => items.length)

/** The order for a fork of a finished run from its last step, and the run as its object pages it. */
async function order() {
  const run = await runWorkflow(flow, {}, { models: scriptedModel({}) })
  const recording = readRecording(run.store)
  const { header, head } = recording
  const fork = { at: "last", edits: { last: { output: 7 } } }
  const forkedFrom = { runId: header.runId, path: "last" }
  const wanted: DerivationOrder = {
    original: header.runId,
    header: derivedHeader(header, flow, { runId: "run_fork", forkedFrom }),
    head,
    fork,
    paused: true,
  }
  const copies = [...copiedEvents(planFork(recording, flow, kindsByName, fork).point)]
  const original = {
    copies: async (_fork: unknown, _upTo: number, skip: number) => ({
      events: copies.slice(skip, skip + PAGE),
      isLast: skip + PAGE >= copies.length,
    }),
    recordedEdits: async () => [],
  }
  return { wanted, original, pages: Math.ceil(copies.length / PAGE) }
}

/** The part of an object's storage that outlives it. */
function memory() {
  const kept = new Map<string, unknown>()
  return {
    get: <Value>(key: string) => kept.get(key) as Value | undefined,
    put: <Value>(key: string, value: Value) => void kept.set(key, value),
    delete: (key: string) => void kept.delete(key),
    kept,
  }
}

it("[FORK2] a fork whose making was cut off, at whatever moment, is the one that was asked for", async () => {
  const { wanted, original, pages } = await order()
  expect(pages).toBeGreaterThan(3)
  const make = (store: EventStore, kept: ReturnType<typeof memory>) =>
    new Derivation(store, kept, () => original, fakeClock())
  const undisturbed = new MemoryEventStore()
  await make(undisturbed, memory()).make(wanted)
  // Each append has two moments, and there is one for the run's creation and one for what ends the copies.
  for (let moment = 0; moment < 2 * (pages + 2); moment += 1) {
    const [store, kept] = [new MemoryEventStore(), memory()]
    await expect(make(mortalStore(store, new Life(moment)), kept).make(wanted)).rejects.toThrow("died")
    await make(store, kept).finish()
    expect(store.read(), `cut off at moment ${moment}`).toEqual(undisturbed.read())
    expect(kept.kept.size, "nothing is left to be made").toBe(0)
  }
})
