/**
 * A stand-in for the `AI` binding of a Worker: `run` for Workers AI and the gateway's catalogue, `fetch` for the gateway's
 * provider-native path. `fakeAiWorker` is the same as a Worker of its own, for a service binding under miniflare.
 */
import type { AiBinding } from "../providers/transport.ts"
import type { AiGatewayStub } from "./ai-gateway-stub.ts"

export interface AiCall {
  readonly model: string
  readonly input: unknown
  readonly options: Readonly<Record<string, unknown>>
}

export interface FakeAi extends AiBinding {
  /** Calls of `run`, in order. */
  readonly calls: readonly AiCall[]
}

/** Answers of `run`: a response as it is, anything else as the binding's parsed result; thrown errors are thrown. */
export type FakeAiRun = (call: AiCall) => unknown

/** A binding in this process. Without `gateway` its `fetch` fails, as that of a binding without one. */
export function fakeAi(run: FakeAiRun, gateway?: AiGatewayStub): FakeAi {
  const calls: AiCall[] = []
  return {
    calls,
    async run(model, input, options = {}) {
      const call = { model, input, options }
      calls.push(call)
      const answer = await run(call)
      return answer instanceof Response || options.returnRawResponse !== true ? answer : Response.json(answer)
    },
    fetch: (input, init) =>
      gateway === undefined ? Promise.reject(new Error("No gateway behind this binding.")) : gateway.fetch(input, init),
  }
}

/**
 * The fake worker's binding as the real one looks from inside a Worker. A service binding crosses by RPC, which carries no
 * AbortSignal; the platform's own binding does not cross.
 */
export function overRpc(binding: AiBinding): AiBinding {
  return {
    run: (model, input, { signal: _, ...options } = {}) => binding.run(model, input, options),
    fetch: (input, init) => binding.fetch(input, init),
  }
}

/** What the Worker below answers to `run`, by model: a response's parts, or the message of the error that it throws. */
export type FakeAiAnswers = Readonly<
  Record<
    string,
    | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body: string }
    | { readonly throws: string }
  >
>

/**
 * Options of a miniflare worker whose entrypoint `FakeAI` behaves like the binding. Bind it with
 * `serviceBindings: { AI: { name: "fake-ai", entrypoint: "FakeAI" } }`. Its `fetch` answers with what it was sent.
 */
export function fakeAiWorker(answers: FakeAiAnswers) {
  return {
    name: "fake-ai",
    compatibilityDate: "2026-08-04",
    modules: [{ type: "ESModule" as const, path: "fake-ai.mjs", contents: workerSource(answers) }],
  }
}

function workerSource(answers: FakeAiAnswers): string {
  return `import { WorkerEntrypoint } from "cloudflare:workers"
const ANSWERS = ${JSON.stringify(answers)}
export class FakeAI extends WorkerEntrypoint {
  run(model) {
    const answer = ANSWERS[model]
    if (answer === undefined) throw new Error("5007: No such model " + model)
    if (answer.throws !== undefined) throw new Error(answer.throws)
    return new Response(answer.body, { status: answer.status ?? 200, headers: answer.headers ?? { "content-type": "application/json" } })
  }
  async fetch(request) {
    return Response.json({ url: request.url, headers: Object.fromEntries(request.headers), body: await request.text() })
  }
}
export default { fetch: () => new Response("fake AI") }
`
}
