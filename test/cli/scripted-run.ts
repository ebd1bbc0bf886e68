/** A recorded-looking run for the launcher's tests: the events of a short support run, and a server that plays them. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { Json } from "../../src/lib/json.ts"
import { problemOf } from "../../src/protocol/problem.ts"
import { runView } from "../../src/protocol/run-view.ts"
import { type EventData, type NewEvent, type RunEvent, runEvent, stepEvent } from "../../src/run/event.ts"
import { foldRun } from "../../src/run/fold.ts"

const START_MS = 1_800_000_000_000

/** Numbers and dates events: 100 ms apart. */
export function numbered(events: readonly NewEvent[]): RunEvent[] {
  return events.map((event, index) => ({
    ...event,
    seq: index + 1,
    atMs: START_MS + index * 100,
    hash: `h${index + 1}`,
  }))
}

/** An operation that `provider/model` served, for `costNanoUsd`, because of `reason`. */
export function operation(
  provider: string,
  model: string,
  costNanoUsd: number,
  reason: string,
): EventData["operation.completed"] {
  return {
    index: 0,
    record: {
      type: "generate",
      requestDigest: "d",
      startedAtMs: START_MS,
      durationMs: 80,
      decision: {
        routingVersion: "1",
        route: "vision",
        reason,
        candidates: [
          { provider: "openai", model: "gpt-5-nano", verdict: "skipped", reason: "not_configured" },
          { provider, model, verdict: "served", reason: "succeeded" },
        ],
        rules: [],
      },
      attempts: [],
      usage: { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 },
      costNanoUsd,
    },
  }
}

/** A run of two leaf steps inside a branch, the second of which fails once. */
export const SUPPORT_RUN: readonly RunEvent[] = numbered([
  runEvent("run.created", {
    ...{ runId: "run_1", workflow: "support-refund", version: 1, graphDigest: "g", input: {}, tags: [] },
    tenant: { id: "local" },
  }),
  runEvent("run.started", {}),
  stepEvent("step.started", "screen", 1, { kind: "vision", digest: "s", input: {} }),
  stepEvent("operation.completed", "screen", 1, operation("local", "ocr", 0, "local/ocr, because openai has no key.")),
  stepEvent("step.completed", "screen", 1, { output: { text: "charged twice" } }),
  stepEvent("step.started", "outcome", 1, { kind: "branch", digest: "b", composite: true, input: {} }),
  stepEvent("step.started", "outcome.refund.charge", 1, { kind: "tool", digest: "t", input: {} }),
  stepEvent("step.failed", "outcome.refund.charge", 1, {
    error: { code: "tool_failed", message: "the billing service answered 503" },
    failureClass: "own_code.tool",
    retryAtMs: START_MS + 800,
  }),
  stepEvent("step.started", "outcome.refund.charge", 2, { kind: "tool", digest: "t" }),
  stepEvent("step.completed", "outcome.refund.charge", 2, { output: { refundId: "re_1" } }),
  stepEvent("step.completed", "outcome", 1, { output: { case: "refund" } }),
  runEvent("run.completed", { output: { outcome: "refund" } }),
])

export interface ScriptedServer {
  readonly url: string
  /** `GET /v1/runs/run_1/events after 3`, in the order of arrival. */
  readonly requests: string[]
  close(): Promise<void>
}

export interface Script {
  readonly examples?: readonly string[]
  readonly events?: readonly RunEvent[]
  readonly output?: Json
  readonly status?: string
  /** Answers of the event stream end after so many events each. */
  readonly cutAfter?: number
  /** The first so many requests for events are dropped without an answer. */
  readonly drop?: number
}

/** Speaks the doors that the launcher uses, on loopback. */
export async function scriptedServer(script: Script): Promise<ScriptedServer> {
  const requests: string[] = []
  const server = createServer((request, response) => void answer(script, requests, request, response))
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  const port = typeof address === "object" && address ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()),
  }
}

async function answer(
  script: Script,
  requests: string[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const after = Number(request.headers["last-event-id"] ?? 0)
  requests.push(`${request.method} ${request.url}${after > 0 ? ` after ${after}` : ""}${await bodyOf(request)}`)
  const { examples = ["double-charge"], output = { outcome: "refund" }, status = "succeeded" } = script
  const routes: Record<string, () => void> = {
    "GET /v1/workflows": () => json(response, 200, { workflows: [{ name: "support-refund", examples }] }),
    "POST /v1/workflows/support-refund/runs": () => json(response, 202, { id: "run_1", status: "running" }),
    "GET /v1/runs/run_1": () => json(response, 200, { ...runView(foldRun(SUPPORT_RUN), { output }), status }),
    "GET /v1/runs/run_1/events": () => {
      const tries = requests.filter((line) => line.includes("/events")).length
      if (tries <= (script.drop ?? 0)) request.socket.destroy()
      else stream(response, script, after)
    },
  }
  const route = routes[`${request.method} ${request.url}`]
  if (route) return route()
  json(response, 404, problemOf({ code: "step_not_found", message: `There is no ${request.url}.` }))
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ""
  for await (const chunk of request) body += chunk
  return body === "" ? "" : ` ${body}`
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": status < 400 ? "application/json" : "application/problem+json" })
  response.end(JSON.stringify(body))
}

function stream(
  response: ServerResponse,
  { events = SUPPORT_RUN, cutAfter = events.length }: Script,
  after: number,
): void {
  response.writeHead(200, { "content-type": "text/event-stream" })
  response.write(": welcome\n\n")
  const rest = events.filter(({ seq }) => seq > after)
  for (const event of rest.slice(0, cutAfter))
    response.write(`id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  response.end()
}
