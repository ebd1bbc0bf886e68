/** Replays and forks through the HTTP doors, on real objects inside workerd. */
import { describe, expect, it } from "vitest"
import { replayRun } from "waybill/testing"
import { readExport } from "../../src/replay/export-file.ts"
import { finish, get, post, put, send, start, until } from "./support/client.ts"
import { workflows } from "./support/workflows.ts"

const small = { message: "charged twice", amount: 10 }
const large = { message: "charged twice", amount: 900 }

async function headOf(id: unknown): Promise<unknown> {
  const { body } = await get(`/v1/runs/${id}/events?limit=1000`)
  return Array.isArray(body.events) ? body.events.at(-1)?.hash : undefined
}

describe("POST /v1/runs/{id}/replay", () => {
  it("[REPLAY1] says that a run of unchanged code is the same", async () => {
    const { id } = await finish("desk", small)
    const { status, body } = await post(`/v1/runs/${id}/replay`)
    expect(status).toBe(200)
    expect(body).toMatchObject({ runId: id, verdict: "same", outsideCalls: 0, end: { changes: [] } })
    expect(body.headHash).toBe(await headOf(id))
  })

  it("[REPLAY6] says whom today's routing would ask, and what has changed about that", async () => {
    const shipped = String((await get("/v1/routing")).body.version)
    const id = await start("routed", {})
    await until(id, "waiting")
    const step = async () => {
      const { body } = await post(`/v1/runs/${id}/replay`)
      const [first] = Array.isArray(body.steps) ? body.steps : []
      return { drift: body.routing, forecast: first?.routing?.[0], verdict: body.verdict }
    }
    const before = await step()
    expect(before).toMatchObject({ verdict: "same", drift: { changed: [] }, forecast: { changed: false } })
    await put("/v1/routing", { routes: { generate: { try: ["openai-compatible/second"] } } })
    const { served } = before.forecast
    expect(await step()).toMatchObject({
      verdict: "same",
      drift: { changed: ["before"] },
      forecast: { recorded: served, served, today: "openai-compatible/second", changed: true },
    })
    await post("/v1/routing/rollback", { version: shipped })
  })

  it("[REPLAY7] lets nothing out, not even what code asks of the global fetch", async () => {
    const { id, output } = await finish("reaching", {})
    expect(output).not.toBe("replay_offline")
    const [{ body }, again] = await Promise.all([post(`/v1/runs/${id}/replay`), finish("reaching", {})])
    expect(body).toMatchObject({ verdict: "changed", outsideCalls: 1, firstDifference: "page" })
    expect(body.steps).toMatchObject([{ changes: [{ of: "output", after: "replay_offline" }] }])
    expect(again.output).toBe(output)
  })

  it("[REPLAY1] of a run that waits says so far", async () => {
    const id = await start("desk", large)
    await until(id, "waiting")
    const { body } = await post(`/v1/runs/${id}/replay`)
    expect(body).toMatchObject({ verdict: "same", end: { recorded: { status: "open" } } })
  })
})

describe("POST /v1/runs/{id}/fork", () => {
  it("[FORK2] makes a new run, and leaves the original as it was", async () => {
    const { id } = await finish("desk", small)
    const head = await headOf(id)
    const { status, headers, body } = await post(`/v1/runs/${id}/fork`, { from: "outcome.billing.pay" })
    expect(status).toBe(201)
    expect(headers.get("location")).toBe(`/v1/runs/${body.id}`)
    expect(body).toMatchObject({ forkedFrom: { runId: id, path: "outcome.billing.pay" } })
    const fork = await until(String(body.id), "succeeded")
    expect(fork).toMatchObject({ output: { kind: "billing", case: "billing" }, cost: { nanoUsd: 0 } })
    expect(await headOf(id)).toBe(head)
  })

  it("[FORK7] shows in lists what a run was made of, which can be asked for", async () => {
    const { id } = await finish("desk", small)
    const fork = (await post(`/v1/runs/${id}/fork`, { from: "outcome" })).body
    const rehearsal = (await post(`/v1/runs/${id}/replay`, { as: "run" })).body
    expect((await get(`/v1/runs?forkedFrom=${id}`)).body.runs).toMatchObject([
      { id: fork.id, forkedFrom: { runId: id, path: "outcome" } },
    ])
    expect((await get(`/v1/runs?replayOf=${id}`)).body.runs).toMatchObject([
      { id: rehearsal.id, replayOf: { runId: id, beyond: "hold" } },
    ])
  })

  it("[FORK4] takes another input and outputs of earlier steps", async () => {
    const { id } = await finish("desk", small)
    const { body } = await post(`/v1/runs/${id}/fork`, {
      from: "outcome",
      input: large,
      outputs: { topic: { kind: "other" } },
    })
    expect(await until(String(body.id), "succeeded")).toMatchObject({ output: { kind: "other", case: "other" } })
  })

  it("[FORK5] is refused, and no run is made", async () => {
    const { id } = await finish("desk", small)
    const before = (await get("/v1/runs?limit=200")).body.runs
    const refused = [
      [{ from: "nobody" }, 404, "step_not_found"],
      [{ from: "outcome", edits: { topic: { prompt: "Other" } } }, 422, "edit_invalid"],
      [{ from: "outcome", input: { message: "" } }, 422, "input_invalid"],
      [{ from: "" }, 422, "request_invalid"],
      [{ from: "topic", model: "first", edits: { topic: { model: "second" } } }, 422, "request_invalid"],
      [{ from: "outcome", outputs: { topic: {} }, edits: { topic: { output: {} } } }, 422, "request_invalid"],
      [{ from: "outcome", inputPatch: { message: null } }, 422, "input_invalid"],
      [{ from: "outcome", input: small, inputPatch: { amount: 1 } }, 422, "request_invalid"],
      [{ from: "outcome", outputs: { topic: { kind: 7 } } }, 422, "output_refused"],
      [{ from: "outcome", breakpoints: [{ step: "nobody" }] }, 422, "request_invalid"],
      [{}, 422, "request_invalid"],
    ] as const
    for (const [body, status, code] of refused)
      expect(await post(`/v1/runs/${id}/fork`, body)).toMatchObject({ status, body: { code } })
    expect((await get("/v1/runs?limit=200")).body.runs).toEqual(before)
  })
})

it("[REPLAY1] a report takes nothing that is said of a new run", async () => {
  const { id } = await finish("desk", small)
  for (const [part, value] of Object.entries({ breakpoints: [], paused: true, stubs: {} }))
    expect(await post(`/v1/runs/${id}/replay`, { as: "report", [part]: value })).toMatchObject({
      status: 422,
      body: { code: "request_invalid", path: `body.${part}` },
    })
})

describe("an Idempotency-Key", () => {
  const fork = (id: unknown, key: string, body: object = { from: "outcome" }) =>
    post(`/v1/runs/${id}/fork`, body, { "idempotency-key": key })

  it("[FORK6] makes one fork of requests that are the same, however close together they come", async () => {
    const { id } = await finish("desk", small)
    const first = await fork(id, "fork-1")
    const again = await fork(id, "fork-1")
    expect(first.headers.has("idempotent-replayed")).toBe(false)
    expect(again).toMatchObject({ status: 201, body: { id: first.body.id } })
    expect(again.headers.get("idempotent-replayed")).toBe("true")
    const replies = await Promise.all(Array.from({ length: 6 }, () => fork(id, "fork-2")))
    expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1)
  })

  it("[FORK6] holds for reruns and for replays that are runs", async () => {
    const { id } = await finish("desk", small)
    for (const [verb, body] of [
      ["rerun", { from: "outcome" }],
      ["replay", { as: "run" }],
    ] as const) {
      const twice = [1, 2].map(() => post(`/v1/runs/${id}/${verb}`, body, { "idempotency-key": `${verb}-1` }))
      const [first, second] = await Promise.all(twice)
      expect(first).toMatchObject({ status: 201, body: { id: second?.body.id } })
    }
  })

  it("[FORK6] with another request is refused, and one that is refused does not use it up", async () => {
    const { id } = await finish("desk", small)
    expect(await fork(id, "fork-3", { from: "nobody" })).toMatchObject({ status: 404 })
    const { status, body } = await fork(id, "fork-3")
    expect(status).toBe(201)
    const { id: other } = await finish("desk", small)
    for (const conflict of [await fork(id, "fork-3", { from: "topic" }), await fork(other, "fork-3")])
      expect(conflict).toMatchObject({
        status: 409,
        body: { code: "idempotency_conflict", details: { runId: body.id } },
      })
  })
})

describe("POST /v1/runs/{id}/rerun", () => {
  it("[FORK1] starts from the step that failed, unless told another", async () => {
    const id = await start("broken", {})
    await until(id, "failed")
    const { body } = await post(`/v1/runs/${id}/rerun`)
    expect(body).toMatchObject({ forkedFrom: { runId: id, path: "boom" } })
    await until(String(body.id), "failed")
  })
})

describe("GET /v1/runs/{id}/export", () => {
  it("[REPLAY4] redacted is a file that a test replays", async () => {
    const { id } = await finish("desk", { message: "write to maya.lindqvist@acme-mail.com", amount: 10 })
    const response = await send(`/v1/runs/${id}/export?redact=true`)
    const text = await response.text()
    expect(response.status).toBe(200)
    expect(text).not.toContain("lindqvist")
    expect(await replayRun(text, { workflows })).toMatchObject({ runId: id, verdict: "same" })
  })

  it("[REPLAY3] plain holds the very rows of the log", async () => {
    const { id, seq } = await finish("desk", small)
    const { head, store } = await readExport(await (await send(`/v1/runs/${id}/export`)).text())
    expect(head).toEqual({ waybill: "export", format: 1, runId: id, workflow: "desk", seq })
    expect(store.head()).toEqual({ seq, hash: await headOf(id) })
  })
})
