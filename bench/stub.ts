/** A model server on loopback that answers at once: what is left of a measured step is what the step itself costs. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

export interface Stub {
  readonly url: string
  /** Requests so far. */
  calls(): number
  /** Resolves with the moment (`performance.now`) at which the next request arrives. */
  nextCall(): Promise<number>
  close(): void
}

const ANSWER = JSON.stringify({
  id: "chatcmpl-stub",
  object: "chat.completion",
  created: 1_700_000_000,
  model: "stub",
  choices: [{ index: 0, message: { role: "assistant", content: "Done." }, finish_reason: "stop" }],
  usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
})

export async function startStub(): Promise<Stub> {
  let calls = 0
  let waiting: ((atMs: number) => void)[] = []
  const server = createServer((request, response) => {
    const atMs = performance.now()
    request.resume().on("end", () => {
      calls += 1
      for (const resolve of waiting) resolve(atMs)
      waiting = []
      response.writeHead(200, { "content-type": "application/json" }).end(ANSWER)
    })
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    calls: () => calls,
    nextCall: () => new Promise((resolve) => waiting.push(resolve)),
    close: () => server.close(),
  }
}
