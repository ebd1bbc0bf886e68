/** Swapping the routing live, through the HTTP doors and into runs, other isolates included. */
import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it } from "vitest"
import { isJsonObject } from "../../src/lib/json.ts"
import type { OperationOutcome } from "../../src/model/record.ts"
import type { LiveGateway } from "../../src/objects/live-gateway.ts"
import { CONTEXT, OPTIONS, QUESTION } from "../gateway/world.ts"
import { get, post, put, type Reply, start, until } from "./support/client.ts"
import { shipped, testGateway } from "./support/worker.ts"

/** A configuration in which `generate` is served by `model`. */
const served = (model: string) => ({ routes: { generate: { try: [`openai-compatible/${model}`] } } })

/** The version in force. */
async function inForce(): Promise<string> {
  return String((await get("/v1/routing")).body.version)
}

async function putInForce(config: unknown): Promise<string> {
  const { status, body } = await put("/v1/routing", config)
  expect(status, JSON.stringify(body)).toBe(200)
  return String(body.version)
}

/** The version that decided the only operation of a run's step. */
async function decidedBy(runId: string, step: string): Promise<unknown> {
  const { body } = await get(`/v1/runs/${runId}/steps/${step}`)
  const [operation] = Array.isArray(body.operations) ? body.operations : []
  return operation?.decision?.routingVersion
}

beforeEach(async () => {
  await post("/v1/routing/rollback", { version: shipped.version })
})

describe("PUT /v1/routing", () => {
  it("[SWAP1] decides the next operation of a run that is under way, and each decision names its version", async () => {
    const id = await start("routed", {})
    await until(id, "waiting")
    const version = await putInForce(served("second"))
    await post(`/v1/runs/${id}/signals/go`, {})
    expect(await until(id, "succeeded")).toMatchObject({ output: { before: "I am first.", after: "I am second." } })
    expect(await decidedBy(id, "before")).toBe(shipped.version)
    expect(await decidedBy(id, "after")).toBe(version)
  })

  it("[SWAP2] that is wrong anywhere is refused with every path, and changes nothing", async () => {
    const before = await inForce()
    const { status, body } = await put("/v1/routing", {
      routes: { generate: { try: ["nobody/m"], tmeout: "3s" } },
      ruels: [],
    })
    expect(status).toBe(422)
    expect(body).toMatchObject({ code: "routing_invalid" })
    const paths = Array.isArray(body.issues) ? body.issues.map(({ path }) => path) : []
    expect(paths).toEqual(expect.arrayContaining(["routes.generate.tmeout", "ruels"]))
    const unknown = await put("/v1/routing", { routes: { generate: { try: ["nobody/m"] } } })
    expect(unknown).toMatchObject({ status: 422, body: { code: "routing_invalid", path: "routes.generate.try[0]" } })
    expect(await inForce()).toBe(before)
    expect((await get("/v1/routing/versions")).body.versions).toContainEqual(
      expect.objectContaining({ version: before, isActive: true }),
    )
  })

  it("[SWAP3] answers with what changed, and the same configuration again changes nothing", async () => {
    await putInForce(served("second"))
    const { body } = await put("/v1/routing", served("third"))
    expect(body.changes).toEqual([
      { path: "routes.generate.try[0]", before: "openai-compatible/second", after: "openai-compatible/third" },
    ])
    expect((await put("/v1/routing", served("third"))).body).toMatchObject({ previous: body.version, changes: [] })
  })
})

describe("other isolates", () => {
  const ask = (isolate: LiveGateway): Promise<OperationOutcome> =>
    isolate.operate(QUESTION, { ...CONTEXT, step: { ...CONTEXT.step, kind: "generate" } }, OPTIONS)

  it("[SWAP4] decide their first operation by what is in force, not by what they shipped with", async () => {
    const version = await putInForce(served("second"))
    const { record } = await ask(testGateway({ ...env }))
    expect(record.decision).toMatchObject({ routingVersion: version, reason: expect.stringContaining("second") })
  })

  it("[SWAP6] leave a model alone whose breaker opened elsewhere", async () => {
    await putInForce({
      routes: { generate: { try: [{ model: "openai-compatible/busy", attempts: 1 }, "openai-compatible/spare"] } },
      breaker: { failures: 1, cooldown: "1m" },
    })
    const [here, there] = [testGateway({ ...env }), testGateway({ ...env })]
    const fallback = await ask(here)
    expect(fallback.record.attempts.map(({ model }) => model)).toEqual(["busy", "spare"])
    const { record } = await ask(there)
    expect(record.attempts.map(({ model }) => model)).toEqual(["spare"])
    expect(record.decision.candidates[0]).toMatchObject({ model: "busy", verdict: "skipped", reason: "breaker_open" })
  })
})

describe("versions", () => {
  it("[SWAP5] are listed newest first, read with their difference, and put in force again", async () => {
    const second = await putInForce(served("second"))
    const third = await putInForce(served("third"))
    const { body } = await get("/v1/routing/versions")
    const listed: unknown[] = Array.isArray(body.versions) ? body.versions : []
    const versions = listed.map((row) => (isJsonObject(row) ? row.version : undefined))
    expect(versions).toEqual(expect.arrayContaining([third, second, shipped.version]))
    expect(listed.filter((row) => isJsonObject(row) && row.isActive)).toMatchObject([{ version: third, origin: "put" }])
    expect((await get(`/v1/routing/versions/${second}`)).body).toMatchObject({
      isActive: false,
      config: served("second"),
      changes: [
        { path: "routes.generate.try[0]", before: "openai-compatible/third", after: "openai-compatible/second" },
      ],
    })
    expect((await post("/v1/routing/rollback", { version: second })).body).toMatchObject({ version: second })
    expect((await get("/v1/routing")).body).toMatchObject({ version: second, config: served("second") })
    expect((await post("/v1/routing/rollback", { version: shipped.version })).body).toMatchObject({ origin: "shipped" })
    expect((await get("/v1/routing")).body).toEqual({
      version: shipped.version,
      origin: "shipped",
      config: JSON.parse(JSON.stringify(shipped.source)),
    })
  })

  it("[SWAP5] that never were cannot be read or put in force", async () => {
    const before = await inForce()
    const missing = { status: 404, body: { code: "routing_version_not_found" } }
    expect(await get("/v1/routing/versions/0123456789abcdef")).toMatchObject(missing)
    expect(await post("/v1/routing/rollback", { version: "0123456789abcdef" })).toMatchObject(missing)
    expect(await inForce()).toBe(before)
  })
})

describe("POST /v1/routing/explain", () => {
  const explain = (body: object): Promise<Reply> => post("/v1/routing/explain", body)

  it("[SWAP7] lists every candidate with its reason, and asks nobody", async () => {
    const { status, body } = await explain({
      context: { step: { kind: "plan" }, user: "u1" },
      operation: { type: "generate", tools: [{ name: "t", description: "", input: { type: "object" } }] },
    })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      routingVersion: shipped.version,
      route: "plan",
      candidates: [
        { provider: "openai-compatible", model: "busy", verdict: "spare" },
        { provider: "openai-compatible", model: "quick", verdict: "spare" },
      ],
    })
  })

  it("[SWAP7] tries a configuration out that is not in force, and says where a context has no route", async () => {
    const config = { routes: { plan: { try: ["anthropic/claude-opus-5", "local/extract"] } } }
    const asked = { context: { step: { kind: "plan" } }, operation: { type: "generate" } }
    const { body } = await explain({ ...asked, config })
    expect(body.candidates).toMatchObject([{ reason: "not_configured" }, { reason: "no_schema" }])
    expect(await explain({ ...asked, context: {}, config })).toMatchObject({ status: 422, body: { code: "no_route" } })
    expect(await explain({ ...asked, config: { routes: [] } })).toMatchObject({ body: { code: "routing_invalid" } })
    expect(await inForce()).toBe(shipped.version)
  })
})
