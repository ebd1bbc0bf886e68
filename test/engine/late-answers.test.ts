/** Answers of models that come when nobody waits for them any more: what they cost was paid all the same. */

import { describe, expect, it } from "vitest"
import { tool, workflow } from "waybill"
import { createRun, scriptedModel, type TestRun } from "waybill/testing"
import { z } from "zod"
import { costReport } from "../../src/ledger/report.ts"
import type { OperationRecord } from "../../src/model/record.ts"
import { stepViews } from "../../src/protocol/step-view.ts"
import { attempt, operationRecord } from "../support/log.ts"
import { deferred, lines, NOTHING, until } from "./helpers.ts"

const asks = (options: object = {}) =>
  workflow("asks", { version: 1, input: NOTHING })
    .generate("ask", { prompt: "Well?", ...options })
    .output(({ ask }) => ask.text)

/** A model whose `n`th answer comes when `gates[n]` opens, whether or not it was aborted. */
function deafModel(answers: number) {
  const gates = Array.from({ length: answers }, () => deferred())
  const scripted = scriptedModel(() => ({ text: "paid" }))
  let asked = 0
  const models: typeof scripted = {
    ...scripted,
    operate: async (operation, context, options) => {
      const gate = gates[asked]
      asked += 1
      await gate?.promise
      return scripted.operate(operation, context, { ...options, signal: new AbortController().signal })
    },
  }
  return { models, gates, asked: () => asked }
}

/** What the run says it cost, in every way in which it says it. */
function costs(run: TestRun) {
  const report = costReport(run.events)
  const bySteps = stepViews(run.engine.state, run.events).reduce((sum, { cost }) => sum + cost.nanoUsd, 0)
  return {
    state: run.engine.state.costNanoUsd,
    ledger: report.total.costNanoUsd,
    steps: bySteps,
    categories: report.byCategory.map(({ category, costNanoUsd }) => [category, costNanoUsd]),
  }
}

const paid = (...categories: [string, number][]) => {
  const sum = categories.reduce((total, [, cost]) => total + cost, 0)
  return { state: sum, ledger: sum, steps: sum, categories }
}

describe("an answer that comes late", () => {
  it("[COST9] counts after the run was cancelled, which did not wait for it", async () => {
    const { models, gates, asked } = deafModel(1)
    const run = await createRun(asks(), {}, { models })
    const moved = run.engine.advance()
    await until(() => asked() === 1)
    run.engine.commands.cancel()
    await moved
    expect(run.status).toBe("cancelled")
    const { endedAtMs } = run.engine.state
    gates[0]?.resolve()
    await until(() => run.engine.state.costNanoUsd > 0)
    expect(costs(run)).toEqual(paid(["wasted", 1_000]))
    expect(lines(run.events).slice(-3)).toEqual(["step.failed ask", "run.cancelled", "operation.completed ask"])
    expect(run.engine.state).toMatchObject({ ended: "cancelled", endedAtMs })
  })

  it("[COST9] counts after the run's time was over, and after a sibling's failure", async () => {
    const late = workflow("late", { version: 1, input: NOTHING, timeout: "1h" })
      .generate("ask", { prompt: "Well?" })
      .output(() => null)
    const bad = tool({
      name: "bad",
      description: "Fails.",
      effect: "unsafe",
      input: z.object({}),
      output: z.null(),
      run: () => Promise.reject(new Error("no")),
    })
    const beside = workflow("beside", { version: 1, input: NOTHING })
      .parallel("both", {
        ask: (g) => g.generate("ask", { prompt: "Well?" }),
        fail: (g) => g.tool("bad", bad, () => ({})),
      })
      .output(() => null)
    for (const flow of [late, beside]) {
      const { models, gates, asked } = deafModel(1)
      const run = await createRun(flow, {}, { models })
      const moved = run.engine.advance()
      await until(() => asked() === 1)
      if (flow === late) run.clock.tick(3_600_000)
      run.engine.wake()
      await moved
      expect(run.status).toBe("failed")
      gates[0]?.resolve()
      await until(() => run.engine.state.costNanoUsd > 0)
      expect(costs(run)).toEqual(paid(["wasted", 1_000]))
    }
  })

  it("[COST9] is no answer to the next attempt, and wastes none of what that pays", async () => {
    const { models, gates, asked } = deafModel(2)
    const retry = { attempts: 2, delay: "1s", jitter: false } as const
    const run = await createRun(asks({ timeout: "1m", retry }), {}, { models })
    void run.engine.advance()
    await until(() => asked() === 1)
    run.clock.tick(60_000)
    await until(() => run.engine.state.steps.get("ask")?.status === "retrying")
    run.clock.tick(1_000)
    void run.engine.advance()
    await until(() => asked() === 2)
    gates[1]?.resolve()
    await until(() => run.status === "succeeded")
    gates[0]?.resolve()
    await until(() => run.engine.state.costNanoUsd === 2_000)
    expect(costs(run)).toEqual(paid(["committed", 1_000], ["wasted", 1_000]))
  })
})

describe("a call that is aborted with its run", () => {
  it("[COST9] counts with what it cost until then", async () => {
    const record: OperationRecord = operationRecord([attempt(1, { outcome: "aborted", costNanoUsd: 40 })])
    let calls = 0
    const models = {
      operate: (
        _operation: unknown,
        _context: unknown,
        options: { signal: AbortSignal; onReject?: (of: OperationRecord) => void },
      ) => {
        calls += 1
        return new Promise<never>((_, reject) => {
          options.signal.addEventListener("abort", () => {
            options.onReject?.(record)
            reject(options.signal.reason)
          })
        })
      },
    }
    const run = await createRun(asks(), {}, { models })
    const moved = run.engine.advance()
    await until(() => calls === 1)
    run.engine.commands.cancel()
    await moved
    await until(() => run.engine.state.costNanoUsd > 0)
    expect(costs(run)).toEqual(paid(["wasted", 40]))
  })
})
