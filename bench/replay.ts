/**
 * How long it takes to go back to a recorded run, in plain Node, on logs in SQLite (in memory): a frozen replay with its
 * report and a fork from the last step, for runs of 100 to 10,000 steps, half of them model steps.
 * Run with `node bench/replay.ts`. Printed beside the floor of the same run: reading and folding the log once.
 */
import { z } from "zod"
import { Engine } from "../src/engine/engine.ts"
import type { EngineHost } from "../src/engine/host.ts"
import { readRecording } from "../src/engine/recording.ts"
import { systemClock } from "../src/lib/clock.ts"
import { seededRandom } from "../src/lib/random.ts"
import { tool, workflow } from "../src/public.ts"
import { editEvents, planFork } from "../src/replay/derive.ts"
import { copiedEvents } from "../src/replay/fork.ts"
import { replay } from "../src/replay/replay.ts"
import { runEvent } from "../src/run/event.ts"
import { foldRun } from "../src/run/fold.ts"
import { kindsByName } from "../src/steps/index.ts"
import { MemoryBlobStore } from "../src/store/memory-blob-store.ts"
import { openNodeSqlite } from "../src/store/node-sqlite.ts"
import { eventsIn } from "../src/store/pages.ts"
import { SqlEventStore } from "../src/store/sql-event-store.ts"
import { scriptedModel } from "../src/testing/scripted-model.ts"

const LENGTHS = [100, 1_000, 10_000]
const ROUNDS = 5
const REPLAY_GOAL_MS = 1_000
const FORK_GOAL_MS = 200

const look = tool({
  name: "look",
  description: "Looks.",
  input: z.object({ n: z.number() }),
  output: z.object({ text: z.string() }),
  effect: "read",
  run: ({ input }) => ({ text: `Seen ${input.n}: ${"some text as tools give it. ".repeat(20)}` }),
})

const flow = workflow("long", { version: 1, input: z.object({ pairs: z.number() }) })
  .map("items", {
    over: ({ input }) => Array.from({ length: input.pairs }, (_, index) => index),
    concurrency: 20,
    each: (g) =>
      g.tool("look", look, ({ item }) => ({ n: item })).generate("say", { prompt: ({ look }) => `Say: ${look.text}` }),
  })
  .code("last", ({ items }) => items.length)
  .output(({ last }) => last)

function hostOf(): EngineHost {
  return {
    store: new SqlEventStore(openNodeSqlite()),
    blobs: new MemoryBlobStore(),
    models: scriptedModel({ say: { text: "An answer of usual length. ".repeat(10) } }),
    kinds: kindsByName,
    clock: systemClock,
    random: seededRandom(1),
    fetch: () => Promise.reject(new Error("There is no network.")),
    secrets: {},
    onEvents: () => {},
    children: { start: async () => {}, cancel: async () => {}, undo: async () => ({ isOver: true, failed: [] }) },
  }
}

async function recorded(steps: number): Promise<EngineHost> {
  const host = hostOf()
  const engine = new Engine(host, flow)
  await engine.create({
    runId: "run_bench",
    workflow: "long",
    input: { pairs: steps / 2 },
    tenant: { id: "t" },
    tags: [],
  })
  while ((await engine.advance()) === "yield") {}
  if (engine.status !== "succeeded") throw new Error(`The run ${engine.status}: ${JSON.stringify(engine.state.error)}`)
  return host
}

async function replayed({ store, blobs }: EngineHost): Promise<void> {
  const report = await replay({ recording: readRecording(store), workflow: flow, kinds: kindsByName, blobs })
  if (report.verdict !== "same" || report.outsideCalls > 0) throw new Error(`The replay is ${report.verdict}.`)
}

function forked({ store }: EngineHost): void {
  const recording = readRecording(store)
  const { point, edits } = planFork(recording, flow, kindsByName, { at: "last", edits: {} })
  const from = { runId: "run_bench", path: "last", headHash: recording.head.hash }
  const events = [runEvent("run.created", recording.header), ...copiedEvents(point), runEvent("run.forked", { from })]
  new SqlEventStore(openNodeSqlite()).append([...events, ...editEvents(edits)], 0)
}

/** The best of a few, milliseconds. */
async function bestMs(work: () => unknown): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedMs = performance.now()
    await work()
    best = Math.min(best, performance.now() - startedMs)
  }
  return best
}

function line(what: string, ms: number, floorMs: number, goalMs?: number): string {
  const goal = goalMs === undefined ? "" : `  ${ms < goalMs ? "meets" : "MISSES"} the goal of ${goalMs} ms`
  return `  ${what.padEnd(16)} ${ms.toFixed(1).padStart(8)} ms  ${(ms / floorMs).toFixed(1).padStart(5)} × floor${goal}`
}

for (const steps of LENGTHS) {
  const host = await recorded(steps)
  const floorMs = await bestMs(() => foldRun(eventsIn(host.store)))
  const isGoal = steps === 1_000
  console.log(
    `${steps} steps, ${host.store.head().seq} events: floor ${floorMs.toFixed(1)} ms to read and fold the log`,
  )
  console.log(line("frozen replay", await bestMs(() => replayed(host)), floorMs, isGoal ? REPLAY_GOAL_MS : undefined))
  console.log(line("fork", await bestMs(() => forked(host)), floorMs, isGoal ? FORK_GOAL_MS : undefined))
}
