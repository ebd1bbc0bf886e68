/** What a run was charged for, and that every way of adding it up gives the same nano-dollars. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { ledgerEntries } from "../../src/ledger/entry.ts"
import { costReport } from "../../src/ledger/report.ts"
import type { NewEvent } from "../../src/run/event.ts"
import { stepEvent } from "../../src/run/event.ts"
import { foldRun } from "../../src/run/fold.ts"
import {
  attempt,
  completed,
  failed,
  HEADER,
  operation,
  operationRecord,
  runLog,
  started,
  usage,
} from "../support/log.ts"
import { anyLog } from "../support/random-log.ts"

const categories = (...events: NewEvent[]) =>
  ledgerEntries(runLog(...events)).map(({ path, stepAttempt, operation, attempt, category, costNanoUsd }) => [
    `${path}/${stepAttempt}/${operation ?? "-"}/${attempt ?? "-"}`,
    category,
    costNanoUsd,
  ])

const one = (costNanoUsd: number) => operationRecord([attempt(1, { costNanoUsd })])

describe("what child runs cost", () => {
  const began = (runId: string) => stepEvent("child.started", "kid", 1, { runId, workflow: "inner" })
  const ended = (runId: string, costNanoUsd: number) =>
    stepEvent("child.ended", "kid", 1, { runId, status: "failed", costNanoUsd })

  it("[COST5] stands beside what the run paid for itself, and both add up to the total", () => {
    const report = costReport(
      runLog(
        started("a"),
        operation("a", 1, 0, one(3)),
        completed("a"),
        started("kid", 1, "child"),
        began("run_b"),
        began("run_c"),
        ended("run_b", 5),
        stepEvent("child.charged", "kid", 1, { runId: "run_b", costNanoUsd: 11 }),
      ),
    )
    expect(report.total.costNanoUsd).toBe(3)
    expect(report.children).toEqual([
      { runId: "run_b", workflow: "inner", path: "kid", status: "failed", costNanoUsd: 11 },
      { runId: "run_c", workflow: "inner", path: "kid", costNanoUsd: 0 },
    ])
    expect(report.withChildren).toEqual({ costNanoUsd: 14, usd: "0.000000014" })
  })
})

describe("ledger entries", () => {
  it("[COST1] one for each call, failed ones included, with who was called and what it used", () => {
    const record = operationRecord([
      attempt(1, { provider: "anthropic", model: "claude", outcome: "failed", usage: usage(0, 0), costNanoUsd: 0 }),
      attempt(2, { outcome: "failed", purpose: "reask", costNanoUsd: 300 }),
      attempt(3, { usage: usage(90, 20, { cacheReadTokens: 50 }), costNanoUsd: 500, priced: false }),
    ])
    expect(
      ledgerEntries(runLog(started("decision"), operation("decision", 1, 0, record), completed("decision"))),
    ).toEqual([
      expect.objectContaining({
        attempt: 1,
        provider: "anthropic",
        model: "claude",
        category: "wasted",
        costNanoUsd: 0,
      }),
      expect.objectContaining({ attempt: 2, purpose: "reask", category: "wasted", costNanoUsd: 300 }),
      {
        seq: 4,
        atMs: expect.any(Number),
        path: "decision",
        kind: "plan",
        stepAttempt: 1,
        operation: 0,
        attempt: 3,
        category: "committed",
        type: "generate",
        provider: "openai",
        model: "gpt-5-nano",
        usage: usage(90, 20, { cacheReadTokens: 50 }),
        costNanoUsd: 500,
        priced: false,
      },
    ])
  })

  it("[COST7] an answer out of AI Gateway's cache is cached, not committed", () => {
    const record = operationRecord([attempt(1, { cached: true, usage: usage(0, 0), costNanoUsd: 0 })])
    expect(categories(started("a"), operation("a", 1, 0, record), completed("a"))).toEqual([["a/1/0/1", "cached", 0]])
  })

  it("[COST2] an answer that a later failure of its step threw away is wasted", () => {
    const events = [started("a"), operation("a", 1, 0, one(10)), operation("a", 1, 1, one(20))]
    expect(categories(...events)).toEqual([
      ["a/1/0/1", "committed", 10],
      ["a/1/1/1", "committed", 20],
    ])
    const retried = [...events, failed("a", 1, 5), started("a", 2), operation("a", 2, 0, one(40)), completed("a", 2)]
    expect(categories(...retried)).toEqual([
      ["a/1/0/1", "wasted", 10],
      ["a/1/1/1", "wasted", 20],
      ["a/2/0/1", "committed", 40],
    ])
  })

  it("[COST2] a failure wastes nothing of other steps, and nothing that a completed step used", () => {
    const events = [
      ...[started("a"), operation("a", 1, 0, one(10)), completed("a")],
      ...[started("b"), operation("b", 1, 0, one(20)), started("c"), operation("c", 1, 0, one(30)), failed("b")],
    ]
    expect(categories(...events).map(([, category]) => category)).toEqual(["committed", "wasted", "committed"])
  })

  it("[COST2] an answer paid for before a crash is used after it, so it is not wasted", () => {
    const crash = stepEvent("step.interrupted", "a", 1, { parked: false })
    const events = [started("a"), operation("a", 1, 0, one(10)), crash, started("a", 2), completed("a", 2)]
    expect(categories(...events)).toEqual([["a/1/0/1", "committed", 10]])
  })

  it("an answer to an input that was edited afterwards is wasted once its place is asked again", () => {
    const edit = stepEvent("step.edited", "a", 0, { input: 2 })
    const crash = stepEvent("step.interrupted", "a", 1, { parked: true })
    const before = [started("a"), operation("a", 1, 0, one(10)), crash, edit, started("a", 2)]
    expect(categories(...before, operation("a", 2, 0, one(20)), completed("a", 2))).toEqual([
      ["a/1/0/1", "wasted", 10],
      ["a/2/0/1", "committed", 20],
    ])
  })

  it("an operation that failed as a whole is wasted, whatever its attempts say", () => {
    expect(categories(started("a"), operation("a", 1, 0, one(10), { failed: true }))).toEqual([
      ["a/1/0/1", "wasted", 10],
    ])
  })

  it("[COST3] the loser of a hedge is booked as hedged, whichever call it was", () => {
    const lost = operationRecord([
      attempt(1, { outcome: "aborted", costNanoUsd: 5 }),
      attempt(2, { purpose: "hedge", costNanoUsd: 7 }),
    ])
    expect(categories(started("a"), operation("a", 1, 0, lost)).map(([, category]) => category)).toEqual([
      "hedged",
      "committed",
    ])
    const cancelled = operationRecord([attempt(1, { outcome: "aborted", costNanoUsd: 5 })])
    expect(categories(started("a"), operation("a", 1, 0, cancelled, { failed: true }))[0]?.[1]).toBe("wasted")
  })

  it("[COST3] a call lost in a crash is booked at what was reserved for it, as unknown", () => {
    const crash = stepEvent("step.interrupted", "a", 1, { parked: false, lost: { costNanoUsd: 2_500 } })
    const events = [started("a"), crash, started("a", 2), operation("a", 2, 0, one(10)), completed("a", 2)]
    expect(categories(...events)).toEqual([
      ["a/1/-/-", "unknown", 2_500],
      ["a/2/0/1", "committed", 10],
    ])
    expect(costReport(runLog(...events)).total).toMatchObject({ calls: 2, costNanoUsd: 2_510, unpricedCalls: 0 })
  })

  it("[COST3] cached and replayed answers cost nothing and are no calls", () => {
    const served = { provider: "local", model: "extract", verdict: "served", reason: "first" } as const
    const cached = operationRecord([], { cache: "hit", decision: { ...one(1).decision, candidates: [served] } })
    const events = [started("a"), operation("a", 1, 0, cached), operation("a", 1, 1, one(900), { replayed: true })]
    const log = runLog(...events, completed("a"))
    expect(ledgerEntries(log)).toMatchObject([
      { category: "cached", provider: "local", model: "extract", costNanoUsd: 0, usage: usage(0, 0) },
      { category: "replayed", provider: "openai", model: "gpt-5-nano", costNanoUsd: 0, usage: usage(0, 0) },
    ])
    expect(costReport(log).total).toMatchObject({ calls: 0, costNanoUsd: 0 })
    expect(foldRun(log).costNanoUsd).toBe(0)
  })
})

describe("the cost report", () => {
  it("[COST4] adds up by step, by model and by category", () => {
    const claude = operationRecord([
      attempt(1, { provider: "anthropic", model: "claude", costNanoUsd: 7, priced: false }),
    ])
    const report = costReport(
      runLog(
        ...[started("screen", 1, "vision"), operation("screen", 1, 0, one(1_000_000_001)), completed("screen")],
        ...[started("decision"), operation("decision", 1, 0, claude), failed("decision", 1, 5)],
        ...[started("decision", 2), operation("decision", 2, 0, one(20)), completed("decision", 2)],
      ),
    )
    expect(report).toMatchObject({
      runId: HEADER.runId,
      workflow: "support-refund",
      total: { calls: 3, costNanoUsd: 1_000_000_028, usage: usage(300, 30), unpricedCalls: 1 },
      totalUsd: "1.000000028",
      byCategory: [
        { category: "committed", calls: 2, costNanoUsd: 1_000_000_021 },
        { category: "wasted", calls: 1, costNanoUsd: 7 },
      ],
      byStep: [
        { path: "screen", kind: "vision", costNanoUsd: 1_000_000_001 },
        { path: "decision", kind: "plan", costNanoUsd: 27, calls: 2 },
      ],
      byModel: [
        { provider: "openai", model: "gpt-5-nano", costNanoUsd: 1_000_000_021 },
        { provider: "anthropic", model: "claude", costNanoUsd: 7, unpricedCalls: 1 },
      ],
    })
  })

  it("[COST4] of any log, every list and the run's own state give the same nano-dollars and tokens", () => {
    fc.assert(
      fc.property(anyLog, (events) => {
        const { total, byCategory, byStep, byModel, entries } = costReport(events)
        expect(foldRun(events).costNanoUsd).toBe(total.costNanoUsd)
        for (const list of [byCategory, byStep, byModel, entries]) {
          expect(list.reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0)).toBe(total.costNanoUsd)
          expect(list.reduce((sum, { usage }) => sum + usage.inputTokens, 0)).toBe(total.usage.inputTokens)
        }
        for (const list of [byCategory, byStep, byModel])
          expect(list.reduce((sum, { calls }) => sum + calls, 0)).toBe(total.calls)
      }),
    )
  })
})
