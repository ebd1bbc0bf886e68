/** Runs of a workflow that the deployment has no more: they can be read and cancelled, and go on when it is back. */
import { abortAllDurableObjects, runDurableObjectAlarm } from "cloudflare:test"
import { afterEach, describe, expect, it } from "vitest"
import { get, post, send, start } from "./support/client.ts"
import { called, callsOf, hold, open } from "./support/hands.ts"
import { bookable, deployable } from "./support/live-workflows.ts"
import { jobsOf, runStub, until } from "./support/objects.ts"
import { deploy, remove } from "./support/worker.ts"

/** A new deployment: every object comes to memory anew, and finds what is deployed then. */
async function redeploy(change: () => void): Promise<void> {
  change()
  await abortAllDurableObjects()
}

const without = (name: string) => redeploy(() => remove(name))
const withAgain = (workflow: Parameters<typeof deploy>[0]) => redeploy(() => deploy(workflow))

afterEach(() => {
  deploy(deployable("Old"))
  deploy(bookable)
})

describe("a run whose workflow is not deployed any more", () => {
  it("[LIVE8] can be read, and says why what takes its code cannot be done", async () => {
    const id = await start("live-deployed", { name: "read" })
    await until(id, "waiting")
    await without("live-deployed")
    expect((await get(`/v1/runs/${id}`)).body).toMatchObject({ status: "waiting", workflowMissing: true })
    for (const of of ["events", "steps", "steps/first", "cost", "trace"])
      expect([of, (await get(`/v1/runs/${id}/${of}`)).status]).toEqual([of, 200])
    expect((await send(`/v1/runs/${id}/export`)).status).toBe(200)
    const before = (await get(`/v1/runs/${id}/events`)).body
    for (const [command, body] of [
      ["approvals/boss", { approved: true }],
      ["signals/any", { payload: 1 }],
      ["replay", {}],
      ["fork", { from: "boss" }],
    ] as const)
      expect(await post(`/v1/runs/${id}/${command}`, body)).toMatchObject({
        status: 409,
        body: { code: "workflow_missing" },
      })
    expect((await get(`/v1/runs/${id}/events`)).body).toEqual(before)
    await withAgain(deployable("Old"))
    await post(`/v1/runs/${id}/approvals/boss`, { approved: true })
    expect((await until(id, "succeeded")).workflowMissing).toBeUndefined()
  })

  it("[LIVE8] goes on by itself when the workflow is back, and looks for it only now and then", async () => {
    hold("back.model")
    const id = await start("live-deployed", { name: "back" })
    await until(id, "waiting")
    await post(`/v1/runs/${id}/approvals/boss`, { approved: true })
    await called("back.model")
    await without("live-deployed")
    open("back.model")
    await runDurableObjectAlarm(runStub(id))
    await expect.poll(async () => (await jobsOf(runStub(id)))[0]?.time).toBeGreaterThan(Date.now() + 600_000)
    expect(await jobsOf(runStub(id))).toHaveLength(1)
    expect(callsOf("back.model")).toHaveLength(1)
    await withAgain(deployable("Old"))
    await runDurableObjectAlarm(runStub(id))
    expect((await until(id, "succeeded")).output).toBe("answer to Old ")
    expect(callsOf("back.first")).toHaveLength(1)
  })

  it("[LIVE8] can be cancelled, with its children; what its code has to undo is undone when it is back", async () => {
    hold("booked.kid")
    const id = await start("live-booked", { name: "booked" })
    await called("booked.kid")
    const [child] = (await until(id, "waiting")).waiting as { childRunId: string }[]
    await without("live-booked")
    expect((await post(`/v1/runs/${id}/cancel`, { compensate: true })).body).toMatchObject({ status: "cancelled" })
    await until(child?.childRunId ?? "", "cancelled")
    const undone = async () => {
      const { body } = await get(`/v1/runs/${id}/events`)
      return (body.events as { type: string }[])
        .map(({ type }) => type)
        .filter((type) => type.startsWith("compensation."))
    }
    expect(await undone()).toEqual([])
    await withAgain(bookable)
    await runDurableObjectAlarm(runStub(id))
    await expect.poll(undone).toEqual(["compensation.started", "compensation.completed"])
    expect(await jobsOf(runStub(id))).toEqual([])
  })
})
