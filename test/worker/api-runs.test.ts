/** Runs through the HTTP doors, on real objects inside workerd: starting, reading, listing, telling. */
import { env } from "cloudflare:workers"
import { describe, expect, it } from "vitest"
import { type Namespace, reach } from "../../src/objects/remote.ts"
import type { RunRpc } from "../../src/objects/rpc.ts"
import { verifyChain } from "../../src/run/chain.ts"
import { finish, get, post, send, start, until } from "./support/client.ts"

const small = { message: "charged twice", amount: 10 }
const large = { message: "charged twice", amount: 900 }
const runs = env.RUNS as unknown as Namespace<RunRpc>
const MANAGER = "outcome.billing.manager"

describe("starting", () => {
  it("[API1] answers 202 with the run under way and where it is", async () => {
    const { status, headers, body } = await post("/v1/workflows/desk/runs", { input: small, user: "u1", tags: ["t"] })
    expect(status).toBe(202)
    expect(headers.get("location")).toBe(`/v1/runs/${body.id}`)
    expect(body).toMatchObject({ workflow: "desk", tenant: "default", user: "u1", tags: ["t"] })
  })

  it("[API2] with ?wait= answers with the finished run: output, steps, cost", async () => {
    const body = await finish("desk", small)
    expect(body).toMatchObject({
      status: "succeeded",
      output: { kind: "billing", case: "billing" },
      cost: { usd: "0.001234567", nanoUsd: 1_234_567 },
      steps: [
        { path: "topic", kind: "classify", status: "completed", attempts: 1, cost: { nanoUsd: 1_234_567 } },
        { path: "outcome", kind: "branch", status: "completed", attempts: 1, composite: true },
        { path: MANAGER, kind: "approve", status: "skipped", attempts: 0 },
        { path: "outcome.billing.pay", kind: "tool", status: "completed", attempts: 1, tool: "pay" },
      ],
    })
    expect(body).toHaveProperty("steps.0.model")
    expect(body).toHaveProperty("steps.0.decision.reason")
    expect(body).toHaveProperty("steps.0.durationMs")
  })

  it("[API2] a run that outlasts ?wait= is answered as it stands, and goes on", async () => {
    const { status, body } = await post("/v1/workflows/desk/runs?wait=0", { input: large })
    expect(status).toBe(202)
    await until(String(body.id), "waiting")
  })

  it("[API2] ?wait= ends where the run stands, for whoever starts it and whoever reads it", async () => {
    const body = { input: small, breakpoints: [{ kind: "branch" }] }
    const made = await post("/v1/workflows/desk/runs?wait=60", body)
    expect(made).toMatchObject({ status: 202, body: { status: "paused", paused: { at: "outcome" } } })
    expect(made.body.steps).toMatchObject([{ path: "topic", status: "completed" }])
    expect((await get(`/v1/runs/${made.body.id}?wait=60`)).body).toMatchObject({ status: "paused" })
  })

  it("[API3] takes an example by its name in the place of an input", async () => {
    const { body } = await post("/v1/workflows/desk/runs?wait=30", { example: "small" })
    expect(body).toMatchObject({ status: "succeeded", output: { kind: "billing" } })
    const unknown = await post("/v1/workflows/desk/runs", { example: "medium" })
    expect(unknown).toMatchObject({ status: 422, body: { code: "input_invalid", path: "example" } })
    expect(unknown.body.detail).toContain("small, large")
  })
})

describe("an Idempotency-Key", () => {
  const begin = (key: string, input: unknown) => post("/v1/workflows/desk/runs", { input }, { "idempotency-key": key })

  it("[API4] answers the same request with the first run and starts no other", async () => {
    const first = await begin("key-1", small)
    const second = await begin("key-1", small)
    expect(first.headers.has("idempotent-replayed")).toBe(false)
    expect(second).toMatchObject({ status: 202, body: { id: first.body.id } })
    expect(second.headers.get("idempotent-replayed")).toBe("true")
  })

  it("[API4] starts one run for requests that arrive at once", async () => {
    const replies = await Promise.all(Array.from({ length: 8 }, () => begin("key-2", small)))
    expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1)
    const { body } = await get(`/v1/runs/${replies[0]?.body.id}/events`)
    expect(body.events).toSatisfy(
      (events: { type: string }[]) => events.filter(({ type }) => type === "run.created").length === 1,
    )
  })

  it("[API5] with another request is refused, and nothing is started", async () => {
    const { body } = await begin("key-3", small)
    const conflict = await begin("key-3", large)
    expect(conflict).toMatchObject({ status: 409, body: { code: "idempotency_conflict", details: { runId: body.id } } })
  })

  it("[API5] is not used up by a request that is refused", async () => {
    expect(await begin("key-4", { message: "" })).toMatchObject({ status: 422 })
    expect(await begin("key-4", small)).toMatchObject({ status: 202 })
  })
})

describe("reading", () => {
  it("[API6] shows a run with its steps, and one step with its input and output", async () => {
    const { id } = await finish("desk", small)
    const { body } = await get(`/v1/runs/${id}`)
    expect(body).toMatchObject({ id, status: "succeeded", output: { kind: "billing" } })
    const list = await get(`/v1/runs/${id}/steps`)
    expect(list.body.steps).toEqual(body.steps)
    const step = await get(`/v1/runs/${id}/steps/outcome.billing.pay`)
    expect(step.body).toMatchObject({ input: { amount: 10 }, output: { receipt: expect.stringMatching(/^waybill-/) } })
  })

  it("[API6] pages through the steps of a run", async () => {
    const { id, steps } = await finish("desk", small)
    const paged: unknown[] = []
    for (let query = "?limit=3"; ; ) {
      const { body } = await get(`/v1/runs/${id}/steps${query}`)
      paged.push(...(body.steps as unknown[]))
      if (body.nextCursor === undefined) break
      query = `?limit=3&cursor=${body.nextCursor}`
    }
    expect(paged).toEqual(steps)
    expect(await get(`/v1/runs/${id}/steps?cursor=x`)).toMatchObject({ status: 422, body: { path: "query.cursor" } })
  })

  it("[API6] finds a step by a URL-encoded path, and says when there is none", async () => {
    const { id } = await finish("desk", small)
    expect((await get(`/v1/runs/${id}/steps/${encodeURIComponent("outcome.billing.pay")}`)).status).toBe(200)
    const missing = await get(`/v1/runs/${id}/steps/${encodeURIComponent("items[3].extract")}`)
    expect(missing).toMatchObject({ status: 404, body: { code: "step_not_found", path: "items[3].extract" } })
  })

  it("[API7] hides a run of another tenant as if it did not exist", async () => {
    const runId = "run_01jd2k00000000000000000abc"
    const stranger = { runId, workflow: "desk", input: small, tenant: { id: "somebody-else" }, tags: [] }
    await reach(runs, runId).start(stranger)
    expect(await get(`/v1/runs/${runId}`)).toMatchObject({ status: 404, body: { code: "run_not_found" } })
    expect(await post(`/v1/runs/${runId}/cancel`)).toMatchObject({ status: 404 })
    expect(await get("/v1/runs/run_01jd2k00000000000000000abd")).toMatchObject({ status: 404 })
    expect(await get("/v1/runs/nonsense")).toMatchObject({ status: 404, body: { code: "run_not_found" } })
  })

  it("[API8] shows the error of a failed run with its code, its step and what to do", async () => {
    const body = await finish("broken", {})
    expect(body).toMatchObject({
      status: "failed",
      failedAt: "boom",
      error: { message: "the sky fell", remedy: expect.any(String) },
      steps: [{ path: "boom", status: "failed", failures: [{ attempt: 1 }] }],
    })
  })
})

describe("listing", () => {
  it("[API9] filters, and pages newest first without gaps or repetitions", async () => {
    const ids: string[] = []
    for (let index = 0; index < 5; index += 1) ids.push(await start("desk", large, { tags: ["page"], user: "lister" }))
    const failed = await finish("broken", {}, { user: "lister" })
    const pages: unknown[] = []
    for (let query = "?tag=page&limit=2"; ; ) {
      const { body } = await get(`/v1/runs${query}`)
      pages.push(...(body.runs as { id: string }[]).map(({ id }) => id))
      if (body.nextCursor === undefined) break
      query = `?tag=page&limit=2&cursor=${body.nextCursor}`
    }
    expect(pages).toEqual(ids.toReversed())
    const of = async (query: string) =>
      ((await get(`/v1/runs?${query}`)).body.runs as { id: string }[]).map(({ id }) => id)
    expect(await of("user=lister&status=failed")).toEqual([failed.id])
    expect(await of("user=lister&workflow=broken")).toEqual([failed.id])
    expect(await of("user=lister&errorCode=output_invalid")).toEqual([])
    expect(await of("user=lister&failedAt=boom&failureClass=own_code")).toEqual([failed.id])
    expect(await of("user=lister&failedAt=topic")).toEqual([])
    expect(await of("user=lister&from=2100-01-01T00:00:00Z")).toEqual([])
    expect(await of("user=lister&to=2100-01-01T00:00:00Z")).toHaveLength(6)
  })

  it("[API9] refuses a filter that it does not know, a class that is none, and a window that ends before it begins", async () => {
    for (const [query, path] of [
      ["state=failed", "query"],
      ["failureClass=own_cod", "query.failureClass"],
      ["from=2026-11-22T10:00:00Z&to=2026-11-22T09:00:00Z", "query.to"],
    ]) {
      const { status, body } = await get(`/v1/runs?${query}`)
      expect(status).toBe(422)
      expect(body).toMatchObject({ code: "request_invalid", issues: [{ path }] })
    }
  })
})

describe("telling", () => {
  it("[API10] delivers an approval, and says beforehand what is asked and where the answer goes", async () => {
    const id = await start("desk", large)
    const { waiting } = await until(id, "waiting")
    expect(waiting).toEqual([
      { path: MANAGER, reason: "approval", summary: "Pay 900?", answer: `/v1/runs/${id}/approvals/${MANAGER}` },
    ])
    const answered = await post(`/v1/runs/${id}/approvals/${MANAGER}`, { approved: true, by: "ann" })
    expect(answered.status).toBe(200)
    expect(await until(id, "succeeded")).toMatchObject({ output: { case: "billing" } })
  })

  it("[API10] cancels, and then refuses what comes too late", async () => {
    const id = await start("desk", large)
    await until(id, "waiting")
    expect((await post(`/v1/runs/${id}/cancel`, { reason: "changed my mind" })).body).toMatchObject({
      status: "cancelled",
    })
    const late = await post(`/v1/runs/${id}/approvals/${MANAGER}`, { approved: true })
    expect(late.status).toBe(409)
  })

  it("[API10] takes a command without a body", async () => {
    const id = await start("desk", large)
    const reply = await send(`/v1/runs/${id}/cancel`, { method: "POST" })
    expect(reply.status).toBe(200)
  })

  it("[API10] pauses and resumes", async () => {
    const id = await start("desk", large)
    await until(id, "waiting")
    expect((await post(`/v1/runs/${id}/pause`)).body).toMatchObject({
      status: "paused",
      paused: { reason: "requested" },
    })
    expect((await post(`/v1/runs/${id}/resume`)).body).toMatchObject({ status: "waiting" })
    expect(await post(`/v1/runs/${id}/continue`)).toMatchObject({ status: 409, body: { code: "not_waiting" } })
  })

  it("[API10] refuses a decision about a step that nobody has to decide", async () => {
    const { id } = await finish("desk", small)
    const reply = await post(`/v1/runs/${id}/resolve/outcome.billing.pay`, { action: "retry" })
    expect(reply.status).toBe(409)
  })
})

describe("reports", () => {
  it("[API11] the cost adds up to what the run and its steps show", async () => {
    const run = await finish("desk", small)
    const { body } = await get(`/v1/runs/${run.id}/cost`)
    expect(body).toMatchObject({ totalUsd: "0.001234567", total: { costNanoUsd: 1_234_567, calls: 1 } })
    const steps = run.steps as { cost: { nanoUsd: number } }[]
    expect(steps.reduce((sum, { cost }) => sum + cost.nanoUsd, 0)).toBe(1_234_567)
  })

  it("[API11] the trace is OTLP JSON", async () => {
    const { id } = await finish("desk", small)
    expect((await get(`/v1/runs/${id}/trace`)).body).toHaveProperty("resourceSpans.0.scopeSpans.0.spans.0.traceId")
  })

  it("[API12] an export is the whole log, and its hash chain verifies", async () => {
    const run = await finish("desk", small)
    const response = await send(`/v1/runs/${run.id}/export`)
    const [head, ...rows] = (await response.text())
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
    expect(head).toEqual({ waybill: "export", format: 1, runId: run.id, workflow: "desk", seq: run.seq })
    expect(rows).toHaveLength(Number(run.seq))
    expect(verifyChain(rows)).toBeUndefined()
    expect(verifyChain(rows.map((row, index) => (index === 2 ? { ...row, attempt: 7 } : row)))).toMatchObject({
      seq: 3,
    })
  })
})

describe("a tree of runs", () => {
  it("[API22] is shown from any of its runs, and lists find the children of one", async () => {
    const parent = await finish("live-parent", { name: "tree" })
    const id = String(parent.id)
    const { body: tree } = await get(`/v1/runs/${id}/tree`)
    const kid = String((tree.children as { id: string }[])[0]?.id)
    expect(tree).toMatchObject({
      id,
      workflow: "live-parent",
      status: "succeeded",
      children: [
        { id: kid, workflow: "free", status: "succeeded", path: "kid", children: [], totalCost: { nanoUsd: 0 } },
      ],
    })
    expect(parent).toMatchObject({ steps: [{ path: "kid", children: [{ id: kid, status: "succeeded" }] }, {}] })
    expect((await get(`/v1/runs?parent=${id}`)).body.runs).toMatchObject([
      { id: kid, parent: { runId: id, path: "kid" } },
    ])
    expect((await get(`/v1/runs/${kid}/tree`)).body).toMatchObject({ id: kid, path: "kid", children: [] })
    expect((await get(`/v1/runs/${id}/tree?limit=1`)).body).toMatchObject({ truncated: true, children: [] })
    expect((await get(`/v1/runs/${kid}`)).body.parent).toEqual({ runId: id, path: "kid" })
    expect((await get(`/v1/runs/${id}/cost`)).body).toMatchObject({ children: [{ runId: kid, status: "succeeded" }] })
  })
})
