/**
 * What a step costs the engine in plain Node, as runs grow: nanoseconds of processor time per step in runs of 10 to 10,000
 * steps, for three shapes of work, on the log in SQLite (in memory), and the memory that a run of 25,000 steps holds.
 * Run with `node --expose-gc bench/engine.ts`. Everything is printed as a ratio to a floor measured in the same run: for a
 * step, writing its two rows to the same kind of database.
 */

import { z } from "zod"
import { Engine } from "../src/engine/engine.ts"
import type { EngineHost } from "../src/engine/host.ts"
import type { Workflow } from "../src/graph/workflow.ts"
import { systemClock } from "../src/lib/clock.ts"
import { seededRandom } from "../src/lib/random.ts"
import { workflow as makeWorkflow } from "../src/public.ts"
import { kindsByName } from "../src/steps/index.ts"
import { MemoryBlobStore } from "../src/store/memory-blob-store.ts"
import { openNodeSqlite } from "../src/store/node-sqlite.ts"
import { SqlEventStore } from "../src/store/sql-event-store.ts"
import { scriptedModel } from "../src/testing/scripted-model.ts"

const LENGTHS = [10, 100, 1_000, 10_000]
/** As many steps are measured at each length, so that short runs are not lost in noise. */
const STEPS_MEASURED = 20_000
const ROUNDS = 3

const input = z.object({ steps: z.number() })

const loop = makeWorkflow("loop", { version: 1, input })
  .loop("round", {
    max: 30_000,
    body: (g) => g.code("add", ({ iteration }) => iteration + 1),
    until: ({ iteration, input: given }) => iteration + 1 >= given.steps,
  })
  .output(({ round }) => round.iterations)

const map = makeWorkflow("map", { version: 1, input })
  .map("items", {
    over: ({ input: given }) => Array.from({ length: given.steps }, (_, index) => index),
    each: (g) => g.code("add", ({ item }) => item + 1),
  })
  .output(({ items }) => items.length)

const models = makeWorkflow("models", { version: 1, input })
  .loop("round", {
    max: 30_000,
    body: (g) => g.generate("ask", { prompt: ({ iteration }) => `Question ${iteration}` }),
    until: ({ iteration, input: given }) => iteration + 1 >= given.steps,
  })
  .output(({ round }) => round.iterations)

function hostOf(): EngineHost {
  return {
    store: new SqlEventStore(openNodeSqlite()),
    blobs: new MemoryBlobStore(),
    models: scriptedModel({ ask: { text: "An answer of usual length." } }),
    kinds: kindsByName,
    clock: systemClock,
    random: seededRandom(1),
    fetch: () => Promise.reject(new Error("There is no network.")),
    secrets: {},
    children: {
      start: () => Promise.reject(new Error("There are no children.")),
      cancel: async () => {},
      undo: async () => ({ isOver: true, failed: [] }),
    },
    onEvents: () => {},
  }
}

async function create(host: EngineHost, workflow: Workflow, steps: number): Promise<Engine> {
  const engine = new Engine(host, workflow)
  const tenant = { id: "bench" }
  await engine.create({ runId: "run_bench", workflow: workflow.name, input: { steps }, tenant, tags: [] })
  return engine
}

async function toTheEnd(engine: Engine): Promise<Engine> {
  while ((await engine.advance()) === "yield") {}
  if (engine.state.ended !== "succeeded") throw new Error(JSON.stringify(engine.state.error))
  return engine
}

async function run(workflow: Workflow, steps: number): Promise<Engine> {
  return toTheEnd(await create(hostOf(), workflow, steps))
}

/** Microseconds of processor time per step, the best of some rounds. */
async function stepMicros(work: (steps: number) => unknown, steps: number): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.cpuUsage()
    for (let done = 0; done < STEPS_MEASURED; done += steps) await work(steps)
    const { user, system } = process.cpuUsage(before)
    times.push((user + system) / STEPS_MEASURED)
  }
  return Math.min(...times)
}

/** The floor: two rows a step in a bare table, the text of a small step in each. */
function writeRows(steps: number): void {
  const sql = openNodeSqlite()
  sql.exec("CREATE TABLE row (seq INTEGER PRIMARY KEY, data TEXT NOT NULL) STRICT")
  const data = JSON.stringify({ output: 1, path: "round[1].add", digest: "0123456789abcdef.0123456789abcdef" })
  for (let seq = 1; seq <= steps * 2; seq += 1) sql.exec("INSERT INTO row (seq, data) VALUES (?, ?)", seq, data)
  sql.close()
}

async function costPerStep(name: string, workflow: Workflow, floor: number): Promise<void> {
  await run(workflow, 1_000)
  const costs: number[] = []
  for (const steps of LENGTHS) costs.push(await stepMicros((length) => run(workflow, length), steps))
  const shown = LENGTHS.map((steps, index) => `${steps}: ${((costs[index] ?? 0) / floor).toFixed(1)}×`)
  const flat = (costs.at(-1) ?? 0) / (costs[1] ?? 1)
  console.log(`${name}: ${shown.join("  ")}   (10,000 against 100: ${flat.toFixed(2)})`)
}

function heapMegabytes(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 1e6
}

const floor = await stepMicros(writeRows, 1_000)
console.log(`floor: ${floor.toFixed(1)} µs for two bare rows`)
await costPerStep("code steps in a loop", loop as unknown as Workflow, floor)
await costPerStep("code steps in a map", map as unknown as Workflow, floor)
await costPerStep("model steps in a loop", models as unknown as Workflow, floor)

const before = heapMegabytes()
const long = await run(loop as unknown as Workflow, 25_000)
const held = heapMegabytes() - before
console.log(
  `25,000 steps: ${held.toFixed(0)} MB of heap held at the end, ${(held / 128).toFixed(2)}× of an isolate's memory; ${long.state.seq} events`,
)

const host = hostOf()
const left = await create(host, loop as unknown as Workflow, 24_500)
while (left.state.steps.size < 24_000) await left.advance()
const startedMs = performance.now()
await toTheEnd(new Engine(host, loop as unknown as Workflow))
const takenUpMs = performance.now() - startedMs
console.log(`taken up by a new process at step 24,000 and led to its end at 24,500: ${takenUpMs.toFixed(0)} ms`)
