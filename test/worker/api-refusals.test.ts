/** What bad requests get: a problem that says what was found, what was expected and what to do, and nothing half-done. */
import { describe, expect, it } from "vitest"
import { MAX_BODY_BYTES } from "../../src/lib/limits.ts"
import { get, ORIGIN, post, send } from "./support/client.ts"

const RUNS = "/v1/workflows/desk/runs"

describe("every error", () => {
  it("[API15] is problem+json with code, detail and remedy", async () => {
    const { status, body } = await get("/v1/nothing")
    expect(status).toBe(404)
    expect(body).toEqual({
      type: "urn:waybill:problem:not_found",
      title: "Not found",
      status: 404,
      code: "not_found",
      detail: "There is nothing at /v1/nothing.",
      remedy: expect.any(String),
    })
  })

  it("[API15] keeps its code and its details on the way from an object to the door", async () => {
    const { body } = await post(RUNS, { input: { message: "m", amount: 900 } })
    const reply = await post(`/v1/runs/${body.id}/resolve/nowhere`, { action: "retry" })
    expect(reply).toMatchObject({ status: 404, body: { code: "step_not_found", path: "nowhere" } })
  })
})

describe("addresses", () => {
  it("[API16] says which methods there are for a path that exists", async () => {
    const reply = await send("/v1/runs", { method: "DELETE" })
    expect(reply.status).toBe(405)
    expect(reply.headers.get("allow")).toBe("GET")
  })

  it("[API16] names the workflows that there are", async () => {
    const { status, body } = await post("/v1/workflows/desc/runs", { input: {} })
    expect(status).toBe(404)
    expect(body).toMatchObject({ code: "workflow_not_found" })
    expect(body.detail).toContain("desk")
  })
})

describe("queries", () => {
  it("[API9] with a parameter that the endpoint does not know are refused, and nothing is done", async () => {
    for (const path of ["/v1/workflows?limit=1", "/v1/runs?state=failed"])
      expect(await get(path)).toMatchObject({ status: 422, body: { code: "request_invalid", path: "query" } })
    const { status, body } = await post(`${RUNS}?wiat=5`, { example: "small" })
    expect(status).toBe(422)
    expect(body.detail).toContain("wiat")
  })

  it("[API9] with a text that is no number, or no day, are told what was found and expected", async () => {
    const said = async (path: string) => (await get(path)).body.detail
    expect(await said("/v1/runs?limit=abc")).toBe('query.limit: found "abc", expected a number')
    expect(await said("/v1/usage?from=2026-11-27T00:00:00Z")).toBe("query.from: expected a day such as 2026-11-27")
  })

  it("[API9] with a parameter twice are refused by its name", async () => {
    const { status, body } = await get("/v1/runs?limit=1&limit=2")
    expect(status).toBe(422)
    expect(body).toMatchObject({ path: "query.limit", detail: "query.limit: found it 2 times, expected it once." })
  })
})

describe("lists", () => {
  it("[API9] refuse a cursor that no page gave, which would begin again from the start", async () => {
    for (const list of ["runs", "operations"])
      for (const cursor of ["zzz", "", "run_"])
        expect(await get(`/v1/${list}?cursor=${cursor}`)).toMatchObject({ status: 422, body: { path: "query.cursor" } })
  })
})

describe("bodies", () => {
  it("[API17] that are not JSON get 400, of another type 415", async () => {
    expect(await post(RUNS, "{")).toMatchObject({ status: 400, body: { code: "body_not_json" } })
    expect(await post(RUNS, "input=1", { "content-type": "application/x-www-form-urlencoded" })).toMatchObject({
      status: 415,
    })
  })

  it("[API17] with unknown or wrong members get 422 with each of them", async () => {
    const { status, body } = await post(RUNS, { input: {}, budgetUSD: 1, tags: [""], priority: 1.5 })
    expect(status).toBe(422)
    const paths = (body.issues as { path: string }[]).map(({ path }) => path)
    expect(paths).toEqual(expect.arrayContaining(["body.tags[0]", "body.priority", "body"]))
    expect(body.detail).toContain("budgetUSD")
  })

  it("[API17] with a breakpoint that can never be met get 422, and no run starts unguarded", async () => {
    const input = { message: "m", amount: 900 }
    const refused = async (breakpoint: object) => (await post(RUNS, { input, breakpoints: [breakpoint] })).body
    expect(await refused({ step: "managr" })).toMatchObject({ status: 422, path: "body.breakpoints[0].step" })
    expect(await refused({ kind: "aprove" })).toMatchObject({ status: 422, path: "body.breakpoints[0].kind" })
    for (const breakpoint of [{ step: "manager" }, { step: "outcome.billing.manager" }, { kind: "approve" }])
      expect(await post(RUNS, { input, breakpoints: [breakpoint] })).toMatchObject({ status: 202 })
  })

  it("[API18] whose input does not fit the workflow get 422 with every path and what was expected", async () => {
    const { status, body } = await post(RUNS, { input: { message: 7, amount: -1, extra: true } })
    expect(status).toBe(422)
    expect(body).toMatchObject({ code: "input_invalid" })
    const issues = body.issues as { path: string; message: string }[]
    expect(issues.map(({ path }) => path)).toEqual(["input.message", "input.amount", "input"])
    expect(issues[0]?.message).toContain("expected string")
  })

  it("[API17] that are nested without end get 422, and do not break anything", async () => {
    const deep = `{"input":${"[".repeat(100_000)}${"]".repeat(100_000)}}`
    expect(await post(RUNS, deep)).toMatchObject({ status: 422, body: { code: "request_invalid", path: "body" } })
  })

  it("[API19] over the limit get 413, whether they say their length or not", async () => {
    const tooLong = "x".repeat(MAX_BODY_BYTES + 1)
    expect(await post(RUNS, tooLong)).toMatchObject({ status: 413, body: { code: "body_too_large" } })
    let sent = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1
        controller.enqueue(new Uint8Array(64 * 1024))
      },
    })
    const headers = { "content-type": "application/json" }
    const reply = await send(RUNS, { method: "POST", body: endless, headers })
    expect(reply.status).toBe(413)
    expect(sent * 64 * 1024).toBeLessThan(MAX_BODY_BYTES + 1024 * 1024)
  })
})

describe("without API keys", () => {
  const ask = (url: string, headers: Record<string, string> = {}) => send("/v1/runs", { headers }, url)

  it("[API20] only this machine is answered: not another host, address or web page", async () => {
    expect((await ask(ORIGIN)).status).toBe(200)
    expect((await ask("http://localhost:8787")).status).toBe(200)
    expect((await ask("http://[::1]:8787")).status).toBe(200)
    for (const reply of [
      await ask("http://waybill.example.com"),
      await ask("http://127.0.0.1.evil.com:8787"),
      await ask(ORIGIN, { "cf-connecting-ip": "203.0.113.7" }),
      await ask(ORIGIN, { origin: "https://evil.com" }),
      await ask(ORIGIN, { origin: "null" }),
    ]) {
      expect(reply.status).toBe(403)
      expect(await reply.json()).toMatchObject({ code: "origin_refused" })
    }
    expect((await ask(ORIGIN, { origin: "http://localhost:5173" })).status).toBe(200)
  })
})
