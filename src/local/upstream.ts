/**
 * Another OpenAI-compatible server behind this one, for language models: Ollama, llama.cpp, any. Requests for models
 * that are not ours go there byte for byte, and its answers come back byte for byte, streams included.
 */
import { z } from "zod"
import { wireError } from "./wire-error.ts"

export interface UpstreamOptions {
  /** Such as `http://127.0.0.1:11434/v1`. With or without `/v1`. */
  readonly baseUrl: string
  /** Sent as a bearer token, when given. The caller's own authorization never leaves this server. */
  readonly apiKey?: string
}

const MODEL_LIST = z.looseObject({ data: z.array(z.looseObject({ id: z.string() })) })
const LIST_TIMEOUT_MS = 3_000

/** Headers that belong to one connection, or that we set ourselves. */
const NOT_FORWARDED = new Set([
  "authorization",
  "connection",
  "content-length",
  "host",
  "keep-alive",
  "origin",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
])

export class Upstream {
  readonly #baseUrl: string
  readonly #apiKey: string | undefined
  readonly #fetch: typeof fetch

  constructor({ baseUrl, apiKey }: UpstreamOptions, fetcher: typeof fetch = fetch) {
    this.#baseUrl = baseUrl.replace(/\/+$/, "").replace(/\/v1$/, "")
    this.#apiKey = apiKey
    this.#fetch = fetcher
  }

  /** Sends the request on. Throws a 502 wire error when the server cannot be reached. */
  async forward(request: Request, body: Uint8Array | undefined): Promise<Response> {
    const { pathname, search } = new URL(request.url)
    const headers = this.#headers(request.headers)
    try {
      const response = await this.#fetch(`${this.#baseUrl}${pathname}${search}`, {
        method: request.method,
        headers,
        signal: request.signal,
        redirect: "manual",
        ...(body === undefined ? {} : { body }),
      })
      const kept = [...response.headers].filter(([name]) => !NOT_FORWARDED.has(name))
      return new Response(response.body, { status: response.status, headers: kept })
    } catch (error) {
      if (request.signal.aborted) throw error
      throw this.#unreachable(error)
    }
  }

  /** Its models. An unreachable or odd server has none: our own models are served all the same. */
  async models(): Promise<readonly object[]> {
    try {
      const signal = AbortSignal.timeout(LIST_TIMEOUT_MS)
      const response = await this.#fetch(`${this.#baseUrl}/v1/models`, {
        headers: this.#headers(new Headers()),
        signal,
      })
      const list = MODEL_LIST.safeParse(await response.json())
      return list.success ? list.data.data : []
    } catch {
      return []
    }
  }

  #headers(from: Headers): Headers {
    const headers = new Headers([...from].filter(([name]) => !NOT_FORWARDED.has(name)))
    // A compressed answer would be unpacked on the way: then it is not byte for byte any more.
    headers.set("accept-encoding", "identity")
    if (this.#apiKey !== undefined) headers.set("authorization", `Bearer ${this.#apiKey}`)
    return headers
  }

  #unreachable(error: unknown): Error {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
    const message = `The server at UPSTREAM_BASE_URL (${this.#baseUrl}) cannot be reached: ${cause}. Start it, or correct the address.`
    return wireError(502, "upstream_unreachable", message)
  }
}
