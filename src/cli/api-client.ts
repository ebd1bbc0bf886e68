/**
 * The launcher's side of the HTTP doors: answers checked for what is read of them, problems turned into errors, and a
 * run's events followed over broken connections until the run is at its end.
 */
import * as z from "zod"
import { type Clock, sleep } from "../lib/clock.ts"
import { isErrorCode, WaybillError } from "../lib/errors.ts"
import { EventView } from "../protocol/event-view.ts"
import { Problem } from "../protocol/problem.ts"
import { RunView } from "../protocol/run-view.ts"
import type { RunEvent } from "../run/event.ts"
import { streamMessages } from "./event-stream.ts"

const WorkflowsAnswer = z.object({ workflows: z.array(z.object({ name: z.string(), examples: z.array(z.string()) })) })
const StartAnswer = RunView.pick({ id: true })

/** Between two tries to go on reading a run's events. */
const RECONNECT_MS = 250

export interface ApiClientOptions {
  readonly url: string
  readonly clock: Clock
  readonly fetch: typeof fetch
}

export class ApiClient {
  readonly #options: ApiClientOptions

  constructor(options: ApiClientOptions) {
    this.#options = options
  }

  /** Names of the workflow's example inputs, in the author's order; none for a workflow that is not deployed. */
  async examples(workflow: string): Promise<readonly string[]> {
    const { workflows } = WorkflowsAnswer.parse(await this.#json("/v1/workflows"))
    return workflows.find(({ name }) => name === workflow)?.examples ?? []
  }

  /** Starts a run on an example and returns the run's id. */
  async start(workflow: string, example: string): Promise<string> {
    const body = JSON.stringify({ example })
    const headers = { "content-type": "application/json" }
    return StartAnswer.parse(await this.#json(`/v1/workflows/${workflow}/runs`, { method: "POST", headers, body })).id
  }

  async run(runId: string): Promise<RunView> {
    return RunView.parse(await this.#json(`/v1/runs/${runId}`))
  }

  /** Every event of the run in order, each once, up to the one that ends it; waits for those that are still to come. */
  async *events(runId: string, signal: AbortSignal): AsyncGenerator<RunEvent> {
    let after = 0
    for (;;) {
      try {
        for await (const event of this.#eventsAfter(runId, after, signal)) {
          if (event.seq <= after) continue
          after = event.seq
          yield event
          if (isEnd(event)) return
        }
      } catch (error) {
        if (signal.aborted || !isBrokenConnection(error)) throw error
      }
      await sleep(this.#options.clock, RECONNECT_MS, signal)
    }
  }

  async *#eventsAfter(runId: string, after: number, signal: AbortSignal): AsyncGenerator<RunEvent> {
    const headers = { accept: "text/event-stream", ...(after > 0 ? { "last-event-id": String(after) } : {}) }
    const answer = await this.#send(`/v1/runs/${runId}/events`, { headers, signal })
    if (!answer.body) return
    for await (const message of streamMessages(answer.body)) {
      const event: unknown = JSON.parse(message.data)
      if (isRunEvent(event)) yield event
    }
  }

  async #json(path: string, init: RequestInit = {}): Promise<unknown> {
    return (await this.#send(path, init)).json()
  }

  async #send(path: string, init: RequestInit): Promise<Response> {
    const answer = await this.#options.fetch(`${this.#options.url}${path}`, init)
    if (answer.ok) return answer
    const text = await answer.text()
    throw problem(`${init.method ?? "GET"} ${path} was answered with ${answer.status}`, text)
  }
}

/** An answer that is a problem, as the error it tells of; anything else as the fault that it is. */
function problem(what: string, text: string): WaybillError {
  const { data } = Problem.safeParse(parseJson(text))
  if (data && isErrorCode(data.code)) return new WaybillError(data.code, data.detail)
  return new WaybillError("internal", `${what}: ${text.slice(0, 500)}`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isEnd(event: RunEvent): boolean {
  return event.type === "run.completed" || event.type === "run.failed" || event.type === "run.cancelled"
}

/** What `fetch` throws when the network fails, before the answer or in the middle of it. */
function isBrokenConnection(error: unknown): boolean {
  return error instanceof TypeError && error.cause !== undefined
}

/** The server writes events by the same types that we read them by; this only keeps other messages out. */
function isRunEvent(value: unknown): value is RunEvent {
  return EventView.safeParse(value).success
}
