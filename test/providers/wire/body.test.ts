import { describe, expect, it } from "vitest"
import { at, countAt, isCutJson, listAt, readBody, readSseEvents, textAt } from "../../../src/providers/wire/body.ts"
import { readEventFrames } from "../../../src/providers/wire/event-stream.ts"
import { framed } from "../wire-answer.ts"

const events = (text: string) => readSseEvents(text).map(({ event, data }) => [event, data])
const body = (text: string, type = "") => {
  const bytes = new TextEncoder().encode(text)
  return readBody({ headers: { "content-type": type }, text: () => text, bytes: () => bytes })
}

describe("server-sent events", () => {
  it("are cut at blank lines, whatever ends a line", () => {
    const expected = [
      ["a", "1"],
      [undefined, "2\n3"],
    ]
    for (const end of ["\n", "\r\n", "\r"])
      expect(
        events(["event: a", "data: 1", "", ": a comment", "id: 9", "data:2", "data: 3", "", ""].join(end)),
      ).toEqual(expected)
  })

  it("leave out what has no end, but for a bare [DONE]", () => {
    expect(events("data: 1\n\ndata: 2")).toEqual([[undefined, "1"]])
    expect(events("data: 1\n\ndata: 2\n")).toEqual([[undefined, "1"]])
    for (const end of ["data: [DONE]", "data: [DONE]\n", "data:[DONE]"])
      expect(events(`data: 1\n\n${end}`)).toEqual([
        [undefined, "1"],
        [undefined, "[DONE]"],
      ])
  })

  it("hold llama.cpp's line for an error as the error that it is", () => {
    expect(events('data: 1\n\nerror: {"code":500}\n\n')).toEqual([
      [undefined, "1"],
      [undefined, '{"error": {"code":500}}'],
    ])
  })

  it("parse their data once, and only when asked", () => {
    const [event] = readSseEvents('data: {"a":1}\n\n')
    expect(event?.json()).toEqual({ a: 1 })
    expect(event?.json()).toBe(event?.json())
    expect(readSseEvents("data: no\n\n")[0]?.json()).toBeUndefined()
  })
})

describe("a body", () => {
  it("is told by what it is, also when its type lies", () => {
    expect(body('{"a":1}')).toEqual({ kind: "json", value: { a: 1 } })
    expect(body('data: {"a":1}\n\n', "application/json").kind).toBe("events")
    expect(body(": PROCESSING\n\ndata: 1\n\n").kind).toBe("events")
    expect(body('{"error":"no"}', "text/event-stream")).toEqual({ kind: "json", value: { error: "no" } })
    expect(body("", "text/event-stream; charset=utf-8")).toEqual({ kind: "events", events: [], text: "" })
    expect(body("<html>")).toEqual({ kind: "other", text: "<html>" })
  })

  it("[PROV4] that is JSON is told cut off from garbled, wherever it is cut", () => {
    const document = '{"a": [1, -2.5e3, true, false, null, "x\\"é"], "b": {"c": "d"}}'
    for (let length = 0; length < document.length; length += 1) expect(isCutJson(document.slice(0, length))).toBe(true)
    const garbled = [
      document,
      "{malformed json: <<<>>>",
      '{"a":1}}',
      '{"a" 1}',
      "[1,,2]",
      '{"a":1,}',
      '{"a":"\\x"}',
      "<html>",
    ]
    expect(garbled.filter(isCutJson)).toEqual([])
  })

  it("is read along paths that may break off", () => {
    const value = { a: [{ b: "x", c: 3, d: "" }] }
    expect([at(value, "a", 0, "b"), at(value, "a", 1, "b"), at(undefined, "a"), at("text", "a")]).toEqual([
      "x",
      undefined,
      undefined,
      undefined,
    ])
    expect([textAt(value, "a", 0, "b"), textAt(value, "a", 0, "d"), textAt(value, "a", 0, "c")]).toEqual([
      "x",
      undefined,
      undefined,
    ])
    expect([countAt(value, "a", 0, "c"), countAt(value, "a", 0, "b"), countAt({ n: Number.NaN }, "n")]).toEqual([
      3, 0, 0,
    ])
    expect([listAt(value, "a").length, listAt(value, "b").length]).toEqual([1, 0])
  })
})

describe("AWS event streams", () => {
  const wire = framed([
    { headers: { ":event-type": "messageStart", ":message-type": "event" }, payload: { role: "assistant" } },
    { headers: { ":exception-type": "throttlingException", ":message-type": "exception" }, payload: { message: "é" } },
  ])
  const bytes = "refuse" in wire ? new Uint8Array() : wire.bytes

  it("are read frame by frame", () => {
    expect(readEventFrames(bytes).map(({ headers }) => headers[":event-type"] ?? headers[":exception-type"])).toEqual([
      "messageStart",
      "throttlingException",
    ])
    expect(new TextDecoder().decode(readEventFrames(bytes)[1]?.payload)).toBe('{"message":"é"}')
  })

  it("leave out a frame that is not whole, wherever it is cut", () => {
    const first = readEventFrames(bytes)[0]?.payload.byteLength ?? 0
    for (let length = 0; length < bytes.length; length += 1) {
      const frames = readEventFrames(bytes.slice(0, length))
      expect(frames.length).toBeLessThan(2)
      if (frames[0]) expect(frames[0].payload.byteLength).toBe(first)
    }
  })

  it("stop at bytes that do not add up", () => {
    expect(readEventFrames(new Uint8Array(64).fill(0xff))).toEqual([])
    expect(readEventFrames(new Uint8Array(64))).toEqual([])
  })
})
