/** The launcher's small readers and writers: the command line, ports, the state folder, event streams, numbers. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import fc from "fast-check"
import { describe, expect, it, onTestFinished } from "vitest"
import { readCommand } from "../../src/cli/command.ts"
import { type StreamMessage, streamMessages } from "../../src/cli/event-stream.ts"
import { cut, formatDuration, formatMoney, formatValue, wrap } from "../../src/cli/format.ts"
import { freePort, parsePort } from "../../src/cli/port.ts"
import { visibleToWorker } from "../../src/cli/programs.ts"
import { claimStateFolder } from "../../src/cli/state-folder.ts"
import { PROVIDERS } from "../../src/providers/index.ts"

describe("the command line", () => {
  it("starts with the demonstration and everything at its default", () => {
    const serve = { action: "serve", port: 8787, statePath: ".waybill", json: false, runtime: "dev" }
    expect(readCommand([], {})).toEqual({ ...serve, demo: { once: false } })
    expect(readCommand(["dev"], { PORT: "0", WAYBILL_STATE: "/state" })).toEqual({
      ...serve,
      port: 0,
      statePath: "/state",
      demo: undefined,
    })
    expect(readCommand(["start", "--no-demo", "--json"], {})).toEqual({ ...serve, json: true, demo: undefined })
    expect(readCommand(["start", "--example", "error-page", "--once"], {})).toMatchObject({
      demo: { example: "error-page", once: true },
    })
    expect(readCommand(["serve"], {})).toEqual({ ...serve, runtime: "plain", demo: undefined })
    expect(readCommand(["dev", "-h"], {})).toEqual({ action: "help" })
  })

  it.each([
    [["server"], 'Found "server", expected start, dev or serve.'],
    [["start", "dev"], 'Found "start dev", expected start, dev or serve.'],
    [["--port", "1"], "Unknown option '--port'"],
    [["dev", "--once"], "--example and --once are about the demonstration"],
  ])("refuses %j", (args, message) => {
    expect(() => readCommand(args, {})).toThrow(message)
  })
})

describe("ports", () => {
  it.each(["abc", "-1", "65536", "1.5", " 80", "0x50"])("refuses PORT=%s", (text) => {
    expect(() => parsePort(text)).toThrow(`PORT is ${JSON.stringify(text)}, expected a number from 0 to 65535.`)
  })

  it("[CLI2] finds any, and refuses one that is taken", async () => {
    const holder = createServer()
    const port = await freePort(0)
    await new Promise<void>((resolve) => holder.listen(port, "127.0.0.1", resolve))
    onTestFinished(() => void holder.close())
    await expect(freePort(port)).rejects.toMatchObject({
      code: "port_taken",
      message: `Port ${port} of 127.0.0.1 is taken.`,
    })
  })
})

describe("the state folder", () => {
  function folder(): string {
    const path = mkdtempSync(join(tmpdir(), "state-"))
    onTestFinished(() => rmSync(path, { recursive: true, force: true }))
    return path
  }

  it("[CLI2] belongs to one server at a time", () => {
    const path = folder()
    const claim = claimStateFolder(path, "http://one")
    expect(() => claimStateFolder(path, "http://two")).toThrow(
      `${path} is in use by the server at http://one (process ${process.pid}).`,
    )
    claim.release()
    const second = claimStateFolder(path, "http://two")
    claim.release()
    expect(() => claimStateFolder(path, "http://three")).toThrow("in use by the server at http://two")
    second.release()
  })

  it("is taken over from a server that crashed, or that crashed while it wrote its claim", () => {
    for (const left of ['{"pid":2147483646,"url":"http://dead"}', '{"pid":']) {
      const path = folder()
      writeFileSync(join(path, "server.json"), left)
      expect(claimStateFolder(path, "http://new").file("worker")).toBe(join(path, "worker"))
    }
  })
})

describe("event streams", () => {
  const text =
    ': hello\n\nid: 1\nevent: step\ndata: {"a":\ndata: 1}\n\nid: 2\r\ndata:grüße ☕\r\n\r\nevent: empty\n\ndata: cut off'
  const messages: StreamMessage[] = [
    { id: "1", type: "step", data: '{"a":\n1}' },
    { id: "2", type: "message", data: "grüße ☕" },
  ]

  it("are read the same however they are cut into chunks", async () => {
    const bytes = new TextEncoder().encode(text)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 8 }), async (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length]
        const chunks = edges.slice(1).map((end, index) => bytes.slice(edges[index], end))
        const read: StreamMessage[] = []
        for await (const message of streamMessages(stream(chunks))) read.push(message)
        expect(read).toEqual(messages)
      }),
    )
  })

  async function* stream(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
    yield* chunks
  }
})

describe("numbers and values", () => {
  it("shows money with as many places as say something", () => {
    expect([0, 1, 123_000, 9_999_999, 10_000_000, 125_000_000, 1_500_000_000].map(formatMoney)).toEqual([
      ...["$0", "$0.000000001", "$0.000123", "$0.009999999", "$0.0100", "$0.1250", "$1.50"],
    ])
  })

  it("shows durations in the unit that fits", () => {
    expect([-5, 0.4, 999, 1_000, 59_940, 60_000, 125_000].map(formatDuration)).toEqual([
      ...["0 ms", "0 ms", "999 ms", "1.0 s", "59.9 s", "1 min 0 s", "2 min 5 s"],
    ])
  })

  it("cuts and wraps", () => {
    expect([cut("abcdef", 4), cut("☕☕☕", 2), cut("abc", 3)]).toEqual(["abc…", "☕…", "abc"])
    expect(wrap("one two three\n\nsupercalifragilistic x", 9)).toEqual([
      "one two",
      "three",
      "",
      "supercalifragilistic",
      "x",
    ])
    expect(formatValue({ a: "one two three", longer: [1] }, 28)).toEqual(["a       one two three", "longer  [1]"])
    expect(formatValue({ text: "one\n\ntwo" }, 80)).toEqual(["text  one", "", "      two"])
    expect(formatValue("plain", 80)).toEqual(["plain"])
  })
})

describe("the environment of the Worker", () => {
  it("[CLI6] has the settings of a shell, and not the rest of it", () => {
    const env = {
      STRIPE_SECRET: "s",
      OTEL_EXPORTER_OTLP_ENDPOINT: "o",
      PATH: "p",
      BANK_PASSWORD: "b",
      npm_config_x: "n",
    }
    expect(Object.keys(visibleToWorker(env))).toEqual(["STRIPE_SECRET", "OTEL_EXPORTER_OTLP_ENDPOINT", "PATH"])
  })

  it("has the key of every provider", () => {
    const keys = PROVIDERS.flatMap(({ keyNames }) => keyNames)
    expect(Object.keys(visibleToWorker(Object.fromEntries(keys.map((name) => [name, "key"]))))).toEqual([
      ...new Set(keys),
    ])
  })
})
