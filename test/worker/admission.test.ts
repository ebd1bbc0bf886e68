/** Runs that queue, on real objects inside workerd: asking, being told, being told again after a crash of either side. */
import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test"
import { afterEach, describe, expect, it } from "vitest"
import { get, post, start, until } from "./support/client.ts"
import { called, callsOf, hold, open } from "./support/hands.ts"
import { jobsOf, runStub, tenantStub } from "./support/objects.ts"
import { pass, realTime } from "./support/time.ts"

/** Starts a run of `workflow` that stays in its step, and waits until it is there. */
async function busy(workflow: string, name: string): Promise<string> {
  hold(name)
  const id = await start(workflow, { name })
  await called(name)
  return id
}

afterEach(realTime)

describe("a run over the limit of its workflow", () => {
  it("[QUEUE1] [QUEUE7] queues, is listed and says its position, and goes when a place gets free", async () => {
    const first = await busy("single", "a1")
    const { status: answered, body } = await post("/v1/workflows/single/runs", { input: { name: "a2" } })
    expect([answered, body.status]).toEqual([202, "queued"])
    const third = await start("single", { name: "a3" })
    const queue = { limit: "workflow", concurrency: 1 }
    expect((await get(`/v1/runs/${body.id}`)).body.queue).toEqual({ position: 1, ...queue })
    expect((await get(`/v1/runs/${third}`)).body.queue).toEqual({ position: 2, ...queue })
    const listed = await get("/v1/runs?status=queued")
    expect(listed.body.runs).toMatchObject([{ id: third }, { id: body.id }])
    expect((await get(`/v1/runs/${body.id}/events`)).body.events).toMatchObject([{ type: "run.created" }])
    open("a1")
    for (const id of [first, String(body.id), third]) await until(id, "succeeded")
    expect(callsOf("a2")).toHaveLength(1)
    expect((await get("/v1/runs?status=queued")).body.runs).toEqual([])
  })

  it("[QUEUE5] ends at once when it is cancelled, and what follows it moves up", async () => {
    const first = await busy("single", "b1")
    const second = await start("single", { name: "b2" })
    const third = await start("single", { name: "b3" })
    expect((await post(`/v1/runs/${second}/cancel`)).body.status).toBe("cancelled")
    open("b1")
    for (const id of [first, third]) await until(id, "succeeded")
    expect(callsOf("b2")).toHaveLength(0)
  })

  it("[QUEUE5] fails when the workflow's timeout passes before its turn, and starts no step", async () => {
    await busy("hurried", "g1")
    const second = await start("hurried", { name: "g2" })
    const jobs = await jobsOf(runStub(second))
    expect(jobs.map(({ time }) => time)).toEqual([
      Number((await get(`/v1/runs/${second}`)).body.createdAtMs) + 3_600_000,
    ])
    pass(3_600_000)
    await runDurableObjectAlarm(runStub(second))
    expect((await until(second, "failed")).error).toMatchObject({ code: "run_timeout" })
    expect(callsOf("g2")).toHaveLength(0)
    expect(await jobsOf(runStub(second))).toEqual([])
    open("g1")
  })

  it("a signal for it is kept, and pausing and resuming it starts nothing before its turn", async () => {
    const first = await busy("single", "c1")
    const second = await start("single", { name: "c2" })
    expect((await post(`/v1/runs/${second}/signals/hello`)).body.status).toBe("queued")
    expect((await post(`/v1/runs/${second}/pause`)).body.status).toBe("paused")
    expect((await post(`/v1/runs/${second}/resume`)).body.status).toBe("queued")
    expect(callsOf("c2")).toHaveLength(0)
    open("c1")
    for (const id of [first, second]) await until(id, "succeeded")
  })

  it("[QUEUE3] goes while the one before it waits for somebody", async () => {
    const first = await start("patient", { name: "d1" })
    await until(first, "waiting")
    const second = await start("patient", { name: "d2" })
    await until(second, "waiting")
    for (const id of [first, second]) {
      await post(`/v1/runs/${id}/signals/letter`)
      await until(id, "succeeded")
    }
  })
})

describe("a crash", () => {
  it("[QUEUE6] of the queued run and of its tenant loses neither the run nor its turn", async () => {
    const first = await busy("single", "e1")
    const second = await start("single", { name: "e2" })
    await abortAllDurableObjects()
    open("e1")
    await runDurableObjectAlarm(runStub(first))
    for (const id of [first, second]) await until(id, "succeeded")
    expect(callsOf("e2")).toHaveLength(1)
  })

  it("[QUEUE6] of the tenant between giving a place and telling the run of it: the alarm tells it", async () => {
    const first = await busy("single", "f1")
    const second = await start("single", { name: "f2" })
    // The place was given and the job is armed; the telling got lost with the object.
    await runInDurableObject(tenantStub(), async (object, { storage }) => {
      storage.sql.exec("UPDATE waiting_run SET go_ms = 1 WHERE run_id = ?", second)
      storage.sql.exec("UPDATE run SET status = 'running' WHERE run_id = ?", second)
      await object.lifecycle.jobs.push({ id: "work", fn: "work", time: 1 })
    })
    await evictDurableObject(tenantStub())
    expect(callsOf("f2")).toHaveLength(0)
    await runDurableObjectAlarm(tenantStub())
    await until(second, "succeeded")
    open("f1")
    await until(first, "succeeded")
    expect(callsOf("f2")).toHaveLength(1)
    expect(await jobsOf(tenantStub())).toEqual([])
  })
})
