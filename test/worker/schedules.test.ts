/** Schedules through the HTTP doors, on real objects inside workerd; time is moved, never waited for. */
import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test"
import { afterEach, describe, expect, it } from "vitest"
import { ScheduleView } from "../../src/protocol/schedule.ts"
import { del, get, post, put, until } from "./support/client.ts"
import { called, callsOf, hold, open } from "./support/hands.ts"
import { jobsOf, tenantStub } from "./support/objects.ts"
import { pass, realTime } from "./support/time.ts"

const DAY_MS = 86_400_000
const declare = (key: string, more: object = {}) =>
  put(`/v1/schedules/${key}`, { workflow: "single", cron: "0 9 * * *", input: { name: key }, ...more })
const read = async (key: string) => ScheduleView.parse((await get(`/v1/schedules/${key}`)).body)
const runsOf = async (key: string) => (await get(`/v1/runs?tag=schedule:${key}`)).body.runs as { readonly id: string }[]

/** Moves to the next time at which `key` is due, and lets the tenant's alarm fire. */
async function fire(key: string): Promise<void> {
  const { nextMs = 0 } = await read(key)
  pass(Math.max(0, nextMs - Date.now()))
  await runDurableObjectAlarm(tenantStub())
}

afterEach(async () => {
  const { body } = await get("/v1/schedules")
  for (const { key } of body.schedules as { key: string }[]) await del(`/v1/schedules/${key}`)
  realTime()
})

describe("a schedule", () => {
  it("[SCHED1] starts its workflow when it is due, and says what it did and when it is due next", async () => {
    const declared = await declare("nightly", { user: "u1", tags: ["t"], timezone: "Europe/Berlin", priority: 3 })
    expect(declared.status).toBe(201)
    expect(declared.body).toMatchObject({
      key: "nightly",
      paused: false,
      overlap: "skip",
      tags: ["t", "schedule:nightly"],
    })
    const { nextMs = 0 } = await read("nightly")
    expect(nextMs).toBeGreaterThan(Date.now())
    await fire("nightly")
    const after = await read("nightly")
    expect(after).toMatchObject({ nextMs: expect.any(Number), last: { due: new Date(nextMs).toISOString() } })
    expect((after.nextMs ?? 0) - nextMs).toBeGreaterThan(0.9 * DAY_MS)
    const run = await until(after.last?.runId ?? "", "succeeded")
    expect(run).toMatchObject({ workflow: "single", user: "u1", tags: ["t", "schedule:nightly"] })
    expect(await jobsOf(tenantStub())).toMatchObject([{ time: after.nextMs }])
  })

  it("[SCHED2] is checked when it is declared: workflow, expression, time zone, input", async () => {
    const problems = [
      [{ workflow: "none" }, 404, undefined],
      [{ cron: "61 * * * *" }, 422, "body.cron"],
      [{ cron: "0 0 30 2 *" }, 422, "body.cron"],
      [{ timezone: "Mars/Olympus" }, 422, "body.timezone"],
      [{ input: { name: 7 } }, 422, "input.name"],
      [{ overlap: "maybe" }, 422, "body.overlap"],
    ] as const
    for (const [more, status, path] of problems) {
      const reply = await declare("bad", more)
      expect([reply.status, reply.body.path], JSON.stringify(more)).toEqual([status, path])
    }
    expect((await declare("bad key")).status).toBe(422)
    expect((await get("/v1/schedules/bad")).body).toMatchObject({ code: "schedule_not_found" })
  })

  it("[SCHED3] declared twice with one key is one: the later, due when it was unless its time changed", async () => {
    await declare("twice")
    const first = await read("twice")
    expect((await declare("twice", { input: { name: "other" } })).status).toBe(200)
    expect(await read("twice")).toMatchObject({
      nextMs: first.nextMs,
      input: { name: "other" },
      createdAt: first.createdAt,
    })
    await declare("twice", { cron: "0 10 * * *" })
    expect((await read("twice")).nextMs).not.toBe(first.nextMs)
    expect((await get("/v1/schedules")).body.schedules).toHaveLength(1)
  })

  it("[SCHED4] is paused, resumed and deleted; what was due while it was paused is not made up for", async () => {
    await declare("paused")
    expect((await post("/v1/schedules/paused/pause")).body).toMatchObject({ paused: true })
    expect(await jobsOf(tenantStub())).toEqual([])
    expect((await declare("paused")).body).toMatchObject({ paused: true })
    pass(3 * DAY_MS)
    const { body } = await post("/v1/schedules/paused/resume")
    expect(body).toMatchObject({ paused: false })
    expect(Number(body.nextMs)).toBeGreaterThan(Date.now())
    await runDurableObjectAlarm(tenantStub())
    expect(await runsOf("paused")).toEqual([])
    expect((await del("/v1/schedules/paused")).status).toBe(200)
    expect((await get("/v1/schedules/paused")).status).toBe(404)
    expect(await jobsOf(tenantStub())).toEqual([])
  })

  it("[SCHED5] starts a run now, also while it is paused", async () => {
    await declare("now", { paused: true })
    const { status, headers, body } = await post("/v1/schedules/now/run-now")
    expect([status, headers.get("location")]).toEqual([202, `/v1/runs/${body.id}`])
    await until(String(body.id), "succeeded")
    expect(await read("now")).toMatchObject({ paused: true, last: { runId: body.id } })
    expect((await post("/v1/schedules/none/run-now")).body).toMatchObject({ code: "schedule_not_found" })
  })

  it("[SCHED7] says which start was refused, and why, and goes on", async () => {
    await declare("refused")
    // What a deployment without the workflow would leave.
    await runInDurableObject(tenantStub(), (_, { storage }) => {
      storage.sql.exec("UPDATE schedule SET data = json_set(data, '$.start.workflow', 'gone')")
    })
    await fire("refused")
    expect(await read("refused")).toMatchObject({ refused: { error: { code: "workflow_not_found" } } })
    expect((await read("refused")).nextMs).toBeGreaterThan(Date.now())
    expect(await read("refused")).not.toHaveProperty("pending")
  })
})

describe("a schedule that is due while its last run goes on", () => {
  it("[SCHED6] skips, by default, and says so", async () => {
    hold("skips")
    await declare("skips")
    await fire("skips")
    await called("skips")
    const { nextMs = 0 } = await read("skips")
    await fire("skips")
    expect(await read("skips")).toMatchObject({ skipped: { due: new Date(nextMs).toISOString() } })
    open("skips")
    const [run] = await runsOf("skips")
    await until(run?.id ?? "", "succeeded")
    expect(await runsOf("skips")).toHaveLength(1)
  })

  it("[SCHED6] queues one start, which is made when the last run has ended", async () => {
    hold("queues")
    await declare("queues", { overlap: "queue" })
    await fire("queues")
    await called("queues")
    await fire("queues")
    await fire("queues")
    expect(await read("queues")).toHaveProperty("pending")
    const [first] = await runsOf("queues")
    open("queues")
    await until(first?.id ?? "", "succeeded")
    await called("queues", 2)
    const { last } = await read("queues")
    await until(last?.runId ?? "", "succeeded")
    expect(await runsOf("queues")).toHaveLength(2)
  })

  it("[SCHED6] starts another, when it is told to", async () => {
    hold("allows")
    await declare("allows", { overlap: "allow", workflow: "free" })
    await fire("allows")
    await fire("allows")
    await called("allows", 2)
    open("allows")
    for (const { id } of await runsOf("allows")) await until(id, "succeeded")
  })
})

describe("what goes wrong", () => {
  it("[SCHED8] a crash anywhere between the alarm and the start neither loses the start nor makes it twice", async () => {
    await declare("crash", { workflow: "free" })
    const before = await runInDurableObject(tenantStub(), (_, { storage }) =>
      storage.sql.exec("SELECT * FROM schedule WHERE key = 'crash'").one(),
    )
    await fire("crash")
    const { last, nextMs } = await read("crash")
    await until(last?.runId ?? "", "succeeded")
    // The run was started, but the object died before it could note that: once before it had decided, once after.
    const { data, next_ms: dueMs } = before as { data: string; next_ms: number }
    const decided = JSON.stringify({ ...JSON.parse(data), nextMs, pendingMs: dueMs })
    for (const row of [[data, dueMs, null] as const, [decided, nextMs ?? null, dueMs] as const]) {
      await runInDurableObject(tenantStub(), async (object, { storage }) => {
        storage.sql.exec("UPDATE schedule SET data = ?, next_ms = ?, pending_ms = ? WHERE key = 'crash'", ...row)
        await object.lifecycle.jobs.push({ id: "work", fn: "work", time: 1 })
      })
      await evictDurableObject(tenantStub())
      await runDurableObjectAlarm(tenantStub())
      expect(await read("crash")).toMatchObject({ last: { runId: last?.runId }, nextMs })
      expect(await runsOf("crash")).toHaveLength(1)
    }
    expect(callsOf("crash")).toHaveLength(1)
  })

  it("[SCHED9] what was due while the server was down is started once when it is up again", async () => {
    await declare("down", { workflow: "free" })
    const { nextMs = 0 } = await read("down")
    await abortAllDurableObjects()
    pass(nextMs - Date.now() + 10.5 * DAY_MS)
    await runDurableObjectAlarm(tenantStub())
    const after = await read("down")
    expect(after.last).toMatchObject({ due: new Date(nextMs).toISOString() })
    expect((after.nextMs ?? 0) - Date.now()).toBeLessThanOrEqual(DAY_MS)
    await until(after.last?.runId ?? "", "succeeded")
    await runDurableObjectAlarm(tenantStub())
    expect(await runsOf("down")).toHaveLength(1)
  })
})
