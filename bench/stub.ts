/** A model server on loopback that answers at once: what is left of a measured step is what the step itself costs. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

export interface Stub {
  readonly url: string
  /** When requests arrived since this was last asked (`performance.now`). */
  takeArrivals(): readonly number[]
  /** Resolves with the moment (`performance.now`) at which the next request arrives. */
  nextCall(): Promise<number>
  close(): void
}

const HEAD = { id: "chatcmpl-stub", created: 1_700_000_000, model: "stub" }
const USAGE = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 }

const wholeAnswer = (content: string) =>
  JSON.stringify({
    ...HEAD,
    object: "chat.completion",
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    usage: USAGE,
  })

const STREAMED = [
  { choices: [{ index: 0, delta: { role: "assistant", content: "Done." } }] },
  { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
  { choices: [], usage: USAGE },
]
  .map((chunk) => `data: ${JSON.stringify({ ...HEAD, object: "chat.completion.chunk", ...chunk })}\n\n`)
  .concat("data: [DONE]\n\n")
  .join("")

/** `content`: what it answers when it is not asked for a stream. */
export async function startStub(content = "Done."): Promise<Stub> {
  const whole = wholeAnswer(content)
  let arrivals: number[] = []
  let waiting: ((atMs: number) => void)[] = []
  const server = createServer((request, response) => {
    const atMs = performance.now()
    let body = ""
    request.on("data", (chunk) => {
      body += chunk
    })
    request.on("end", () => {
      arrivals.push(atMs)
      for (const resolve of waiting) resolve(atMs)
      waiting = []
      const streamed = body.includes('"stream":true')
      response.writeHead(200, { "content-type": streamed ? "text/event-stream" : "application/json" })
      response.end(streamed ? STREAMED : whole)
    })
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    takeArrivals() {
      const taken = arrivals
      arrivals = []
      return taken
    },
    nextCall: () => new Promise((resolve) => waiting.push(resolve)),
    close: () => server.close(),
  }
}
