/** The stepper over HTTP and sockets: breakpoints that are set while a run lives, waiting for a stop, and every command. */
import { describe, expect, it } from "vitest"
import { get, post, put, start, until } from "./support/client.ts"
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
