/** The stream of events, over a run that answers as it is told: what is sent when, without waiting for it. */
import { describe, expect, it } from "vitest"
import { eventStream } from "../../src/api/event-stream.ts"
import type { NextEvents } from "../../src/objects/rpc.ts"
import { runLog, started } from "../support/log.ts"

/** The text of a stream whose run answers `answers`, one after the other; and from where each was asked. */
async function streamed(...answers: readonly NextEvents[]) {
  const asked: number[] = []
  const rest = [...answers]
  const run = {
    waitForEvents: async (after: number) => {
      asked.push(after)
      return rest.shift() ?? { events: [], isEnd: true }
    },
  }
  const text = await eventStream(run, 0).text()
  return { text, asked }
}

const [first, second, third] = runLog(started("a"))
const events = (...list: (typeof first)[]) => list.flatMap((event) => event ?? [])
const message = (seq: number) => expect.stringContaining(`id: ${seq}\ndata: {"type":`)

describe("a stream of events", () => {
  it("goes on where the last page ended, and ends with the run", async () => {
    const { text, asked } = await streamed(
      { events: events(first, second), isEnd: false },
      { events: events(third), isEnd: true },
    )
    expect(asked).toEqual([0, 2])
    expect(text.split("\n\n")).toEqual([message(1), message(2), message(3), "event: end\ndata: {}", ""])
  })

  it("[API14] shows that it lives while nothing happens", async () => {
    const { text } = await streamed(
      { events: [], isEnd: false },
      { events: events(first), isEnd: false },
      { events: [], isEnd: true },
    )
    expect(text.split("\n\n")).toEqual([": still here", message(1), "event: end\ndata: {}", ""])
  })
})
