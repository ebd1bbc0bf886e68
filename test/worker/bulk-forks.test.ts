/** Bulk forks through the HTTP doors, on real objects inside workerd. */
import { abortAllDurableObjects, runDurableObjectAlarm } from "cloudflare:test"
import { afterEach, describe, expect, it } from "vitest"
import { finish, get, post, until } from "./support/client.ts"
import { called, callsOf, hold, open } from "./support/hands.ts"
import { jobsOf, tenantStub } from "./support/objects.ts"
import { pass, realTime } from "./support/time.ts"

/** What the scripted model takes for one answer. */
const CALL = 1_234_567

/** `count` runs that failed, tagged with `tag`, newest first. */
async function failures(tag: string, count: number): Promise<readonly string[]> {
  const ids: string[] = []
  for (let index = 0; index < count; index += 1) {
    const { id } = await finish("cases", { name: `bad${index}` }, { tags: [tag] })
    ids.unshift(String(id))
  }
  return ids
}

function body(tag: string, more: object = {}) {
  const filter = { workflow: "cases", failedAt: "charge", failureClass: "own_code", tag }
  return { filter, inputPatch: { name: `good-${tag}` }, costCeilingUsd: 1, ...more }
}

async function begin(tag: string, more: object = {}): Promise<string> {
  const { status, body: view, headers } = await post("/v1/bulk-forks", body(tag, more))
  expect(status, JSON.stringify(view)).toBe(202)
  expect(headers.get("location")).toBe(`/v1/bulk-forks/${view.id}`)
  return String(view.id)
}

/** The bulk fork as soon as it is `status`. */
async function ended(id: string, status: string) {
  const read = async () => (await get(`/v1/bulk-forks/${id}`)).body
  await expect.poll(async () => (await read()).status, { timeout: 20_000 }).toBe(status)
  return read()
}

afterEach(realTime)

describe("a dry run", () => {
  it("[BULK1] says which runs fit, what each would do again and cost, and makes nothing", async () => {
    const ids = await failures("dry", 3)
    await finish("cases", { name: "good" }, { tags: ["dry"] })
    const before = (await get("/v1/runs?limit=200")).body
    const { status, body: found } = await post("/v1/bulk-forks", body("dry", { dryRun: true, limit: 2 }))
    expect(status).toBe(200)
    expect(found).toMatchObject({ matched: 3, refused: 0, estimate: { samples: 1 } })
    const estimate = { low: { nanoUsd: CALL }, high: { nanoUsd: CALL } }
    const redone = [{ path: "charge", kind: "tool", tool: "charge", effect: "idempotent", status: "failed" }]
    expect(found.items).toMatchObject(ids.slice(0, 2).map((runId) => ({ runId, from: "charge", redone, estimate })))
    expect(found.estimate).toMatchObject({
      page: { high: { nanoUsd: 2 * CALL } },
      all: { high: { nanoUsd: 3 * CALL } },
    })
    const next = await post("/v1/bulk-forks", body("dry", { dryRun: true, cursor: found.nextCursor }))
    expect(next.body.items).toMatchObject([{ runId: ids[2] }])
    expect((await get("/v1/runs?limit=200")).body).toEqual(before)
    expect((await get("/v1/bulk-forks")).body.bulkForks).toEqual([])
  })

  it("[BULK1] says which runs cannot be forked so, and why", async () => {
    const [id] = await failures("refused", 1)
    for (const [change, code] of [
      [{ inputPatch: { name: 7 } }, "input_invalid"],
      [{ from: "nobody" }, "step_not_found"],
      [{ edits: { nobody: { skip: true } } }, "edit_invalid"],
    ] as const) {
      const { body: found } = await post("/v1/bulk-forks", body("refused", { dryRun: true, ...change }))
      expect(found).toMatchObject({ matched: 1, refused: 1, items: [{ runId: id, refused: { code } }] })
    }
  })

  it("[BULK1] of what could never be is refused", async () => {
    const refusals = [
      [{ filter: { workflow: "nobody" }, costCeilingUsd: 1 }, 404, "workflow_not_found"],
      [{ filter: { workflow: "cases", state: "failed" } }, 422, "request_invalid"],
      [{ filter: { workflow: "cases", failedAt: "chrage" }, dryRun: true }, 422, "request_invalid"],
      [{ filter: { workflow: "cases", failureClass: "own_cod" }, dryRun: true }, 422, "request_invalid"],
      [{ filter: { workflow: "cases" } }, 422, "request_invalid"],
      [{ filter: { workflow: "cases" }, costCeilingUsd: 1, breakpoints: [] }, 422, "request_invalid"],
    ] as const
    for (const [asked, status, code] of refusals)
      expect(await post("/v1/bulk-forks", asked)).toMatchObject({ status, body: { code } })
    expect(await get("/v1/bulk-forks/bulk_0")).toMatchObject({ status: 404, body: { code: "bulk_fork_not_found" } })
  })
})

describe("a bulk fork", () => {
  it("[BULK2] [BULK3] forks each run once, so many at a time, and tells of each", async () => {
    const ids = await failures("all", 5)
    hold("good-all")
    const id = await begin("all", { concurrency: 2 })
    await called("good-all", 2)
    const { body: half } = await get(`/v1/bulk-forks/${id}`)
    expect(half).toMatchObject({ status: "running", matched: 5, counts: { underWay: 2, remaining: 3 } })
    open("good-all")
    const done = await ended(id, "completed")
    expect(done).toMatchObject({ counts: { succeeded: 5, remaining: 0, underWay: 0 }, cost: { nanoUsd: 5 * CALL } })
    expect(callsOf("good-all")).toHaveLength(5)
    const items = done.items as readonly { runId: string; forkId: string; status: string }[]
    expect(items.map(({ runId, status }) => [runId, status])).toEqual(ids.map((runId) => [runId, "succeeded"]))
    for (const { runId, forkId } of items)
      expect((await get(`/v1/runs?forkedFrom=${runId}`)).body.runs).toMatchObject([{ id: forkId, status: "succeeded" }])
    expect((await get(`/v1/runs?tag=bulk:${id}`)).body.runs).toHaveLength(5)
    pass(10_000)
    await runDurableObjectAlarm(tenantStub())
    expect(await jobsOf(tenantStub())).toEqual([])
  })

  it("[BULK2] leaves out what was mended or is under way, and what was made of others", async () => {
    const [newest] = await failures("mended", 3)
    const fork = (await post(`/v1/runs/${newest}/fork`, { inputPatch: { name: "good" } })).body
    await until(String(fork.id), "succeeded")
    const failed = await begin("mended", { inputPatch: { name: "worse" } })
    expect(await ended(failed, "completed")).toMatchObject({ matched: 2, counts: { failed: 2 } })
    const mended = await begin("mended")
    expect(await ended(mended, "completed")).toMatchObject({ matched: 2, counts: { succeeded: 2 } })
    expect((await post("/v1/bulk-forks", body("mended", { dryRun: true }))).body.matched).toBe(0)
  })

  it("[BULK4] stops when the next fork could lift the cost above the ceiling, and says so", async () => {
    await finish("cases", { name: "good" })
    await failures("ceiling", 4)
    const id = await begin("ceiling", { costCeilingUsd: (2.5 * CALL) / 1e9, concurrency: 4 })
    const stopped = await ended(id, "stopped")
    expect(stopped).toMatchObject({ counts: { succeeded: 2, remaining: 2 }, cost: { nanoUsd: 2 * CALL } })
    expect(stopped.reason).toContain("The next fork may cost $0.001234567")
  })

  it("[BULK5] goes on after its objects died, and forks nothing twice", async () => {
    const ids = await failures("crash", 4)
    hold("good-crash")
    const id = await begin("crash", { concurrency: 2 })
    await called("good-crash", 2)
    await abortAllDurableObjects()
    open("good-crash")
    pass(10_000)
    await runDurableObjectAlarm(tenantStub())
    expect(await ended(id, "completed")).toMatchObject({ counts: { succeeded: 4 } })
    for (const runId of ids) expect((await get(`/v1/runs?forkedFrom=${runId}`)).body.runs).toHaveLength(1)
  })

  it("[BULK6] is cancelled: no more forks start, and those under way end when that is asked", async () => {
    await failures("cancel", 3)
    hold("good-cancel")
    const id = await begin("cancel", { concurrency: 1 })
    await called("good-cancel")
    const { body: cancelled } = await post(`/v1/bulk-forks/${id}/cancel`, { forks: true })
    expect(cancelled).toMatchObject({ status: "cancelled", counts: { remaining: 2 } })
    await expect.poll(async () => (await get(`/v1/bulk-forks/${id}`)).body.counts).toMatchObject({ cancelled: 1 })
    open("good-cancel")
    expect(callsOf("good-cancel")).toHaveLength(1)
  })

  it("[BULK7] asked for twice with one Idempotency-Key is one", async () => {
    await failures("keyed", 1)
    const ask = () => post("/v1/bulk-forks", body("keyed"), { "idempotency-key": "bulk-1" })
    const [first, second] = [await ask(), await ask()]
    expect(second.body.id).toBe(first.body.id)
    expect(second.headers.get("idempotent-replayed")).toBe("true")
    await ended(String(first.body.id), "completed")
  })
})
