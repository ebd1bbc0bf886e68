/** What tests that kill a server share: starting runs, waiting for them without touching them, and what must hold afterwards. */
import { expect } from "vitest"
import type { Environment } from "../../src/cli/programs.ts"
import type { Server } from "../../src/cli/server.ts"
import { startLocalModels } from "../../src/local/server.ts"
import { startSandbox } from "../../workflows/support-refund/sandbox/server.ts"

/** A run that was cut off goes on within this time of the server being ready again. */
export const RESUME_MS = 5_000
/** And it ends within this; how long its models take depends on the machine. */
const FINISH_MS = 60_000
const POLL_MS = 50

export interface LogEvent {
  readonly seq: number
  readonly atMs: number
  readonly type: string
  readonly path: string
  readonly data: { readonly retryAtMs?: number }
}

/** The services outlive the server, as a provider and a bank would. */
export async function startServices() {
  const models = await startLocalModels({ port: 0 })
  const sandbox = await startSandbox({ port: 0, db: ":memory:" })
  const env: Environment = { ...process.env, LOCAL_MODELS_URL: models.url, SANDBOX_URL: sandbox.url }
  const close = async () => void (await Promise.all([models.close(), sandbox.close()]))
  return { env, sandboxUrl: sandbox.url, close }
}

export async function startRun({ url }: Server, workflow: string, example: string): Promise<string> {
  const run = await postJson<{ readonly id: string }>(`${url}/v1/workflows/${workflow}/runs`, { example })
  return run.id
}

/** Waits until the tenant's list says that the run has one of these statuses. Reading the list does not touch the run's object. */
export async function reaches({ url }: Server, runId: string, ...statuses: readonly string[]): Promise<void> {
  const giveUpAtMs = performance.now() + FINISH_MS
  for (;;) {
    const response = await fetch(`${url}/v1/runs?limit=100`)
    const { runs } = (await response.json()) as {
      readonly runs: readonly { readonly id: string; readonly status: string }[]
    }
    const status = runs.find(({ id }) => id === runId)?.status
    if (status !== undefined && statuses.includes(status)) return
    if (performance.now() > giveUpAtMs) throw new Error(`${runId} is ${status ?? "unknown"}, expected ${statuses}`)
    await pause(POLL_MS)
  }
}

export async function eventsOf({ url }: Server, runId: string): Promise<readonly LogEvent[]> {
  const events: LogEvent[] = []
  for (;;) {
    const response = await fetch(`${url}/v1/runs/${runId}/events?limit=500&after=${events.at(-1)?.seq ?? 0}`)
    const page = ((await response.json()) as { readonly events: readonly LogEvent[] }).events
    if (page.length === 0) return events
    events.push(...page)
  }
}

/** No completed step ran again, and every start beyond the first follows an interruption or a failure that is tried again. */
export function nothingTwice(events: readonly LogEvent[]): void {
  const count = (type: string) =>
    Map.groupBy(
      events.filter((event) => event.type === type),
      ({ path }) => path,
    )
  const [interrupted, failed] = [count("step.interrupted"), count("step.failed")]
  const operations = count("operation.completed")
  for (const [path, completed] of count("step.completed")) expect(completed, `${path} completed once`).toHaveLength(1)
  for (const [path, started] of count("step.started")) {
    const cutOff = interrupted.get(path)?.length ?? 0
    const again = (failed.get(path) ?? []).filter(({ data }) => data.retryAtMs !== undefined).length
    expect(started.length, `${path} started once, and again for each interruption`).toBe(1 + cutOff + again)
    const paid = operations.get(path)?.length ?? 0
    if (paid > 0) expect(paid, `${path} was paid once for each attempt at most`).toBeLessThanOrEqual(1 + again)
  }
}

/** When the run went on: its first event after the kill, measured from the server being ready. */
export function resumedWithin(events: readonly LogEvent[], killedAtMs: number, readyAtMs: number, what: string): void {
  const resumed = events.find(({ atMs }) => atMs >= killedAtMs)
  if (resumed) expect(resumed.atMs - readyAtMs, `${what}: from ready to ${resumed.type}`).toBeLessThan(RESUME_MS)
}

export async function postJson<Answer>(url: string, body: object): Promise<Answer> {
  const headers = { "content-type": "application/json" }
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) })
  const text = await response.text()
  expect(response.ok, `${url}: ${text}`).toBe(true)
  return JSON.parse(text)
}

/** Real time: the moment of a kill is the point of these tests, and the server's clock is not ours to move. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
