/** A stand-in for an OpenAI-compatible server behind ours: keeps what it was sent, byte for byte, and streams in pieces. */
import { once } from "node:events"
import { createServer, type IncomingHttpHeaders } from "node:http"

export const UPSTREAM_STREAM = 'data: {"choices":[{"delta":{"content":"Grüße"}}]}\n\ndata: [DONE]\n\n'
export const UPSTREAM_ANSWER = '{ "id": "up-1",  "choices": [ { "message": { "content": "Hello" } } ] }'

export interface UpstreamRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export async function startUpstreamStub() {
  const requests: UpstreamRequest[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { method = "", url = "", headers } = request
    const body = Buffer.concat(chunks).toString()
    requests.push({ method, url, headers, body })
    if (url === "/v1/models") return response.end('{"object":"list","data":[{"id":"llama3","object":"model"}]}')
    if (body.includes('"limited"')) {
      response.writeHead(429, { "content-type": "application/json", "retry-after": "7" })
      return response.end('{"error":{"message":"slow down"}}')
    }
    if (!body.includes('"stream":true')) {
      response.setHeader("content-type", "application/json")
      return response.end(UPSTREAM_ANSWER)
    }
    response.setHeader("content-type", "text/event-stream")
    const bytes = Buffer.from(UPSTREAM_STREAM)
    // Cut inside a character and inside an event.
    for (const [from, to] of [
      [0, 45],
      [45, 47],
      [47, bytes.length],
    ]) {
      response.write(bytes.subarray(from, to))
      await new Promise(setImmediate)
    }
    return response.end()
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return { url: `http://127.0.0.1:${port}`, requests, close: () => server.close() }
}
