/** Runs a workflow in plain Node, in memory, with time skipped: what authors and our own suite test workflows with. */
import { Engine } from "../engine/engine.ts"
import type { ChildEnd, EngineHost } from "../engine/host.ts"
import type { Workflow } from "../graph/workflow.ts"
import { must } from "../lib/assert.ts"
import { WaybillError } from "../lib/errors.ts"
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
import { type FakeClock, fakeClock } from "./fake-clock.ts"

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
  /** The log to run on: hand in a used one to resume it. */
  readonly store?: EventStore
  readonly blobs?: BlobStore
  readonly onEvents?: (events: readonly RunEvent[]) => void
}

export interface TestRun {
  readonly engine: Engine
  readonly clock: FakeClock
  readonly store: EventStore
  readonly blobs: BlobStore
  readonly events: readonly RunEvent[]
  readonly status: RunStatus
  readonly output: unknown
  /**
   * Moves the run until it has ended or only the outside can move it. Waits that end by themselves (sleeps, retries,
   * timeouts) are skipped by moving the clock, unless `skipTime` is false.
   */
  settle(options?: { readonly skipTime?: boolean }): Promise<void>
}

/** Creates a run of `workflow` on `input` without moving it. Throws `input_invalid`. */
export async function createRun(workflow: Workflow, input: unknown, options: TestRunOptions): Promise<TestRun> {
  const clock = options.clock ?? fakeClock()
  const store = options.store ?? new MemoryEventStore()
  const blobs = options.blobs ?? new MemoryBlobStore()
  const children = new Map<string, TestRun>()
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
    children: {
      async start(child) {
        if (children.has(child.runId)) return
        const childWorkflow = must(
          options.workflows?.find((one) => one.name === child.workflow),
          `no workflow ${child.workflow} was given to the test run`,
        )
        const { store: _store, blobs: _blobs, ...inherited } = options
        const header = { ...child.header, parent: child.parent }
        children.set(
          child.runId,
          await createRun(childWorkflow, child.input, { ...inherited, runId: child.runId, header, clock }),
        )
      },
      async cancel(runId, reason) {
        const child = children.get(runId)
        if (child && !child.engine.state.ended) child.engine.commands.cancel({ reason })
      },
    },
  }
  const engine = new Engine(host, workflow)
  const tenant = { id: "test" }
  await engine.create({
    runId: options.runId ?? "run_test",
    workflow: workflow.name,
    input: input as Json,
    tenant,
    tags: [],
    ...options.header,
  })
  return testRun(engine, host, clock, children)
}

/** Runs `workflow` on `input` until it has ended or waits for the outside. */
export async function runWorkflow(workflow: Workflow, input: unknown, options: TestRunOptions): Promise<TestRun> {
  const run = await createRun(workflow, input, options)
  await run.settle()
  return { ...run, events: run.store.read(), status: run.engine.status, output: await outputOf(run.engine) }
}

function testRun(engine: Engine, host: EngineHost, clock: FakeClock, children: Map<string, TestRun>): TestRun {
  const settle = async ({ skipTime = true }: { readonly skipTime?: boolean } = {}): Promise<void> => {
    for (;;) {
      if ((await engine.advance()) === "yield") continue
      if (await deliverChildren(engine, children, skipTime)) continue
      const nextMs = engine.nextWakeMs()
      if (nextMs === undefined || !skipTime) return
      clock.moveTo(nextMs)
      engine.wake()
    }
  }
  return {
    engine,
    clock,
    store: host.store,
    blobs: host.blobs,
    get events() {
      return host.store.read()
    },
    get status() {
      return engine.status
    },
    output: undefined,
    settle,
  }
}

/** Moves the children and tells the parent of those that ended. True when the parent has something new to do. */
async function deliverChildren(engine: Engine, children: Map<string, TestRun>, skipTime: boolean): Promise<boolean> {
  let delivered = false
  for (const child of children.values()) {
    if (!child.engine.state.ended) await child.settle({ skipTime })
    const { ended, header, error } = child.engine.state
    if (!ended || !header?.parent) continue
    const output = (await outputOf(child.engine)) as Json | undefined
    const end: ChildEnd = { status: ended, ...(output === undefined ? {} : { output }), ...(error ? { error } : {}) }
    const waiting = engine.state.steps.get(header.parent.path)?.waiting?.reason === "child"
    if (!waiting || engine.state.signals.some((signal) => signal.path === header.parent?.path)) continue
    engine.commands.childEnded(header.parent.path, JSON.parse(JSON.stringify(end)))
    delivered = true
  }
  return delivered
}

/** The run's output, when it succeeded. */
export async function outputOf(engine: Engine): Promise<unknown> {
  const { outputSeq } = engine.state
  return outputSeq === undefined ? undefined : engine.value(outputSeq)
}
