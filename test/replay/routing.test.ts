/** The routing of today asked about a recorded run: it differs when what was chosen first is chosen no more, and only then. */
import { describe, expect, it } from "vitest"
import { workflow } from "waybill"
import { runWorkflow, type TestRun } from "waybill/testing"
import { z } from "zod"
import { readRecording } from "../../src/engine/recording.ts"
import { memoryHealth } from "../../src/gateway/health.ts"
import { fakeClock } from "../../src/lib/fake-clock.ts"
import { type ReplayReport, replay } from "../../src/replay/replay.ts"
import type { RoutingConfig } from "../../src/routing/config.ts"
import { kindsByName } from "../../src/steps/index.ts"
import { byProvider, fail, say } from "../gateway/wire.ts"
import { type World, type WorldOptions, world } from "../gateway/world.ts"

const flow = (route?: string) =>
  workflow("flow", { version: 1, input: z.object({}) })
    .generate("reply", { prompt: "Reply", retry: { attempts: 1 }, ...(route === undefined ? {} : { route }) })
    .output(({ reply }) => reply.text)

const price = (usd: number) => ({ price: { input: usd, output: usd } })
const models = { one: { model: "alpha/m", ...price(1) }, two: { model: "beta/m", ...price(3) } } as const
const BOTH: RoutingConfig = { models, routes: { generate: { try: ["one", "two"] }, cheap: { try: ["one", "two"] } } }
const usage = { input: 100, output: 10 }

async function recorded(options: Partial<WorldOptions> = {}): Promise<TestRun> {
  const { gateway, settle } = world({ routing: BOTH, script: say("Yes.", usage), ...options })
  return settle(runWorkflow(flow(), {}, { models: gateway }))
}

function today(run: TestRun, { gateway }: Pick<World, "gateway">, code = flow()): Promise<ReplayReport> {
  const recording = readRecording(run.store)
  return replay({ recording, workflow: code, kinds: kindsByName, blobs: run.blobs, forecaster: gateway })
}

const now = (routing = BOTH, options: Partial<WorldOptions> = {}) =>
  world({ routing, script: say("never"), ...options })
const reply = (report: ReplayReport) => report.steps.find(({ path }) => path === "reply")?.routing?.[0]

describe("[REPLAY6] routing asked again", () => {
  it("has not changed where the first choice failed and another served", async () => {
    const run = await recorded({ script: byProvider({ alpha: fail(500), beta: say("Yes.", usage) }) })
    const report = await today(run, now())
    expect(report.routing?.changed).toEqual([])
    expect(reply(report)).toMatchObject({ recorded: "alpha/m", served: "beta/m", today: "alpha/m", changed: false })
  })

  it("has not changed where nobody served", async () => {
    const run = await recorded({ script: fail(401) })
    expect(run.status).toBe("failed")
    const report = await today(run, now())
    expect(reply(report)).toMatchObject({ recorded: "alpha/m", today: "alpha/m", changed: false })
    expect(reply(report)).not.toHaveProperty("served")
  })

  it("is asked in the health of then: whoever is ill now, or was", async () => {
    const clock = fakeClock()
    const ill = memoryHealth(clock)
    for (let count = 0; count < 20; count += 1) ill.failed("alpha/m", { failures: 3, cooldownMs: 1e9 })
    const well = await recorded()
    expect(reply(await today(well, now(BOTH, { health: ill })))).toMatchObject({ today: "alpha/m", changed: false })
    const then = await recorded({ health: ill })
    expect(reply(await today(then, now()))).toMatchObject({ recorded: "beta/m", today: "beta/m", changed: false })
  })

  it("is asked in the latencies of then, where the quickest goes first", async () => {
    const clock = fakeClock()
    const quick = (first: string, second: string) => {
      const health = memoryHealth(clock)
      health.succeeded(first, 10)
      health.succeeded(second, 900)
      return health
    }
    const routing: RoutingConfig = { models, routes: { generate: { try: ["one", "two"], prefer: "latency" } } }
    const run = await recorded({ routing, health: quick("beta/m", "alpha/m") })
    const report = await today(run, now(routing, { health: quick("alpha/m", "beta/m") }))
    expect(reply(report)).toMatchObject({ recorded: "beta/m", today: "beta/m", changed: false })
  })

  it("names the step, the model and the cost that changed", async () => {
    const run = await recorded()
    const report = await today(run, now({ ...BOTH, routes: { generate: { try: ["two", "one"] } } }))
    expect(report.verdict).toBe("same")
    expect(report.routing).toEqual({
      changed: ["reply"],
      recordedNanoUsd: 110_000,
      estimatedNanoUsd: 330_000,
      unpriced: 0,
    })
    expect(reply(report)).toMatchObject({ recorded: "alpha/m", today: "beta/m", changed: true })
  })

  it("names a route that the step asks for now, with or without a routing to ask", async () => {
    const run = await recorded()
    const changes = [{ of: "route", path: "route", after: "cheap" }]
    const report = await today(run, now(), flow("cheap"))
    expect(report.steps).toMatchObject([{ path: "reply", verdict: "request-changed", changes }])
    expect(reply(report)).toMatchObject({ route: { recorded: "generate", today: "cheap" }, changed: false })
  })
})
