/**
 * The sandbox business service: an HTTP server on loopback that stands for a billing company and a helpdesk.
 * Owns the socket, the reading of requests and the form of answers; what the business does is in `business.ts`.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { answerBusinessCall, businessEndpoints, type Service } from "./business.ts"
import { controlEndpoints } from "./control.ts"
import { openDatabase } from "./database.ts"
import { matchEndpoint } from "./endpoint.ts"
import { SandboxError } from "./errors.ts"
import { Faults } from "./faults.ts"

const HOST = "127.0.0.1"
const MAX_BODY_BYTES = 64 * 1024
/** Node's 5 s would now and then close a connection just as a client with a pool sends on it: a fault nobody asked for. */
const KEEP_ALIVE_MS = 120_000

/** The part of a clock that the sandbox needs. */
export interface SandboxClock {
  nowMs(): number
  /** Runs `callback` once after `delayMs`; the returned function cancels it. */
  setTimer(delayMs: number, callback: () => void): () => void
}

export interface SandboxOptions {
  /** 0 takes a free port. */
  readonly port: number
  /** A file, made when it does not exist, or ":memory:". */
  readonly db: string
  /** Default: the system's clock. */
  readonly clock?: SandboxClock
}

export interface Sandbox {
  readonly port: number
  /** Without a slash at the end. */
  readonly url: string
  /** Ends every connection, at once, and closes the database. */
  close(): Promise<void>
}

interface Reply {
  readonly status: number
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Starts the service. Throws when the port is taken or the database is not a sandbox's. */
export async function startSandbox({ port, db: file, clock = systemClock }: SandboxOptions): Promise<Sandbox> {
  const db = openDatabase(file)
  const timers = new Set<() => void>()
  const service: Service = {
    db,
    faults: new Faults(),
    keysAtWork: new Set(),
    nowMs: () => clock.nowMs(),
    pause: (delayMs) =>
      new Promise((resolve) => {
        const cancel = clock.setTimer(delayMs, () => {
          timers.delete(cancel)
          resolve()
        })
        timers.add(cancel)
      }),
  }
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    void serve(service, request, response)
  })
  try {
    await listen(server, port)
  } catch (error) {
    db.close()
    throw error
  }
  const address = server.address()
  const boundPort = typeof address === "object" && address !== null ? address.port : port
  return {
    port: boundPort,
    url: `http://${HOST}:${boundPort}`,
    async close() {
      for (const cancel of timers) cancel()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
      if (db.isOpen) db.close()
    },
  }
}

async function serve(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let reply: Reply | "drop"
  try {
    reply = await answer(service, request)
  } catch (error) {
    reply = errorReply(error)
  }
  if (reply === "drop") return void request.socket.destroy()
  if (response.destroyed) return
  response.writeHead(reply.status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(reply.body),
    ...reply.headers,
  })
  response.end(reply.body)
}

async function answer(service: Service, request: IncomingMessage): Promise<Reply | "drop"> {
  const method = request.method ?? "GET"
  const { pathname, searchParams } = requestUrl(request)
  const parameters = async () => (method === "POST" ? readJson(request) : Object.fromEntries(searchParams))

  const control = controlEndpoints[`${method} ${pathname}`]
  if (control) return { status: 200, body: JSON.stringify(control(service, await parameters())) }

  for (const endpoint of businessEndpoints) {
    const inPath = matchEndpoint(endpoint.name, method, pathname)
    if (inPath === undefined) continue
    const header = request.headers["idempotency-key"]
    const answered = await answerBusinessCall(service, {
      endpoint,
      key: Array.isArray(header) ? header[0] : header,
      parameters: async () => ({ ...(await parameters()), ...inPath }),
    })
    if (answered === "drop") return "drop"
    return { ...answered, headers: answered.replayed ? { "idempotent-replayed": "true" } : {} }
  }
  throw unknownEndpoint(method, pathname)
}

function requestUrl(request: IncomingMessage): URL {
  const url = request.url ?? "/"
  if (!URL.canParse(url, "http://sandbox"))
    throw new SandboxError(400, "url_invalid", `The request URL '${url}' cannot be parsed.`)
  return new URL(url, "http://sandbox")
}

/** 405, naming the right methods, when the path exists under another method; else 404. */
function unknownEndpoint(method: string, pathname: string): SandboxError {
  const allowed = ["GET", "POST", "DELETE"].filter(
    (other) =>
      Object.hasOwn(controlEndpoints, `${other} ${pathname}`) ||
      businessEndpoints.some(({ name }) => matchEndpoint(name, other, pathname) !== undefined),
  )
  if (allowed.length === 0)
    return new SandboxError(404, "endpoint_unknown", `Unrecognized request URL (${method}: ${pathname}).`)
  return new SandboxError(405, "method_not_allowed", `${pathname} takes ${allowed.join(" or ")}, not ${method}.`)
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const text = await readBody(request)
  if (text === "") return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new SandboxError(400, "json_invalid", "The request body is not valid JSON.")
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new SandboxError(400, "json_invalid", "The request body must be a JSON object.")
  return { ...value }
}

/** What is over the limit is read and thrown away, not kept: to stop reading would reset the connection before the 413. */
function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= MAX_BODY_BYTES) chunks.push(chunk)
    })
    request.on("end", () => {
      if (bytes <= MAX_BODY_BYTES) return resolve(Buffer.concat(chunks).toString("utf8"))
      const message = `The request body has ${bytes} bytes; the limit is ${MAX_BODY_BYTES}.`
      reject(new SandboxError(413, "request_too_large", message))
    })
    request.on("error", reject)
  })
}

function errorReply(error: unknown): Reply {
  if (error instanceof SandboxError) return { status: error.status, body: JSON.stringify(error.body) }
  const message = error instanceof Error ? error.message : String(error)
  return { status: 500, body: JSON.stringify(new SandboxError(500, "internal", message).body) }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "EADDRINUSE"
          ? new Error(`Port ${port} is taken. Stop the program that uses it or choose another port (0: any).`)
          : error,
      ),
    )
    server.listen(port, HOST, resolve)
  })
}

const systemClock: SandboxClock = {
  nowMs: () => Date.now(),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}
