/** Runs over WebSocket, on real objects inside workerd. */
import { evictDurableObject } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { describe, expect, it } from "vitest"
import { finish, get, send, start, until } from "./support/client.ts"
import { hold, open } from "./support/hands.ts"
import { openSocket, type TestSocket } from "./support/socket.ts"

const small = { message: "charged twice", amount: 10 }
const large = { message: "charged twice", amount: 900 }
const MANAGER = "outcome.billing.manager"

/** Numbers of the events up to the one that ends the run. */
async function seqsToTheEnd(socket: TestSocket): Promise<number[]> {
  const seqs: number[] = []
  for (;;) {
    const { event } = (await socket.nextOf("event")) as unknown as { event: { seq: number; type: string } }
    seqs.push(event.seq)
    if (event.type === "run.completed") return seqs
  }
}

const counting = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

describe("a socket on a new run", () => {
  it("[SOCKET1] starts it, acknowledges with the run, and sends its events in order to the end", async () => {
    const socket = await openSocket("new")
    socket.send({ type: "start", id: "a", workflow: "desk", input: small, user: "u7" })
    const ack = await socket.nextOf("ack")
    expect(ack).toMatchObject({ ref: "a", run: { workflow: "desk", user: "u7", tenant: "default" } })
    const { id } = ack.run as { id: string }
    const seqs = await seqsToTheEnd(socket)
    expect(seqs).toEqual(counting(1, seqs.length))
    expect((await get(`/v1/runs/${id}`)).body).toMatchObject({ status: "succeeded", seq: seqs.length })
    socket.close()
  })

  it("[SOCKET2] refuses a start that cannot be, says why, and takes the next one", async () => {
    const socket = await openSocket("new")
    socket.send({ type: "start", id: 1, workflow: "desk", input: { message: "" } })
    expect(await socket.next()).toMatchObject({
      type: "problem",
      ref: 1,
      problem: { status: 422, code: "input_invalid", issues: [{ path: "input.message" }, { path: "input.amount" }] },
    })
    socket.send({ type: "start", id: 2, workflow: "desk", input: small })
    expect(await socket.nextOf("ack")).toMatchObject({ ref: 2 })
    socket.close()
  })

  it("[SOCKET8] refuses a second start, also while the first is under way", async () => {
    const socket = await openSocket("new")
    socket.send({ type: "start", id: 1, workflow: "desk", input: large })
    socket.send({ type: "start", id: 2, workflow: "desk", input: small })
    expect(await socket.nextOf("problem")).toMatchObject({ ref: 2, problem: { status: 409, code: "run_exists" } })
    expect(await socket.nextOf("ack")).toMatchObject({ ref: 1, run: { workflow: "desk" } })
    socket.send({ type: "start", id: 3, workflow: "desk", input: small })
    expect(await socket.nextOf("problem")).toMatchObject({ ref: 3, problem: { code: "run_exists" } })
    socket.close()
  })
})

describe("a socket on a run", () => {
  it("[SOCKET3] sends how the run stands, then the events after the one named, then those to come", async () => {
    const id = await start("desk", large)
    const { seq } = await until(id, "waiting")
    const socket = await openSocket(id)
    socket.send({ type: "subscribe", id: "s", after: 3 })
    expect(await socket.next()).toMatchObject({ type: "state", run: { id, status: "waiting", seq } })
    socket.send({ type: "approve", id: "yes", path: MANAGER, approved: true, by: "ann" })
    const seqs = await seqsToTheEnd(socket)
    expect(seqs).toEqual(counting(4, seqs.length + 3))
    socket.close()
  })

  it("[SOCKET3] is subscribed from the beginning with ?after=", async () => {
    const run = await finish("desk", small)
    const socket = await openSocket(String(run.id), "?after=2")
    expect(await socket.next()).toMatchObject({ type: "state" })
    expect(await seqsToTheEnd(socket)).toEqual(counting(3, Number(run.seq)))
    socket.close()
  })

  it("[SOCKET4] takes every command and acknowledges it with the run as it stands then", async () => {
    const id = await start("desk", large)
    await until(id, "waiting")
    const socket = await openSocket(id)
    socket.send({ type: "pause", id: 1 })
    expect(await socket.next()).toMatchObject({ type: "ack", ref: 1, run: { status: "paused" } })
    socket.send({ type: "continue", id: 2 })
    expect(await socket.next()).toMatchObject({ type: "ack", ref: 2, run: { status: "waiting" } })
    socket.send({ type: "signal", id: 3, name: "hello", payload: { a: 1 } })
    expect(await socket.next()).toMatchObject({ type: "ack", ref: 3 })
    socket.send({ type: "cancel", id: 4, reason: "enough" })
    expect(await socket.next()).toMatchObject({ type: "ack", ref: 4, run: { status: "cancelled" } })
    socket.send({ type: "resolve", id: 5, path: "topic", resolution: { action: "retry" } })
    expect(await socket.next()).toMatchObject({ type: "problem", ref: 5, problem: { status: 409 } })
    socket.close()
  })

  it("[SOCKET5] answers what it does not understand with a problem, and stays open", async () => {
    const id = await start("desk", large)
    const socket = await openSocket(id)
    for (const frame of ["not json", "[]", { type: "fly", id: "f" }, { type: "approve", id: "f" }]) {
      socket.send(frame)
      expect(await socket.next()).toMatchObject({ type: "problem", problem: { code: "frame_invalid" } })
    }
    socket.send({ type: "subscribe", id: "still here" })
    expect(await socket.nextOf("ack")).toMatchObject({ ref: "still here" })
    socket.close()
  })

  it("[SOCKET6] stays open and subscribed while the object leaves memory", async () => {
    const id = await start("desk", large)
    await until(id, "waiting")
    const socket = await openSocket(id, "?after=0")
    await socket.nextOf("state")
    await evictDurableObject(env.RUNS.getByName(id), { webSockets: "hibernate" })
    socket.send({ type: "approve", id: "yes", path: MANAGER, approved: true })
    const seqs = await seqsToTheEnd(socket)
    expect(seqs).toEqual(counting(1, seqs.length))
    socket.close()
  })
})

describe("a socket in the middle of an answer", () => {
  it("[SOCKET9] is sent what there is of it, then the rest, also after a connection that was lost", async () => {
    const name = "socket.telling"
    hold(`${name}.first`)
    hold(`${name}.model`)
    const id = await start("live-moving", { name })
    const first = await openSocket(id, "?after=0")
    await first.nextOf("state")
    open(`${name}.first`)
    expect(await first.nextOf("delta")).toEqual({ type: "delta", path: "model", attempt: 1, text: "answer" })
    first.close()
    const second = await openSocket(id, "?after=0")
    const sofar = await second.nextOf("delta")
    expect(sofar).toEqual({ type: "delta", path: "model", attempt: 1, text: "answer", reset: true })
    open(`${name}.model`)
    const rest = await second.nextOf("delta")
    expect(rest.reset).toBeUndefined()
    await seqsToTheEnd(second)
    const run = (await get(`/v1/runs/${id}`)).body
    expect(`${String(sofar.text)}${String(rest.text)}`).toBe(run.output)
    second.close()
  })
})

describe("the address of a socket", () => {
  it("[SOCKET7] wants an upgrade, and a run that exists", async () => {
    expect((await send("/v1/runs/new/socket")).status).toBe(426)
    const upgrade = { headers: { upgrade: "websocket" } }
    expect((await send("/v1/runs/run_01jd2k00000000000000000abe/socket", upgrade)).status).toBe(404)
  })
})
