/** From a log to what the doors show of it. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { RunView, runView } from "../../src/protocol/run-view.ts"
import { StepView, stepView, stepViews } from "../../src/protocol/step-view.ts"
import { hasEnded, listItem, RunListItem, runSummary } from "../../src/protocol/summary.ts"
import { type RunEvent, runEvent, stepEvent } from "../../src/run/event.ts"
import { foldRun } from "../../src/run/fold.ts"
import {
  attempt,
  completed,
  composite,
  failed,
  HEADER,
  operation,
  operationRecord,
  runLog,
  started,
  T0,
} from "../support/log.ts"
import { anyLog } from "../support/random-log.ts"

const view = (events: readonly RunEvent[]) => runView(foldRun(events))

describe("a run's view", () => {
  it("shows what the run was asked to be, and how it stands", () => {
    const log = runLog(started("a"))
    expect(view(log)).toMatchObject({
      id: HEADER.runId,
      workflow: HEADER.workflow,
      status: "running",
      tenant: "acme",
      createdAt: new Date(T0).toISOString(),
      cost: { usd: "0.000000000", nanoUsd: 0 },
      waiting: [],
      seq: 3,
      links: { self: `/v1/runs/${HEADER.runId}`, events: `/v1/runs/${HEADER.runId}/events` },
    })
  })

  it("shows of an ended run when it ended, and why it failed with a remedy", () => {
    const error = { code: "tool_failed", message: "no route to bank", path: "a" } as const
    const ended = view(runLog(started("a"), runEvent("run.failed", { error, at: "a" })))
    expect(ended).toMatchObject({ status: "failed", failedAt: "a", durationMs: 30, error: { code: "tool_failed" } })
    expect(ended.error?.remedy).not.toBe("")
    expect(hasEnded(ended)).toBe(true)
  })

  it.each([
    ["approval", { reason: "approval", summary: "Pay?", approvers: ["ann"] }, "/approvals/items%5B3%5D.ask"],
    ["signal", { reason: "signal", signal: "paid up" }, "/signals/paid%20up"],
    ["sleep", { reason: "sleep", untilMs: T0 }, undefined],
  ] as const)("says of a wait for a %s where the answer goes", (_reason, waiting, link) => {
    const path = "items[3].ask"
    const shown = view(runLog(started(path), stepEvent("step.waiting", path, 1, waiting)))
    expect(shown.status).toBe("waiting")
    const answer = link === undefined ? {} : { answer: `/v1/runs/${HEADER.runId}${link}` }
    const until = "untilMs" in waiting ? { until: new Date(T0).toISOString() } : {}
    expect(shown.waiting).toEqual([{ path, ...waiting, ...answer, ...until }])
  })
})

describe("a step's view", () => {
  it("shows attempts, failures, the model that answered and why, and what all of it cost", () => {
    const log = runLog(
      started("a"),
      operation("a", 1, 0, operationRecord([attempt(1, { outcome: "failed", costNanoUsd: 5 })]), { failed: true }),
      failed("a", 1, T0 + 1_000),
      started("a", 2),
      operation("a", 2, 0, operationRecord([attempt(1, { costNanoUsd: 7 })])),
      completed("a", 2),
    )
    expect(stepView(foldRun(log), log, "a")).toMatchObject({
      path: "a",
      status: "completed",
      attempts: 2,
      model: "openai/gpt-5-nano",
      cost: { nanoUsd: 12 },
      failures: [{ attempt: 1, class: "own_code.exception", retryAtMs: T0 + 1_000, error: { code: "step_failed" } }],
      operations: [
        { stepAttempt: 1, attempts: [{ outcome: "failed" }] },
        { stepAttempt: 2, attempts: [{ outcome: "succeeded" }] },
      ],
    })
  })

  it("comes in the order in which the steps first started, in pages", () => {
    const log = runLog(composite("outcome"), started("outcome.a"), completed("outcome.a"), started("b"), failed("b"))
    const state = foldRun(log)
    const paths = (page?: { offset: number; limit: number }) => stepViews(state, log, page).map(({ path }) => path)
    expect(paths()).toEqual(["outcome", "outcome.a", "b"])
    expect(paths({ offset: 1, limit: 1 })).toEqual(["outcome.a"])
    expect(paths({ offset: 3, limit: 5 })).toEqual([])
    expect(stepView(state, log, "c")).toBeUndefined()
  })
})

describe("a step that starts child runs", () => {
  const [first, second] = ["run_01jd2kz8w0000000000000000b", "run_01jd2kz8w0000000000000000c"] as const
  const child = (runId: string, attempt: number) =>
    stepEvent("child.started", "kid", attempt, { runId, workflow: "inner" })
  const log = runLog(
    started("kid", 1, "child"),
    child(first, 1),
    failed("kid", 1, T0 + 1_000),
    started("kid", 2, "child"),
    child(second, 2),
    stepEvent("child.ended", "kid", 2, { runId: first, status: "cancelled", costNanoUsd: 5 }),
    stepEvent("child.charged", "kid", 2, { runId: first, costNanoUsd: 7 }),
  )

  it("[COST5] shows each of them, under way or ended, with what it cost, which is part of the run's total", () => {
    const state = foldRun(log)
    expect(stepView(state, log, "kid")).toMatchObject({
      cost: { nanoUsd: 0 },
      children: [
        { id: first, workflow: "inner", status: "cancelled", cost: { nanoUsd: 7 } },
        { id: second, workflow: "inner", links: { self: `/v1/runs/${second}` } },
      ],
    })
    expect(StepView.parse(stepView(state, log, "kid"))).toEqual(stepView(state, log, "kid"))
    expect(view(log)).toMatchObject({ cost: { nanoUsd: 0 }, totalCost: { nanoUsd: 7 } })
  })
})

describe("whatever happened to a run", () => {
  it("its views fit their schemas, and its steps' costs add up to its own", () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        const state = foldRun(log)
        const shown = runView(state)
        expect(RunView.parse(shown)).toEqual(shown)
        const steps = stepViews(state, log)
        for (const step of steps) expect(StepView.parse(step)).toEqual(step)
        expect(steps.reduce((sum, { cost }) => sum + cost.nanoUsd, 0)).toBe(shown.cost.nanoUsd)
        const children = steps.flatMap((step) => step.children ?? [])
        const below = children.reduce((sum, { cost }) => sum + (cost?.nanoUsd ?? 0), 0)
        expect(shown.cost.nanoUsd + below).toBe(shown.totalCost.nanoUsd)
        const item = listItem(runSummary(state))
        expect(RunListItem.parse(item)).toEqual(item)
      }),
    )
  })
})
