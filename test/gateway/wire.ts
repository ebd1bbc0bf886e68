/** What a scripted provider answers on OpenAI's chat wire: whole, streamed, failing, breaking off, or never. */

export interface ScriptedCall {
  /** 1-based over all providers. */
  readonly number: number
  readonly provider: string
  readonly model: string
  readonly key: string | undefined
  readonly atMs: number
  readonly body: ChatRequest
  readonly signal: AbortSignal | undefined
  readonly headers: Headers
}

export interface ChatRequest {
  readonly model: string
  readonly stream?: boolean
  readonly messages: readonly { readonly role: string; readonly content: unknown; readonly tool_calls?: unknown }[]
  readonly response_format?: unknown
  readonly input?: readonly string[]
}

export type Script = (call: ScriptedCall) => Response | Promise<Response>

export interface SayOptions {
  readonly finish?: string
  readonly input?: number
  readonly output?: number
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: string }[]
}

/** A whole chat completion that says `text`, or streams it in three pieces when the call asked for a stream. */
export function say(text: string, options: SayOptions = {}): Script {
  return ({ body }) => (body.stream ? stream(chunksOf(text, options)) : json(completion(text, options)))
}

/** The script of each provider, by id. */
export function byProvider(scripts: Readonly<Record<string, Script>>): Script {
  return (call) => {
    const script = scripts[call.provider]
    if (!script) throw new Error(`nobody scripted ${call.provider}`)
    return script(call)
  }
}

/** One script per call, the last one for ever. */
export function inTurn(...scripts: readonly Script[]): Script {
  let turn = 0
  return (call) => {
    const script = scripts[Math.min(turn, scripts.length - 1)]
    turn += 1
    if (!script) throw new Error("no script at all")
    return script(call)
  }
}

export function fail(
  status: number,
  body: unknown = { error: { message: `status ${status}` } },
  headers: HeadersInit = {},
): Script {
  return () => json(body, status, headers)
}

/** Never answers; ends only when the call is aborted. */
export const hang: Script = ({ signal }) =>
  new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)))

export const refuse: Script = () => Promise.reject(new TypeError("fetch failed", { cause: new Error("ECONNREFUSED") }))

/** Streams `events`, then ends without a terminator (`cut`), breaks, or goes silent. */
export function streamThen(events: readonly unknown[], how: "cut" | "break" | "silent"): Script {
  return ({ signal }) => {
    const rest = [...events]
    return new Response(
      new ReadableStream({
        pull(controller) {
          const event = rest.shift()
          if (event !== undefined) return controller.enqueue(encode(`data: ${JSON.stringify(event)}\n\n`))
          if (how === "cut") return controller.close()
          if (how === "break") return controller.error(new TypeError("terminated"))
          return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)))
        },
      }),
      { headers: { "content-type": "text/event-stream" } },
    )
  }
}

export function json(body: unknown, status = 200, headers: HeadersInit = {}): Response {
  const all = new Headers(headers)
  all.set("content-type", "application/json")
  return new Response(JSON.stringify(body), { status, headers: all })
}

function completion(text: string, { finish, input = 10, output = 5, toolCalls }: SayOptions) {
  const calls = toolCalls?.map((call, index) => ({ id: `call_${index}`, type: "function", function: call }))
  return {
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model: "served-model",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: text, ...(calls ? { tool_calls: calls } : {}) },
        finish_reason: finish ?? (calls ? "tool_calls" : "stop"),
      },
    ],
    usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output },
  }
}

/** The events of a streamed answer, `text` cut in pieces of `size` characters. */
export function chunksOf(
  text: string,
  { finish = "stop", input = 10, output = 5 }: SayOptions = {},
  size = Math.ceil(text.length / 3),
): unknown[] {
  const pieces = text.match(new RegExp(`[\\s\\S]{1,${Math.max(size, 1)}}`, "g")) ?? []
  return [...pieces.map((piece) => chunk({ content: piece })), chunk({}, finish), usageChunk(input, output)]
}

export function chunk(delta: unknown, finish: string | null = null): unknown {
  return {
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1,
    model: "served-model",
    choices: [{ index: 0, delta, finish_reason: finish }],
  }
}

function usageChunk(input: number, output: number): unknown {
  const usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output }
  return { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "served-model", choices: [], usage }
}

export function stream(events: readonly unknown[]): Response {
  const text = `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("")}data: [DONE]\n\n`
  return new Response(text, { headers: { "content-type": "text/event-stream" } })
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
