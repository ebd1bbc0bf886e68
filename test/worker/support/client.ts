/**
 * The HTTP doors as a program on the same machine knocks on them. Every JSON answer is held against the schema that the
 * endpoint, and so the OpenAPI document, promises for its status: nothing may be missing, and nothing may be undeclared.
 */
import { exports } from "cloudflare:workers"
import { expect } from "vitest"
import { endpoints } from "../../../src/api/index.ts"
import { isJsonObject } from "../../../src/lib/json.ts"
import { PROBLEM_TYPE, Problem } from "../../../src/protocol/problem.ts"

export const ORIGIN = "http://127.0.0.1:8787"

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
}

export function send(path: string, init: RequestInit = {}, origin = ORIGIN): Promise<Response> {
  return exports.default.fetch(new Request(`${origin}${path}`, init))
}

export async function get(path: string, headers: Record<string, string> = {}): Promise<Reply> {
  return checkedReply("GET", path, await send(path, { headers }))
}

/** Sends `body`, which is JSON unless it is text already. */
export function post(path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<Reply> {
  return sendBody("POST", path, body, headers)
}

/** As `post`. */
export function put(path: string, body: unknown): Promise<Reply> {
  return sendBody("PUT", path, body)
}

export async function del(path: string): Promise<Reply> {
  return checkedReply("DELETE", path, await send(path, { method: "DELETE" }))
}

async function sendBody(method: string, path: string, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body)
  const init = { method, body: text, headers: { "content-type": "application/json", ...headers } }
  return checkedReply(method, path, await send(path, init))
}

/** Starts a run of `workflow` on `input` and returns its id. */
export async function start(workflow: string, input: unknown, more: object = {}): Promise<string> {
  const { status, body } = await post(`/v1/workflows/${workflow}/runs`, { input, ...more })
  expect(status, JSON.stringify(body)).toBe(202)
  return String(body.id)
}

/** Starts a run and waits until it has ended; returns the finished run. */
export async function finish(workflow: string, input: unknown, more: object = {}): Promise<Reply["body"]> {
  const { status, body } = await post(`/v1/workflows/${workflow}/runs?wait=30`, { input, ...more })
  expect(status, JSON.stringify(body)).toBe(200)
  return body
}

/** The run as soon as it is `status`; fails when it never is. */
export async function until(id: string, status: string): Promise<Reply["body"]> {
  for (let after = 0; ; ) {
    const { body } = await get(`/v1/runs/${id}`)
    if (body.status === status) return body
    if (Number(body.seq) === after || body.endedAt !== undefined) expect(body).toMatchObject({ status })
    after = Number(body.seq)
    await nextEvent(id, after)
  }
}

/** Waits, on the run's own event stream, for an event after `after`. */
async function nextEvent(id: string, after: number): Promise<void> {
  const stream = await send(`/v1/runs/${id}/events?after=${after}`, { headers: { accept: "text/event-stream" } })
  const reader = stream.body?.getReader()
  await reader?.read()
  await reader?.cancel()
}

async function checkedReply(method: string, path: string, response: Response): Promise<Reply> {
  const parsed: unknown = await response.json()
  const schema = response.ok ? promised(method, path, response.status) : Problem
  if (!response.ok) expect(response.headers.get("content-type")).toBe(PROBLEM_TYPE)
  if (schema) expect(schema.parse(parsed)).toEqual(parsed)
  return { status: response.status, headers: response.headers, body: isJsonObject(parsed) ? parsed : {} }
}

function promised(method: string, path: string, status: number) {
  const [plain = ""] = path.split("?")
  const endpoint = endpoints.find((candidate) => candidate.method === method && pattern(candidate.path).test(plain))
  expect(endpoint?.answers, `${method} ${path} promises an answer of ${status}`).toHaveProperty(String(status))
  return endpoint?.answers[status]?.schema
}

function pattern(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`)
}
