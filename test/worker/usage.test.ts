/** Usage and operations through the HTTP doors, on real objects inside workerd. */
import { describe, expect, it } from "vitest"
import { finish, get, post, start, until } from "./support/client.ts"

interface Sum {
  readonly key: Readonly<Record<string, string>>
  readonly calls: number
  readonly cost: { readonly nanoUsd: number }
}

async function costOf(id: unknown): Promise<number> {
  const { total } = (await get(`/v1/runs/${id}/cost`)).body
  return (total as { costNanoUsd: number }).costNanoUsd
}

async function groups(query: string): Promise<readonly Sum[]> {
  return (await get(`/v1/usage?${query}`)).body.groups as readonly Sum[]
}

async function embed(model: string): Promise<string> {
  const response = await post("/openai/v1/embeddings", { model, input: "hello", user: "ann" })
  return String(response.headers.get("x-waybill-operation"))
}

describe("GET /v1/usage", () => {
  it("[USAGE1] [USAGE3] adds up to what runs, forks and operations show, to the nano-dollar", async () => {
    const { id } = await finish("desk", { message: "twice", amount: 10 }, { user: "bob" })
    const waiting = await start("desk", { message: "twice", amount: 900 }, { user: "eve" })
    await until(waiting, "waiting")
    const copied = String((await post(`/v1/runs/${id}/fork`, { from: "outcome" })).body.id)
    const again = String((await post(`/v1/runs/${id}/fork`, { from: "topic" })).body.id)
    for (const fork of [copied, again]) await until(fork, "succeeded")
    const operation = (await get(`/v1/operations/${await embed("route/embed")}`)).body
    const costs = await Promise.all([id, waiting, copied, again].map(costOf))
    expect(costs[2]).toBe(0)
    const paid = costs.reduce((sum, cost) => sum + cost, (operation.cost as Sum["cost"]).nanoUsd)
    await expect
      .poll(async () => (await get("/v1/usage")).body.total)
      .toMatchObject({ calls: 4, cost: { nanoUsd: paid } })
    expect(await groups("groupBy=user&workflow=desk")).toMatchObject([
      { key: { user: "bob" }, calls: 2 },
      { key: { user: "eve" }, calls: 1 },
    ])
    expect((await groups("groupBy=tenant,workflow,step")).map(({ key }) => key)).toEqual(
      expect.arrayContaining([
        { tenant: "default", workflow: "desk", step: "topic" },
        { tenant: "default", workflow: "", step: "embeddings" },
      ]),
    )
    expect((await get("/v1/usage?to=2020-01-01")).body).toMatchObject({ total: { calls: 0 }, groups: [] })
    expect((await get("/v1/usage?groupBy=model,day&limit=1")).body).toMatchObject({ truncated: true })
  })

  it("[USAGE3] is refused for what nothing is told apart by", async () => {
    expect(await get("/v1/usage?groupBy=colour")).toMatchObject({ status: 422, body: { code: "request_invalid" } })
  })
})

describe("GET /v1/operations", () => {
  it("[USAGE4] lists operations newest first, by model, route, status and time", async () => {
    const first = await embed("route/embed")
    const second = await embed("openai-compatible/text-embedding-other")
    const ids = async (query: string) =>
      ((await get(`/v1/operations?${query}`)).body.operations as { id: string }[]).map(({ id }) => id)
    expect((await ids("user=ann")).slice(0, 2)).toEqual([second, first])
    expect(await ids("model=openai-compatible/text-embedding-other")).toEqual([second])
    expect(await ids("model=openai-compatible/text-embedding-small")).toContain(first)
    expect(await ids("route=embed")).toContain(first)
    expect(await ids("status=failed")).toEqual([])
    expect(await ids("to=2020-01-01T00:00:00Z")).toEqual([])
  })
})
