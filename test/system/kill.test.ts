/**
 * The promise behind everything else: the server is killed outright in the middle of runs, started again on the same state,
 * and nobody touches the runs. They finish by themselves, soon, and nothing that was done is done again.
 *
 * The sandbox business service counts what reached it; it is not killed, as Stripe would not be.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Environment, Runtime } from "../../src/cli/programs.ts"
import { type Server, startServer } from "../../src/cli/server.ts"
import { seededRandom } from "../../src/lib/random.ts"
import { startLocalModels } from "../../src/local/server.ts"
import { startSandbox } from "../../workflows/support-refund/sandbox/server.ts"
import { temporaryFolder } from "./launcher-process.ts"

/** A run that was cut off goes on within this time of the server being ready again. */
const RESUME_MS = 5_000
/** And it ends within this; how long its models take depends on the machine. */
const FINISH_MS = 30_000
const POLL_MS = 50

let models: Awaited<ReturnType<typeof startLocalModels>>
let sandbox: Awaited<ReturnType<typeof startSandbox>>
let env: Environment

beforeAll(async () => {
  models = await startLocalModels({ port: 0 })
  sandbox = await startSandbox({ port: 0, db: ":memory:" })
  env = { ...process.env, LOCAL_MODELS_URL: models.url, SANDBOX_URL: sandbox.url }
})

afterAll(async () => {
  await Promise.all([models?.close(), sandbox?.close()])
})

describe("a server killed in the middle of a run", () => {
  it("[RUN20] under wrangler dev: goes on within 5 s of being ready, and repeats nothing that was done", async () => {
    await survivesKills({ runtime: "dev", seed: 1, kills: 1 })
  })

  it("[RUN20] on the plain runtime: twenty kills at random moments", async () => {
    await survivesKills({ runtime: { bundle: temporaryFolder() }, seed: 2, kills: 20 })
  }, 600_000)
})

interface Kills {
  readonly runtime: Runtime
  readonly seed: number
  readonly kills: number
}

async function survivesKills({ runtime, seed, kills }: Kills): Promise<void> {
  const random = seededRandom(seed)
  const statePath = temporaryFolder()
  const start = () => startServer({ port: 0, statePath, runtime, env })
  let server = await start()
  try {
    for (let kill = 0; kill < kills; kill += 1) {
      await sandboxPost("/_reset")
      await sandboxPost("/_faults", { endpoint: "POST /v1/refunds", mode: "delay-after-write", delayMs: 200, times: 1 })
      const runId = await startRun(server)
      // Between the first event and well after the refund has reached the business service.
      await pause(random.next() * 1_500)
      await server.kill()
      const killedAtMs = Date.now()
      server = await start()
      const readyAtMs = Date.now()
      await finishesAlone(server, runId)
      const events = await eventsOf(server, runId)
      const resumed = events.find(({ atMs }) => atMs >= killedAtMs)
      if (resumed)
        expect(resumed.atMs - readyAtMs, `kill ${kill}: from ready to ${resumed.type}`).toBeLessThan(RESUME_MS)
      await nothingTwice(events)
    }
  } finally {
    await server.stop()
  }
}

async function startRun({ url }: Server): Promise<string> {
  const response = await fetch(`${url}/v1/workflows/support-refund/runs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ example: "double-charge" }),
  })
  const run = (await response.json()) as { readonly id: string }
  expect(response.status, JSON.stringify(run)).toBe(202)
  return run.id
}

/** Waits until the tenant's list says that the run has ended. Reading the list does not touch the run's object. */
async function finishesAlone({ url }: Server, runId: string): Promise<void> {
  const giveUpAtMs = performance.now() + FINISH_MS
  for (;;) {
    const response = await fetch(`${url}/v1/runs`)
    const { runs } = (await response.json()) as {
      readonly runs: readonly { readonly id: string; readonly status: string }[]
    }
    const status = runs.find(({ id }) => id === runId)?.status
    if (status === "succeeded") return
    if (status === "failed" || performance.now() > giveUpAtMs) throw new Error(`${runId} is ${status ?? "unknown"}`)
    await pause(POLL_MS)
  }
}

interface Event {
  readonly atMs: number
  readonly type: string
  readonly path: string
}

async function eventsOf({ url }: Server, runId: string): Promise<readonly Event[]> {
  const response = await fetch(`${url}/v1/runs/${runId}/events?limit=1000`)
  return ((await response.json()) as { readonly events: readonly Event[] }).events
}

/** No completed step ran again, every model was paid once, and the refund exists once. */
async function nothingTwice(events: readonly Event[]): Promise<void> {
  const count = (type: string) =>
    Map.groupBy(
      events.filter((event) => event.type === type),
      ({ path }) => path,
    )
  for (const [path, completed] of count("step.completed")) expect(completed, `${path} completed once`).toHaveLength(1)
  for (const [path, operations] of count("operation.completed"))
    expect(operations, `${path} was paid once`).toHaveLength(1)
  const interrupted = count("step.interrupted")
  for (const [path, started] of count("step.started"))
    expect(started.length, `${path} started once, and again for each interruption`).toBe(
      1 + (interrupted.get(path)?.length ?? 0),
    )
  const calls = (await (await fetch(`${sandbox.url}/_calls`)).json()) as {
    readonly calls: readonly { readonly endpoint: string; readonly executed: number }[]
  }
  const refunds = calls.calls.filter(({ endpoint }) => endpoint === "POST /v1/refunds")
  expect(refunds.reduce((total, { executed }) => total + executed, 0)).toBe(1)
}

async function sandboxPost(path: string, body: object = {}): Promise<void> {
  const response = await fetch(`${sandbox.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  })
  expect(response.ok, await response.text()).toBe(true)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
