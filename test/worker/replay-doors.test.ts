/** The stepper over HTTP and sockets: breakpoints that are set while a run lives, waiting for a stop, and every command. */
import { describe, expect, it } from "vitest"
import { get, post, put, start, until } from "./support/client.ts"
import { called, hold, open } from "./support/hands.ts"
import { openSocket } from "./support/socket.ts"

describe("[DEBUG7] breakpoints of a run that lives", () => {
  it("are read and set over HTTP", async () => {
    const id = await start("mend-tool", { id: "good" }, { breakpoints: [{ step: "found" }, { costAboveUsd: 1.5 }] })
    await until(id, "paused")
    const path = `/v1/runs/${id}/breakpoints`
    expect((await get(path)).body).toEqual({ breakpoints: [{ step: "found" }, { costAboveUsd: 1.5 }] })
    const set = await put(path, { breakpoints: [{ kind: "generate" }], by: "ann" })
    expect(set).toMatchObject({ status: 200, body: { status: "paused", breakpoints: [{ kind: "generate" }] } })
    expect(await put(path, { breakpoints: [{ step: "nobody" }] })).toMatchObject({
      status: 422,
      body: { code: "request_invalid", path: "body.breakpoints[0].step" },
    })
    await post(`/v1/runs/${id}/continue`)
    expect(await until(id, "paused")).toMatchObject({ paused: { at: "closing" } })
    await put(path, { breakpoints: [] })
    expect((await get(path)).body).toEqual({ breakpoints: [] })
    await post(`/v1/runs/${id}/continue`)
    await until(id, "succeeded")
    expect(await put(path, { breakpoints: [] })).toMatchObject({ status: 409, body: { code: "run_ended" } })
  })

  it("are set by a frame, and told in the answer to it", async () => {
    const id = await start("mend-tool", { id: "good" }, { breakpoints: [{ step: "found" }] })
    await until(id, "paused")
    const socket = await openSocket(id)
    socket.send({ type: "breakpoints", breakpoints: [{ step: "closing" }], id: 1 })
    expect(await socket.nextOf("ack")).toMatchObject({ ref: 1, run: { breakpoints: [{ step: "closing" }] } })
    socket.send({ type: "continue", id: 2 })
    expect(await until(id, "paused")).toMatchObject({ breakpoints: [{ step: "closing" }] })
    socket.close()
  })
})

describe("[DEBUG3] the stepper over HTTP", () => {
  it("waits for the next stop when it is asked to, and does every command", async () => {
    const original = await start("mend-tool", { id: "bad" })
    await until(original, "failed")
    const made = await post(`/v1/runs/${original}/replay`, {
      as: "run",
      beyond: "live",
      breakpoints: [{ on: "error" }],
      paused: true,
    })
    const id = String(made.body.id)
    const path = (rest: string) => `/v1/runs/${id}/${rest}?wait=30`
    expect((await get(path("stop"))).body).toMatchObject({ status: "paused", next: [{ path: "opening" }] })
    expect((await post(path("step"))).body).toMatchObject({ status: "paused", paused: { at: "found" } })
    expect((await post(path("runTo"), { path: "opening" })).body).toMatchObject({ code: "request_invalid" })
    expect((await post(path("runTo"), { path: "closing" })).body).toMatchObject({ paused: { at: "found" } })
    expect((await get(path("stop"))).body).toMatchObject({ held: [{ path: "found" }] })
    await post(path("edit"), { input: { id: "good" } })
    expect((await post(path("retryWith"))).body).toMatchObject({ status: "paused" })
    expect((await get(path("stop"))).body).toMatchObject({ last: { path: "found", status: "completed" } })
    expect((await post(path("continue"))).body).toMatchObject({ status: "succeeded" })
    expect((await get(path("stop"))).body).toMatchObject({ status: "succeeded", next: [] })
  })

  it("[FORK5] asks for the step to start from when the run did not fail at one", async () => {
    const id = await start("mend-tool", { id: "good" })
    await until(id, "succeeded")
    const refused = await post(`/v1/runs/${id}/fork`)
    expect(refused).toMatchObject({ status: 422, body: { code: "request_invalid", path: "body.from" } })
    expect(refused.body.detail).toContain("the run is succeeded and not failed at a step; expected the path of a step")
  })

  it("says what is under way", async () => {
    const name = crypto.randomUUID()
    hold(`${name}.first`)
    const id = await start("live-moving", { name })
    await called(`${name}.first`)
    expect((await get(`/v1/runs/${id}/stop`)).body).toMatchObject({ status: "running", underWay: ["first"] })
    open(`${name}.first`)
    await until(id, "succeeded")
    expect((await get(`/v1/runs/${id}/stop`)).body).toMatchObject({ underWay: [] })
  })

  it("says what a run waits for", async () => {
    const id = await start("desk", { message: "charged twice", amount: 900 })
    const { waiting } = await until(id, "waiting")
    expect((await get(`/v1/runs/${id}/stop?wait=30`)).body).toMatchObject({
      status: "waiting",
      waiting,
      underWay: [],
      held: [],
      next: [],
    })
    expect(waiting).toMatchObject([{ path: "outcome.billing.manager", reason: "approval" }])
  })

  it("[DEBUG2] refuses a model or a route that nobody knows, and says which there are", async () => {
    const id = await start("mend-tool", { id: "good" }, { breakpoints: [{ step: "opening" }] })
    await until(id, "paused")
    for (const [edit, at] of [
      [{ model: "opneai/gpt-5.5" }, "body.model"],
      [{ model: "frist" }, "body.model"],
      [{ route: "carefull" }, "body.route"],
    ] as const) {
      const refused = await post(`/v1/runs/${id}/edit`, edit)
      expect(refused).toMatchObject({ status: 404, body: { code: "model_not_found", path: at } })
      expect(refused.body.detail).toContain("first")
    }
    expect(await post(`/v1/runs/${id}/edit`, { model: "first" })).toMatchObject({ status: 200 })
    const forked = await post(`/v1/runs/${id}/fork`, { from: "opening", model: "frist" })
    expect(forked).toMatchObject({ status: 404, body: { code: "model_not_found", path: "opening.model" } })
  })

  it("[DEBUG2] refuses a model that nobody can ask, and says what is missing", async () => {
    const id = await start("mend-tool", { id: "good" }, { breakpoints: [{ step: "opening" }] })
    await until(id, "paused")
    const model = "mistral/mistral-large"
    for (const [door, body, at] of [
      ["edit", { model }, "body.model"],
      ["edit", { route: model }, "body.route"],
      ["fork", { from: "opening", model }, "opening.model"],
    ] as const) {
      const refused = await post(`/v1/runs/${id}/${door}`, body)
      expect(refused).toMatchObject({ status: 503, body: { code: "provider_not_configured", path: at } })
      expect(refused.body.detail).toContain("MISTRAL_API_KEY")
    }
  })
})

describe("[DEBUG2] a run that has ended", () => {
  it("says so to every command", async () => {
    const id = await start("mend-tool", { id: "bad" })
    await until(id, "failed")
    for (const [door, body] of [
      ["continue", {}],
      ["step", {}],
      ["runTo", { path: "nobody" }],
      ["pause", {}],
      ["edit", { prompt: "Again." }],
      ["edit", { path: "found", input: { id: "good" } }],
      ["retryWith", {}],
      ["skip", { path: "found" }],
    ] as const) {
      const refused = await post(`/v1/runs/${id}/${door}`, body)
      expect(refused, door).toMatchObject({ status: 409, body: { code: "run_ended" } })
    }
    const socket = await openSocket(id)
    socket.send({ type: "edit", prompt: "Again.", id: 1 })
    expect(await socket.nextOf("problem")).toMatchObject({ ref: 1, problem: { code: "run_ended" } })
    socket.close()
  })
})

describe("[DEBUG3] a fork under the stepper", () => {
  async function forked(body: object): Promise<string> {
    const original = await start("mend-tool", { id: "bad" })
    await until(original, "failed")
    const made = await post(`/v1/runs/${original}/fork`, { paused: true, ...body })
    expect(made.status, JSON.stringify(made.body)).toBe(201)
    return String(made.body.id)
  }

  it("[FORK4] stands before its first step, and goes on with what the fork changed", async () => {
    const id = await forked({
      edits: { found: { input: { id: "good" } }, closing: { model: "openai-compatible/first" } },
    })
    expect((await get(`/v1/runs/${id}/stop?wait=30`)).body).toMatchObject({
      paused: { at: "found" },
      next: [{ path: "found", input: { id: "good" }, changes: [{ path: "id" }] }],
    })
    expect((await post(`/v1/runs/${id}/step?wait=30`)).body).toMatchObject({ paused: { at: "closing" } })
    expect((await post(`/v1/runs/${id}/continue?wait=30`)).body).toMatchObject({
      output: "closing of openai-compatible/first",
    })
  })

  it("[FORK10] calls no tool that it has a stub for, and checks the stub", async () => {
    const id = await forked({ stubs: { fetch_case: { title: "A stub" } } })
    expect((await post(`/v1/runs/${id}/continue?wait=30`)).body).toMatchObject({ status: "succeeded" })
    expect((await get(`/v1/runs/${id}/steps/found`)).body).toMatchObject({ output: { title: "A stub" }, attempts: 1 })
    const refused = (stubs: object) => post(`/v1/runs/${id}/fork`, { from: "found", stubs })
    expect(await refused({ fetch_case: {} })).toMatchObject({ status: 422, body: { code: "output_refused" } })
    expect(await refused({ fetch: {} })).toMatchObject({ status: 422, body: { path: "stubs.fetch" } })
  })

  it("[FORK4] takes another input of the run, and leaves steps out", async () => {
    const id = await forked({ from: "opening", input: { id: "good" }, edits: { opening: { skip: true } } })
    await post(`/v1/runs/${id}/continue?wait=30`)
    const { body } = await get(`/v1/runs/${id}/steps`)
    expect(body.steps).toMatchObject([{ status: "skipped" }, { status: "completed" }, { status: "completed" }])
  })
})
