import { describe, expect, it } from "vitest"
import { ReadResponse } from "../../../src/providers/wire/read-response.ts"

const TEXT = '{"answer":"é"}'

/** The same answer twice: as the network gives it, and as it is handed on after it was read. */
const both = async (text = TEXT) => {
  const make = () => new Response(text, { status: 429, statusText: "Slow down", headers: { "X-Request-Id": "r1" } })
  const read = make()
  return { real: make(), read: new ReadResponse(read, new Uint8Array(await read.arrayBuffer())) }
}

describe("a response that was read", () => {
  it.each<readonly [string, (response: Response) => unknown]>([
    ["status", ({ status, statusText, ok }) => ({ status, statusText, ok })],
    ["headers", ({ headers }) => Object.fromEntries(headers)],
    ["text", (response) => response.text()],
    ["json", (response) => response.json()],
    ["arrayBuffer", async (response) => [...new Uint8Array(await response.arrayBuffer())]],
    ["bytes", async (response) => [...(await response.bytes())]],
    ["blob", async (response) => (await response.blob()).text()],
    ["clone", (response) => response.clone().text()],
    ["reader", async ({ body }) => chunksOf(body?.getReader())],
    ["pipe", async ({ body }) => chunksOf(body?.pipeThrough(new TextDecoderStream()).getReader())],
    [
      "iteration",
      async ({ body }) => {
        const chunks: Uint8Array[] = []
        for await (const chunk of body ?? []) chunks.push(chunk)
        return chunks
      },
    ],
  ])("gives the same %s as the real one", async (_what, ask) => {
    const { real, read } = await both()
    expect(await ask(read)).toEqual(await ask(real))
    expect(read).toBeInstanceOf(Response)
  })

  it("gives no chunk when it is empty", async () => {
    const { read } = await both("")
    expect(await chunksOf(read.body?.getReader())).toEqual([])
  })

  it("is read once, as any other", async () => {
    const { read } = await both()
    expect(read.bodyUsed).toBe(false)
    await read.text()
    expect(read.bodyUsed).toBe(true)
    await expect(read.text()).rejects.toThrow(TypeError)
  })

  it("gives out copies, so that nobody changes what another records", async () => {
    const bytes = new Uint8Array(new TextEncoder().encode(TEXT))
    const answer = new ReadResponse(new Response(TEXT), bytes)
    ;(await answer.bytes()).fill(0)
    expect(new TextDecoder().decode(bytes)).toBe(TEXT)
  })
})

async function chunksOf<Chunk>(reader: ReadableStreamDefaultReader<Chunk> | undefined): Promise<Chunk[]> {
  const chunks: Chunk[] = []
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) chunks.push(next.value)
  return chunks
}
