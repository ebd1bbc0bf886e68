/**
 * A gateway over scripted providers: `alpha`, `beta` and `gamma` speak OpenAI's chat wire through the real package, at
 * `https://<id>.test`. What each answers is a function of the call. Time is a fake clock that jumps to the next timer
 * whenever everything else stands still, so nothing sleeps and every wait is exact.
 */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible"
import { createGateway, type Gateway, type GatewayOptions } from "../../src/gateway/gateway.ts"
import { type FakeClock, fakeClock } from "../../src/lib/fake-clock.ts"
import { seededRandom } from "../../src/lib/random.ts"
import type { OperationContext, OperationOptions } from "../../src/model/client.ts"
import type { GenerateOperation, Operation } from "../../src/model/operation.ts"
import type { OperationOutcome } from "../../src/model/record.ts"
import { defineProvider } from "../../src/providers/define.ts"
import { openaiDialect } from "../../src/providers/dialects/openai.ts"
import { needs } from "../../src/providers/env.ts"
import type { Capabilities, Provider } from "../../src/providers/provider.ts"
import { compileRouting } from "../../src/routing/compile.ts"
import type { RoutingConfig } from "../../src/routing/config.ts"

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

export interface World {
  readonly gateway: Gateway
  readonly clock: FakeClock
  readonly calls: readonly ScriptedCall[]
  /** `alpha/m1` for each call, in order. */
  readonly asked: () => string[]
  operate(
    operation?: Operation,
    context?: Partial<OperationContext>,
    options?: Partial<OperationOptions>,
  ): Promise<OperationOutcome>
  /** Waits for `work`, moving time whenever nothing else can happen. */
  settle<Result>(work: Promise<Result>): Promise<Result>
}

export interface WorldOptions extends Partial<Omit<GatewayOptions, "routing" | "fetch">> {
  readonly routing: RoutingConfig
  readonly script: Script
  readonly capabilities?: Partial<Record<string, Partial<Capabilities>>>
  readonly regions?: Readonly<Record<string, readonly string[]>>
}

const KEYS = { ALPHA_KEY: "a1", BETA_KEY: "b1", GAMMA_KEY: "c1" }

export function world({ routing, script, capabilities = {}, regions = {}, ...options }: WorldOptions): World {
  const clock = fakeClock()
  const calls: ScriptedCall[] = []
  const providers = ["alpha", "beta", "gamma"].map((id) => scriptedProvider(id, capabilities[id] ?? {}, regions))
  const compiled = compileRouting(routing)
  const gateway = createGateway({
    routing: () => compiled,
    providers,
    env: KEYS,
    fetch: async (input, init) => {
      const call = readCall(calls.length + 1, String(input), init, clock.nowMs())
      calls.push(call)
      return script(call)
    },
    clock,
    random: seededRandom(7),
    ...options,
  })
  const settle = <Result>(work: Promise<Result>) => settleOn(clock, work)
  return {
    gateway,
    clock,
    calls,
    asked: () => calls.map(({ provider, model }) => `${provider}/${model}`),
    settle,
    operate: (operation = QUESTION, context = {}, operationOptions = {}) =>
      settle(gateway.operate(operation, { ...CONTEXT, ...context }, { ...OPTIONS, ...operationOptions })),
  }
}

/** Turns of the event loop after which whatever could happen without time has happened. */
const QUIET_TURNS = 6

async function settleOn<Result>(clock: FakeClock, work: Promise<Result>): Promise<Result> {
  let over = false
  const done = work.finally(() => {
    over = true
  })
  done.catch(() => {})
  while (!over) {
    for (let turn = 0; turn < QUIET_TURNS && !over; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    const nextMs = clock.nextTimerMs()
    if (!over && nextMs !== undefined) clock.moveTo(nextMs)
  }
  return done
}

function scriptedProvider(
  id: string,
  capabilities: Partial<Capabilities>,
  regions: Readonly<Record<string, readonly string[]>>,
): Provider {
  const keyName = `${id.toUpperCase()}_KEY`
  return defineProvider({
    id,
    otelName: id,
    keyNames: [keyName],
    optionsKey: id,
    dialect: openaiDialect({ id }),
    configuration: (setup) => needs(setup, [[keyName]]),
    capabilities: () => ({
      operations: ["generate", "embed"],
      media: [],
      structuredOutput: "native",
      tools: true,
      streaming: true,
      ...capabilities,
    }),
    regions: (model) => regions[`${id}/${model}`] ?? regions[id] ?? [],
    languageModel: (model, settings) => chatPackage(id, settings).languageModel(model),
    embeddingModel: (model, settings) => chatPackage(id, settings).embeddingModel(model),
  })
}

function chatPackage(id: string, settings: Parameters<NonNullable<Provider["languageModel"]>>[1]) {
  return createOpenAICompatible({
    name: id,
    baseURL: settings.baseUrl ?? `https://${id}.test`,
    fetch: settings.transport.fetch,
    includeUsage: true,
    supportsStructuredOutputs: true,
    ...(settings.apiKey === undefined ? {} : { apiKey: settings.apiKey }),
    ...(settings.headers ? { headers: { ...settings.headers } } : {}),
  })
}

function readCall(number: number, url: string, init: RequestInit | undefined, atMs: number): ScriptedCall {
  const body: ChatRequest = JSON.parse(String(init?.body))
  const headers = new Headers(init?.headers)
  return {
    number,
    provider: new URL(url).hostname.replace(".test", ""),
    model: body.model,
    key: headers.get("authorization")?.replace("Bearer ", ""),
    atMs,
    body,
    signal: init?.signal ?? undefined,
    headers,
  }
}

export const CONTEXT: OperationContext = {
  runId: "run_1",
  workflow: "support",
  step: { path: "decision", name: "decision", kind: "plan", failures: 0, attempt: 1 },
  tenant: { id: "acme", plan: "pro" },
  user: { id: "u1" },
  tags: [],
}

export const OPTIONS: OperationOptions = {
  signal: new AbortController().signal,
  loadMedia: async () => {
    throw new Error("this world has no media")
  },
}

export const QUESTION: GenerateOperation = {
  type: "generate",
  messages: [{ role: "user", content: [{ type: "text", text: "What now?" }] }],
}

export const STRUCTURED: GenerateOperation = {
  ...QUESTION,
  output: {
    name: "decision",
    schema: {
      type: "object",
      properties: { action: { enum: ["refund", "answer"] }, amountUsd: { type: "number" } },
      required: ["action", "amountUsd"],
      additionalProperties: false,
    },
  },
}

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
