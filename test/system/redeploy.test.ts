/** Other code is deployed under runs, and servers are killed that hold runs which sleep, wait or undo. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { type Server, startServer } from "../../src/cli/server.ts"
import { seededRandom } from "../../src/lib/random.ts"
import { eventsOf, nothingTwice, pause, postJson, reaches } from "./kills.ts"
import { bundleOf, startCounter } from "./support/bundles.ts"

let counter: Awaited<ReturnType<typeof startCounter>>
/** The code that is deployed now. */
let bundle: string
let server: Server
let folder: string

/** Everything that a run could ask for is at the counter. */
const start = () => {
  const services = { COUNTER_URL: counter.url, SANDBOX_URL: counter.url, LOCAL_MODELS_URL: counter.url }
  const env = { ...process.env, ...services }
  return startServer({ port: 0, statePath: join(folder, "state"), runtime: { bundle }, env })
}

/** Killed outright, and started again, with other code if it is given. */
async function killAndStart(revision?: string): Promise<void> {
  if (revision !== undefined) bundle = bundleOf(folder, revision)
  await server.kill()
  server = await start()
}

async function startRun(workflow: string): Promise<string> {
  const run = await postJson<{ readonly id: string }>(`${server.url}/v1/workflows/${workflow}/runs`, { input: {} })
  return run.id
}

interface Run {
  readonly output?: unknown
  readonly error?: { readonly code: string; readonly path?: string }
}

async function read(runId: string): Promise<Run> {
  return (await (await fetch(`${server.url}/v1/runs/${runId}`)).json()) as Run
}

beforeAll(async () => {
  counter = await startCounter(150)
  folder = mkdtempSync(join(tmpdir(), "waybill-"))
  bundle = bundleOf(folder, "old")
  server = await start()
})

afterAll(async () => {
  await server?.stop()
  counter?.close()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

it("[RUN24] [RUN25] a run goes on in code with another prompt, and stops where a recorded output has another shape", async () => {
  const [first, second] = [await startRun("changing"), await startRun("changing")]
  await Promise.all([reaches(server, first, "waiting"), reaches(server, second, "waiting")])
  await killAndStart("prompted")
  await postJson(`${server.url}/v1/runs/${first}/approvals/boss`, { approved: true })
  await reaches(server, first, "succeeded")
  expect(await read(first)).toMatchObject({ output: "prompted" })
  nothingTwice(await eventsOf(server, first))
  await killAndStart("reshaped")
  expect(await read(second)).toMatchObject({ id: second })
  await reaches(server, second, "failed")
  expect(await read(second)).toMatchObject({ error: { code: "workflow_changed", path: "look" } })
})

it("[RUN20] [WAIT6] a run that sleeps, and has its signal already, wakes in time after a kill", async () => {
  const runId = await startRun("asleep")
  await postJson(`${server.url}/v1/runs/${runId}/signals/letter`, { payload: "hello" })
  await reaches(server, runId, "waiting")
  await killAndStart()
  await reaches(server, runId, "succeeded")
  const events = await eventsOf(server, runId)
  nothingTwice(events)
  expect(await read(runId)).toMatchObject({ output: "hello" })
  expect([counter.count("before"), counter.count("after")]).toEqual([1, 1])
  expect(events.filter(({ type, path }) => type === "step.started" && path === "nap")).toHaveLength(1)
})

it("[RUN19] [UNDO1] a saga books and cancels each thing once, whenever its server is killed", async () => {
  const random = seededRandom(5)
  for (let kill = 0; kill < 2; kill += 1) {
    counter.forget()
    const runId = await startRun("saga")
    await pause(random.next() * 800)
    await killAndStart()
    await reaches(server, runId, "failed")
    await expect.poll(() => counter.keys("flight-undone"), { timeout: 20_000 }).toBe(1)
    const events = await eventsOf(server, runId)
    nothingTwice(events)
    const ends = events.filter(({ type }) => type === "compensation.completed").map(({ path }) => path)
    await expect.poll(() => counter.keys("hotel-undone")).toBe(1)
    expect(ends.slice(0, 1)).toEqual(["hotel"])
    for (const what of ["flight", "hotel", "none-left", "flight-undone", "hotel-undone"]) {
      expect([what, counter.keys(what)]).toEqual([what, 1])
      // The one that was in flight at the kill is sent again, under its key.
      expect(counter.count(what), what).toBeLessThanOrEqual(2)
    }
    const calls = ["flight", "hotel", "none-left", "flight-undone", "hotel-undone"].map((what) => counter.count(what))
    expect(calls.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(6)
  }
})
