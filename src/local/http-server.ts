/**
 * A fetch handler behind `node:http`. Owns the translation of requests and responses, with back-pressure, and an abort
 * of the request's signal as soon as the client goes away.
 */
import { once } from "node:events"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { Readable } from "node:stream"

export type FetchHandler = (request: Request) => Response | Promise<Response>

export function httpServer(handler: FetchHandler): Server {
  return createServer((incoming, outgoing) => {
    void answer(handler, incoming, outgoing)
  })
}

async function answer(handler: FetchHandler, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const gone = new AbortController()
  outgoing.once("close", () => {
    if (!outgoing.writableFinished) gone.abort()
  })
  try {
    const response = await handler(toRequest(incoming, gone.signal))
    outgoing.writeHead(response.status, Object.fromEntries(response.headers))
    // A body that was not read to its end would be taken for the next request of the connection.
    if (!incoming.complete) outgoing.once("finish", () => incoming.destroy())
    for await (const chunk of response.body ?? []) {
      if (!outgoing.write(chunk)) await once(outgoing, "drain", { signal: gone.signal })
    }
    outgoing.end()
  } catch {
    // The client left, or the upstream broke off in the middle: the broken connection is the message.
    outgoing.destroy()
  }
}

function toRequest(incoming: IncomingMessage, signal: AbortSignal): Request {
  const { method = "GET", headers, url = "/" } = incoming
  const hasBody = method !== "GET" && method !== "HEAD"
  const entries = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, [value].flat().join(", ")]],
  )
  return new Request(new URL(url, `http://${headers.host ?? "localhost"}`), {
    method,
    headers: entries,
    signal,
    ...(hasBody ? { body: Readable.toWeb(incoming), duplex: "half" } : {}),
  })
}
