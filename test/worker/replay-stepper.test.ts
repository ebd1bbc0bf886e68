/** Failed runs gone through step by step over a socket: replayed up to where they failed, edited there, continued to success. */
import { evictDurableObject } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { describe, expect, it } from "vitest"
import { get, post, start, until } from "./support/client.ts"
import { asked } from "./support/mending.ts"
import { openSocket, type TestSocket } from "./support/socket.ts"

/** The next stop of the run that the socket is on. */
async function stop(socket: TestSocket): Promise<Record<string, unknown>> {
  const { stop } = (await socket.nextOf("stop")) as unknown as { stop: Record<string, unknown> }
  return stop
}

/** A failed run of `workflow`, and a rehearsal of it that stops at errors, on a socket. */
async function rehearse(workflow: string, id = "bad") {
  const original = await start(workflow, { id })
  await until(original, "failed")
  const { status, body } = await post(`/v1/runs/${original}/replay`, {
    as: "run",
    beyond: "live",
    paused: true,
    breakpoints: [{ on: "error" }],
  })
  expect(status).toBe(201)
  expect(body).toMatchObject({ replayOf: { runId: original, beyond: "live" } })
  const socket = await openSocket(String(body.id))
  socket.send({ type: "subscribe" })
  return { original, id: String(body.id), socket }
}

describe("[DEBUG3] a failed run is replayed, edited where it failed, and continued to success", () => {
  it("whose provider returned bad JSON: with another prompt", async () => {
    const { original, id, socket } = await rehearse("mend-json")
    expect(await stop(socket)).toMatchObject({
      status: "paused",
      next: [{ path: "opening", kind: "generate", changes: [] }],
    })
    socket.send({ type: "step" })
    expect(await stop(socket)).toMatchObject({
      last: { path: "opening", status: "completed", recording: { runId: original, verdict: "same" } },
      next: [{ path: "decision", input: { messages: [{ content: [{ text: "Decide on I am first." }] }] } }],
    })
    socket.send({ type: "continue" })
    expect(await stop(socket)).toMatchObject({
      held: [
        {
          path: "decision",
          status: "waiting",
          cost: { nanoUsd: 0 },
          requests: [{ attempt: 1, operation: 0, request: { type: "generate", output: { name: "plan" } } }],
          operations: [
            {
              replayed: true,
              decision: { reason: expect.any(String) },
              attempts: [{ outcome: "failed" }, { outcome: "failed", purpose: "reask" }],
            },
          ],
          failures: [{ class: "output.invalid_json" }],
          recording: { verdict: "same" },
        },
      ],
    })
    expect(asked.get(id), "so far the recording answered").toBeUndefined()
    socket.send({ type: "edit", prompt: "Decide. JSON only." })
    socket.send({ type: "continue" })
    expect(await until(id, "succeeded")).toMatchObject({ output: "I am first." })
    expect(asked.get(id)).toEqual(["decision", "closing"])
    socket.close()
  })

  it("whose tool threw: with another input", async () => {
    const { id, socket } = await rehearse("mend-tool")
    await stop(socket)
    socket.send({ type: "runTo", path: "found" })
    expect(await stop(socket)).toMatchObject({
      paused: { at: "found" },
      next: [{ path: "found", input: { id: "bad" } }],
    })
    socket.send({ type: "step" })
    expect(await stop(socket)).toMatchObject({ held: [{ path: "found", error: { message: "no such case: bad" } }] })
    socket.send({ type: "edit", input: { id: "good" } })
    socket.send({ type: "retryWith" })
    expect(await stop(socket)).toMatchObject({
      last: { path: "found", output: { title: "A good case" }, recording: { verdict: "changed" } },
      next: [{ path: "closing" }],
    })
    socket.send({ type: "continue" })
    expect(await until(id, "succeeded")).toMatchObject({ output: "closing of the usual model" })
    socket.close()
  })

  it("stopped by the cap on its attempts: with another model", async () => {
    const { id, socket } = await rehearse("mend-cap")
    await stop(socket)
    socket.send({ type: "continue" })
    expect(await stop(socket)).toMatchObject({ held: [{ path: "middle", attempts: 3 }] })
    socket.send({ type: "retryWith", model: "openai-compatible/first" })
    expect(await stop(socket)).toMatchObject({
      last: { path: "middle", output: { text: "middle of openai-compatible/first" } },
    })
    socket.send({ type: "edit", output: { text: "better" } })
    expect(await socket.nextOf("ack")).toMatchObject({ type: "ack" })
    socket.send({ type: "continue" })
    await until(id, "succeeded")
    expect(asked.get(id)).toEqual(["middle"])
    socket.close()
  })
})

describe("a run that stands", () => {
  it("[DEBUG4] survives that its object leaves memory, and stands where it stood", async () => {
    const id = await start("mend-tool", { id: "good" }, { breakpoints: [{ step: "found" }] })
    await until(id, "paused")
    const before = await get(`/v1/runs/${id}/stop`)
    expect(before.body).toMatchObject({ paused: { reason: "breakpoint", at: "found" }, next: [{ path: "found" }] })
    await evictDurableObject(env.RUNS.getByName(id))
    expect(await get(`/v1/runs/${id}/stop`)).toMatchObject({ body: before.body })
    await post(`/v1/runs/${id}/skip`, { by: "ann" })
    await post(`/v1/runs/${id}/continue`)
    await until(id, "failed")
  })

  it("[DEBUG3] a rehearsal that is not live asks nobody, and waits where the recording has no answer", async () => {
    const original = await start("mend-tool", { id: "good" })
    await until(original, "succeeded")
    const { body } = await post(`/v1/runs/${original}/replay`, { as: "run" })
    const id = String(body.id)
    await post(`/v1/runs/${id}/edit`, { path: "found", input: { id: "bad" } })
    await post(`/v1/runs/${id}/continue`)
    await until(id, "waiting")
    expect((await get(`/v1/runs/${id}/stop`)).body).toMatchObject({
      held: [{ path: "found", waiting: { reason: "unanswered", remedy: expect.any(String) } }],
    })
    await post(`/v1/runs/${id}/resolve/found`, { action: "complete", output: { title: "By hand" } })
    await until(id, "succeeded")
    expect(asked.get(id)).toBeUndefined()
  })

  it("[DEBUG2] does not guess which step is meant", async () => {
    const id = await start("desk", { message: "charged twice", amount: 900 })
    await until(id, "waiting")
    expect(await post(`/v1/runs/${id}/skip`)).toMatchObject({ status: 422, body: { code: "request_invalid" } })
  })
})
