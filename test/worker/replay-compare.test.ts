/** Comparisons and counterfactuals through the HTTP doors. */
import { describe, expect, it } from "vitest"
import { finish, get, post, start, until } from "./support/client.ts"

describe("GET /v1/runs/{id}/compare/{other}", () => {
  it("[DEBUG5] shows two runs side by side", async () => {
    const [left, right] = [
      await finish("desk", { message: "twice", amount: 1 }),
      await finish("desk", { message: "twice", amount: 2 }),
    ]
    const { status, body } = await get(`/v1/runs/${left.id}/compare/${right.id}`)
    expect(status).toBe(200)
    expect(body).toMatchObject({
      left: { runId: left.id, costNanoUsd: 1_234_567 },
      right: { runId: right.id },
      input: [{ path: "amount", before: 1, after: 2 }],
    })
    expect(await get(`/v1/runs/${left.id}/compare/run_${"0".repeat(26)}`)).toMatchObject({ status: 404 })
  })
})

describe("POST /v1/runs/{id}/steps/{path}/counterfactual", () => {
  it("[DEBUG6] asks other models, leaves the run as it is, and keeps what it cost on record", async () => {
    const id = await start("mend-json", { id: "x" })
    const { seq } = await until(id, "failed")
    const { status, body } = await post(`/v1/runs/${id}/steps/opening/counterfactual`, {
      models: ["openai-compatible/one", "openai-compatible/two"],
    })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      path: "opening",
      recorded: { output: "I am first." },
      answers: [
        { asked: "openai-compatible/one", status: "succeeded" },
        { asked: "openai-compatible/two", status: "succeeded" },
      ],
    })
    expect((await get(`/v1/runs/${id}`)).body).toMatchObject({ seq })
    const { operations } = (await get("/v1/operations")).body as { operations: { endpoint: string; asked: string }[] }
    expect(
      operations
        .filter(({ endpoint }) => endpoint === "counterfactual")
        .map(({ asked }) => asked)
        .sort(),
    ).toEqual(["openai-compatible/one", "openai-compatible/two"])
  })
})
