/**
 * The tape: wraps a transport so that every exchange of one attempt is recorded as it passes.
 * Invariant: it changes no byte, and of a stream it delays none and never reads ahead of the package. An answer that is one
 * JSON text is read to its end first.
 */
import type { AiBinding, Exchange, Tape, Transport } from "../transport.ts"
import { ReadResponse } from "./read-response.ts"

/** A tape around `transport`. Hand `tape.transport` to the provider and read `tape.exchanges` afterwards. */
export function recordTransport(transport: Transport): Tape {
  const exchanges: Recording[] = []
  const start: StartRecording = (url, method, headers) => {
    const recording = new Recording(url, method, headers)
    exchanges.push(recording)
    return recording
  }
  const ai = transport.ai
  return {
    transport: {
      fetch: recordedFetch(transport.fetch, start),
      ...(ai === undefined ? {} : { ai: recordedBinding(ai, start) }),
    },
    exchanges,
    last: () => exchanges.at(-1),
  }
}

/** Headers are read when somebody asks for them: hardly anybody does, and reading them is not free. */
type ReadHeaders = () => Readonly<Record<string, string>>
type StartRecording = (url: string, method: string, headers: ReadHeaders) => Recording

function recordedFetch(inner: Pick<AiBinding, "fetch">["fetch"], start: StartRecording): typeof fetch {
  return async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = input instanceof Request ? input : undefined
    const recording = start(request?.url ?? String(input), init?.method ?? request?.method ?? "GET", () =>
      headersOf(new Headers(init?.headers ?? request?.headers)),
    )
    return recording.follow(inner(input, init))
  }
}

/** The binding's `run` is recorded as a request to its model; a binding that throws has no answer to record. */
function recordedBinding(ai: AiBinding, start: StartRecording): AiBinding {
  return {
    fetch: recordedFetch((input, init) => ai.fetch(input, init), start),
    async run(model, input, options) {
      const recording = start(`binding:AI/run/${model}`, "POST", () => ({}))
      const answer = await recording.catching(ai.run(model, input, options))
      return answer instanceof Response ? recording.tap(answer) : recording.close(answer)
    },
  }
}

class Recording implements Exchange {
  readonly url: string
  readonly method: string
  readonly #requestHeaders: ReadHeaders
  status: number | undefined
  headers: Readonly<Record<string, string>> = {}
  body: Exchange["body"] = "none"
  error: unknown
  readonly #chunks: Uint8Array[] = []

  constructor(url: string, method: string, requestHeaders: ReadHeaders) {
    this.url = url
    this.method = method
    this.#requestHeaders = requestHeaders
  }

  get requestHeaders(): Readonly<Record<string, string>> {
    return this.#requestHeaders()
  }

  text(): string {
    return new TextDecoder().decode(this.bytes())
  }

  bytes(): Uint8Array {
    const whole = new Uint8Array(this.#chunks.reduce((total, chunk) => total + chunk.length, 0))
    let offset = 0
    for (const chunk of this.#chunks) {
      whole.set(chunk, offset)
      offset += chunk.length
    }
    return whole
  }

  async follow(answer: Promise<Response>): Promise<Response> {
    const response = await this.catching(answer)
    const isWhole = response.headers.get("content-type")?.startsWith("application/json") ?? false
    return isWhole ? this.whole(response) : this.tap(response)
  }

  async catching<Answer>(answer: Promise<Answer>): Promise<Answer> {
    try {
      return await answer
    } catch (error) {
      this.error = error
      throw error
    }
  }

  /** An answer that is a value, not a response: the binding parsed it already. */
  close(answer: unknown): unknown {
    this.status = 200
    this.headers = { "content-type": "application/json" }
    this.#chunks.push(new TextEncoder().encode(JSON.stringify(answer) ?? ""))
    this.body = "ended"
    return answer
  }

  /** The same response, its body passing through this recording. */
  tap(response: Response): Response {
    this.#answered(response)
    if (response.body === null) return response
    this.body = "open"
    return copyOf(response, this.#through(response.body))
  }

  /** The same response, read to its end: nobody can use half a JSON text, and a stream in between costs more than the call. */
  async whole(response: Response): Promise<Response> {
    this.#answered(response)
    this.body = "open"
    try {
      const bytes = new Uint8Array(await response.arrayBuffer())
      this.#chunks.push(bytes)
      this.body = "ended"
      return new ReadResponse(response, bytes)
    } catch (error) {
      this.#broke(error)
      return copyOf(response, new ReadableStream({ start: (controller) => controller.error(error) }))
    }
  }

  #answered(response: Response): void {
    this.status = response.status
    this.headers = headersOf(response.headers)
  }

  #through(source: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const reader = source.getReader()
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          try {
            const { done, value } = await reader.read()
            if (done) {
              if (this.body === "open") this.body = "ended"
              controller.close()
            } else {
              this.#chunks.push(value)
              controller.enqueue(value)
            }
          } catch (error) {
            this.#broke(error)
            controller.error(error)
          }
        },
        cancel: (reason) => {
          if (this.body === "open") this.body = "dropped"
          return reader.cancel(reason)
        },
      },
      { highWaterMark: 0 },
    )
  }

  #broke(error: unknown): void {
    if (this.body !== "open") return
    this.body = "broken"
    this.error = error
  }
}

function copyOf({ status, statusText, headers }: Response, body: BodyInit): Response {
  return new Response(body, { status, statusText, headers })
}

function headersOf(headers: Headers): Record<string, string> {
  return Object.fromEntries(headers.entries())
}
