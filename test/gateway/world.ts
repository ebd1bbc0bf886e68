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
import { moderateOverHttp } from "../../src/providers/openai-moderation.ts"
import type { Capabilities, Provider } from "../../src/providers/provider.ts"
import { compileRouting } from "../../src/routing/compile.ts"
import type { RoutingConfig } from "../../src/routing/config.ts"
import type { ChatRequest, Script, ScriptedCall } from "./wire.ts"

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
      operations: ["generate", "embed", "moderate"],
      media: [],
      structuredOutput: "native",
      tools: true,
      streaming: true,
      ...capabilities,
    }),
    regions: (model) => regions[`${id}/${model}`] ?? regions[id] ?? [],
    languageModel: (model, settings) => chatPackage(id, settings).languageModel(model),
    embeddingModel: (model, settings) => chatPackage(id, settings).embeddingModel(model),
    moderate: (texts, model, settings, signal) =>
      moderateOverHttp(settings.baseUrl ?? `https://${id}.test`, texts, model, settings, signal),
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
