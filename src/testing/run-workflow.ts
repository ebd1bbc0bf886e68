/** Runs a workflow in plain Node, in memory, with time skipped: what authors and our own suite test workflows with. */
import { Engine } from "../engine/engine.ts"
import type { ChildRuns, ChildStart, EngineHost } from "../engine/host.ts"
import type { Workflow } from "../graph/workflow.ts"
import { WaybillError } from "../lib/errors.ts"
import { type FakeClock, fakeClock } from "../lib/fake-clock.ts"
import type { Json } from "../lib/json.ts"
import { seededRandom } from "../lib/random.ts"
import type { ModelClient } from "../model/client.ts"
import type { RunEvent, RunHeader } from "../run/event.ts"
import type { RunStatus } from "../run/run-state.ts"
import { kindsByName } from "../steps/index.ts"
import type { BlobStore } from "../store/blob-store.ts"
import type { EventStore } from "../store/event-store.ts"
import { MemoryBlobStore } from "../store/memory-blob-store.ts"
import { MemoryEventStore } from "../store/memory-event-store.ts"

export interface TestRunOptions {
  readonly models: ModelClient
  readonly clock?: FakeClock
  readonly fetch?: typeof fetch
  readonly secrets?: Readonly<Record<string, string | undefined>>
  readonly seed?: number
  readonly runId?: string
  readonly header?: Partial<Omit<RunHeader, "runId" | "workflow" | "version" | "graphDigest" | "input">>
  /** Other workflows, for child runs. */
  readonly workflows?: readonly Workflow[]
  /** The log to run on: hand in a used one, with its blobs and children, to resume it. */
  readonly store?: EventStore
  readonly blobs?: BlobStore
  readonly children?: Map<string, TestRun>
  readonly onEvents?: (events: readonly RunEvent[]) => void
  readonly forecaster?: NonNullable<EngineHost["forecaster"]>
  /** Answers from a recording: the run is a rehearsal of it. */
  readonly playback?: EngineHost["playback"]
}

export interface TestRun {
  readonly engine: Engine
  readonly workflow: Workflow
  readonly clock: FakeClock
  readonly store: EventStore
  readonly blobs: BlobStore
  /** The child runs by their ids. */
  readonly children: Map<string, TestRun>
  readonly events: readonly RunEvent[]
  readonly status: RunStatus
  /** The run's output as of the last `settle`; undefined until it succeeded. */
  readonly output: unknown
  /**
   * Moves the run and its children until all have ended or only the outside can move them. Waits that end by themselves
   * (sleeps, retries, timeouts) are skipped by moving the clock, unless `skipTime` is false.
   */
  settle(options?: { readonly skipTime?: boolean }): Promise<void>
}

/** Creates a run of `workflow` on `input` without moving it. Throws `input_invalid`. */
export async function createRun(workflow: Workflow, input: unknown, options: TestRunOptions): Promise<TestRun> {
  const clock = options.clock ?? fakeClock()
  const store = options.store ?? new MemoryEventStore()
  const blobs = options.blobs ?? new MemoryBlobStore()
  const children = options.children ?? new Map<string, TestRun>()
  const host: EngineHost = {
    store,
    blobs,
    models: options.models,
    kinds: kindsByName,
    clock,
    random: seededRandom(options.seed ?? 1),
    fetch:
      options.fetch ?? (() => Promise.reject(new WaybillError("not_scripted", "This test run was given no fetch."))),
    secrets: options.secrets ?? {},
    onEvents: options.onEvents ?? (() => {}),
    ...(options.forecaster ? { forecaster: options.forecaster } : {}),
    ...(options.playback ? { playback: options.playback } : {}),
    children: childRuns(children, { ...options, clock, blobs }),
  }
  const engine = new Engine(host, workflow)
  const { runId = "run_test" } = options
  const tenant = { id: "test" }
  await engine.create({ runId, workflow: workflow.name, input: input as Json, tenant, tags: [], ...options.header })
  return testRun(engine, workflow, host, clock, children)
}

/** Runs `workflow` on `input` until it has ended or waits for the outside. */
export async function runWorkflow(workflow: Workflow, input: unknown, options: TestRunOptions): Promise<TestRun> {
  const run = await createRun(workflow, input, options)
  await run.settle()
  return run
}

function childRuns(children: Map<string, TestRun>, options: TestRunOptions): ChildRuns {
  const { store: _store, children: _children, ...inherited } = options
  const start = async ({ runId, workflow, input, parent, header }: ChildStart) => {
    if (children.has(runId)) return
    const found = options.workflows?.find((one) => one.name === workflow)
    if (!found) throw new WaybillError("not_scripted", `The test run was given no workflow "${workflow}".`)
    children.set(runId, await createRun(found, input, { ...inherited, runId, header: { ...header, parent } }))
  }
  const engineOf = (runId: string) => {
    const child = children.get(runId)
    if (!child) throw new WaybillError("run_not_found", `There is no run ${runId}.`)
    return child.engine
  }
  return {
    start,
    cancel: async (runId, how) => engineOf(runId).commands.cancel(how),
    async undo(runId, reason) {
      const engine = engineOf(runId)
      engine.commands.undo(reason)
      while ((await engine.advance()) === "yield") {}
      return engine.undone
    },
  }
}

function testRun(
  engine: Engine,
  workflow: Workflow,
  host: EngineHost,
  clock: FakeClock,
  children: Map<string, TestRun>,
): TestRun {
  let output: unknown
  const run: TestRun = {
    engine,
    workflow,
    clock,
    store: host.store,
    blobs: host.blobs,
    children,
    get events() {
      return host.store.read()
    },
    get status() {
      return engine.status
    },
    get output() {
      return output
    },
    async settle({ skipTime = true } = {}) {
      for (;;) {
        await advanceAll(run)
        const nextMs = nextWakeMs(run)
        if (nextMs === undefined || !skipTime) break
        clock.moveTo(nextMs)
      }
      output = await outputOf(engine)
    },
  }
  return run
}

/** Moves a run and all below it, at this moment, until nobody can move and every child's end was delivered. */
async function advanceAll(run: TestRun): Promise<void> {
  do {
    while ((await run.engine.advance()) === "yield") {}
    for (const child of run.children.values()) await advanceAll(child)
  } while (await deliverEnds(run))
}

function nextWakeMs(run: TestRun): number | undefined {
  const own = run.engine.nextWakeMs()
  const times = [...run.children.values()].map(nextWakeMs).concat(own)
  return times.reduce(
    (first, time) => (time === undefined || (first ?? Number.POSITIVE_INFINITY) < time ? first : time),
    undefined,
  )
}

/** True when a child's end was news to its parent. */
async function deliverEnds(run: TestRun): Promise<boolean> {
  const { seq } = run.engine.state
  for (const child of run.children.values()) {
    const end = await child.engine.childEnd()
    if (end) await run.engine.commands.childEnded(end)
  }
  return run.engine.state.seq > seq
}

/** The run's output, when it succeeded. */
export async function outputOf(engine: Engine): Promise<unknown> {
  const { outputSeq } = engine.state
  return outputSeq === undefined ? undefined : engine.value(outputSeq)
}
