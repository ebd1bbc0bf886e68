/** A run's events over HTTP: pages of JSON and streams of server-sent events. */
import { describe, expect, it } from "vitest"
import { type StreamMessage, streamMessages } from "../../src/cli/event-stream.ts"
import type { RunEvent } from "../../src/run/event.ts"
import { finish, get, post, send, start, until } from "./support/client.ts"

const small = { message: "charged twice", amount: 10 }
const large = { message: "charged twice", amount: 900 }

async function* follow(id: unknown, headers: Record<string, string> = {}, query = ""): AsyncGenerator<StreamMessage> {
  const response = await send(`/v1/runs/${id}/events${query}`, { headers: { accept: "text/event-stream", ...headers } })
  expect(response.headers.get("content-type")).toBe("text/event-stream")
  if (response.body) yield* streamMessages(response.body)
}

function eventOf({ id, data }: StreamMessage): RunEvent {
  const event: RunEvent = JSON.parse(data)
  expect(id).toBe(String(event.seq))
  return event
}

describe("events as JSON", () => {
  it("[API13] come in pages that hold each event once", async () => {
    const { id, seq } = await finish("desk", small)
    const seen: number[] = []
    for (let after: unknown = 0; after !== undefined; ) {
      const { body } = await get(`/v1/runs/${id}/events?after=${after}&limit=3`)
      seen.push(...(body.events as RunEvent[]).map((event) => event.seq))
      after = body.nextAfter
    }
    expect(seen).toEqual(Array.from({ length: Number(seq) }, (_, index) => index + 1))
  })
})

describe("events as a stream", () => {
  it("[API14] hold what was and what comes, each once and in order, and end with the run", async () => {
    const id = await start("desk", large)
    await until(id, "waiting")
    const seqs: number[] = []
    let last = ""
    for await (const message of follow(id)) {
      last = message.type
      if (message.type === "end") continue
      const event = eventOf(message)
      seqs.push(event.seq)
      if (event.type === "step.waiting") await post(`/v1/runs/${id}/approvals/${event.path}`, { approved: true })
    }
    expect(last).toBe("end")
    const { body } = await get(`/v1/runs/${id}`)
    expect(body.status).toBe("succeeded")
    expect(seqs).toEqual(Array.from({ length: Number(body.seq) }, (_, index) => index + 1))
  })

  it("[API14] go on behind Last-Event-ID, which goes before ?after=", async () => {
    const { id, seq } = await finish("desk", small)
    const seqs: number[] = []
    for await (const message of follow(id, { "last-event-id": "4" }, "?after=1"))
      if (message.type === "message") seqs.push(eventOf(message).seq)
    expect(seqs[0]).toBe(5)
    expect(seqs.at(-1)).toBe(seq)
  })

  it("[API14] end after what the run still owed when it ended", async () => {
    const types: string[] = []
    for await (const message of follow(await start("undone", {})))
      types.push(message.type === "end" ? "end" : eventOf(message).type)
    expect(types.slice(types.indexOf("run.failed"))).toEqual([
      "run.failed",
      "compensation.started",
      "compensation.completed",
      "end",
    ])
  })

  it("[API14] answer 204 when nothing will follow, so that a browser stops asking", async () => {
    const { id, seq } = await finish("desk", small)
    const headers = { accept: "text/event-stream", "last-event-id": String(seq) }
    expect((await send(`/v1/runs/${id}/events`, { headers })).status).toBe(204)
  })

  it("[API14] refuse a Last-Event-ID that is no number", async () => {
    const { id } = await finish("desk", small)
    expect(await get(`/v1/runs/${id}/events`, { "last-event-id": "x" })).toMatchObject({
      status: 422,
      body: { path: "header.Last-Event-ID" },
    })
  })
})
