/**
 * The promise behind everything else: the server is killed outright in the middle of runs, started again on the same state,
 * and nobody touches the runs. They finish by themselves, soon, and nothing that was done is done again.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Runtime } from "../../src/cli/programs.ts"
import { type Server, startServer } from "../../src/cli/server.ts"
import { seededRandom } from "../../src/lib/random.ts"
import { eventsOf, nothingTwice, pause, postJson, reaches, resumedWithin, startRun, startServices } from "./kills.ts"
import { temporaryFolder } from "./launcher-process.ts"

let services: Awaited<ReturnType<typeof startServices>>

beforeAll(async () => {
  services = await startServices()
})

afterAll(() => services?.close())

describe("a server killed in the middle of a run", () => {
  it("[RUN20] under wrangler dev: goes on within 5 s of being ready, and repeats nothing that was done", async () => {
    await refundsSurvive("dev", 1, 1)
  })

  it("[RUN20] on the plain runtime: twenty kills at random moments, and each refund exists once", async () => {
    await refundsSurvive({ bundle: temporaryFolder() }, 2, 20)
  }, 600_000)

  it("[RUN19] [RUN20] parallel items, children, an approval and a compensation are all taken up where they stood", async () => {
    await everythingAtOnceSurvives({ bundle: temporaryFolder() }, 3, 4)
  }, 600_000)
})

async function refundsSurvive(runtime: Runtime, seed: number, kills: number): Promise<void> {
  const random = seededRandom(seed)
  await surviving(runtime, async (server, killAndRestart) => {
    for (let kill = 0; kill < kills; kill += 1) {
      await postJson(`${services.sandboxUrl}/_reset`, {})
      const held = { endpoint: "POST /v1/refunds", mode: "delay-after-write", delayMs: 200, times: 1 }
      await postJson(`${services.sandboxUrl}/_faults`, held)
      const runId = await startRun(server(), "support-refund", "double-charge")
      // Between the first event and well after the refund has reached the business service.
      await pause(random.next() * 1_500)
      const { killedAtMs, readyAtMs } = await killAndRestart()
      await reaches(server(), runId, "succeeded")
      const events = await eventsOf(server(), runId)
      resumedWithin(events, killedAtMs, readyAtMs, `kill ${kill}`)
      nothingTwice(events)
      expect(await refundsExecuted()).toBe(1)
    }
  })
}

async function everythingAtOnceSurvives(runtime: Runtime, seed: number, kills: number): Promise<void> {
  const random = seededRandom(seed)
  await surviving(runtime, async (server, killAndRestart) => {
    for (let kill = 0; kill < kills; kill += 1) {
      const start = (workflow: string, example: string) => startRun(server(), workflow, example)
      const runs = {
        items: await start("batch-extraction", "hundred"),
        tree: await start("portfolio-review", "two"),
        approval: await start("expense-approval", "taxi"),
        undone: await start("trip-saga", "undone"),
      }
      await pause(random.next() * 1_000)
      await killAndRestart()
      await Promise.all([
        reaches(server(), runs.items, "succeeded"),
        reaches(server(), runs.tree, "succeeded"),
        reaches(server(), runs.approval, "waiting"),
        reaches(server(), runs.undone, "failed"),
      ])
      const answer = { approved: true, by: "Marta", form: { costCentre: "travel" } }
      await postJson(`${server().url}/v1/runs/${runs.approval}/approvals/manager`, answer)
      await reaches(server(), runs.approval, "succeeded")
      for (const runId of Object.values(runs)) nothingTwice(await eventsOf(server(), runId))
      const undone = (await eventsOf(server(), runs.undone)).filter(({ type }) => type === "compensation.completed")
      expect(undone.map(({ path }) => path)).toEqual(["hotel", "flight"])
    }
  })
}

type KillAndRestart = () => Promise<{ readonly killedAtMs: number; readonly readyAtMs: number }>

/** A server with a state of its own that `work` may kill and start again. */
async function surviving(runtime: Runtime, work: (server: () => Server, kill: KillAndRestart) => Promise<void>) {
  const statePath = temporaryFolder()
  const start = () => startServer({ port: 0, statePath, runtime, env: services.env })
  let server = await start()
  const killAndRestart: KillAndRestart = async () => {
    await server.kill()
    const killedAtMs = Date.now()
    server = await start()
    return { killedAtMs, readyAtMs: Date.now() }
  }
  try {
    await work(() => server, killAndRestart)
  } finally {
    await server.stop()
  }
}

async function refundsExecuted(): Promise<number> {
  const response = await fetch(`${services.sandboxUrl}/_calls`)
  const { calls } = (await response.json()) as {
    readonly calls: readonly { readonly endpoint: string; readonly executed: number }[]
  }
  return calls
    .filter(({ endpoint }) => endpoint === "POST /v1/refunds")
    .reduce((total, { executed }) => total + executed, 0)
}
