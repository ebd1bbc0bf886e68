/** What a fork would do again and cost, read from recordings. */
import { expect, it } from "vitest"
import { workflow } from "waybill"
import { createRun, scriptedModel, type TestRun } from "waybill/testing"
import { z } from "zod"
import { readRecording } from "../../src/engine/recording.ts"
import { costReport } from "../../src/ledger/report.ts"
import { forkForecast, type StepCosts, stepCosts } from "../../src/replay/fork-forecast.ts"
import { stepEvent } from "../../src/run/event.ts"
import { kindsByName } from "../../src/steps/index.ts"
import { eventsIn } from "../../src/store/pages.ts"
import { attempt, completed, operation, operationRecord, runLog, started } from "../support/log.ts"

/** Asks a model for each item and once more behind them; fails at the third item when it is told to. */
const flow = workflow("pages", { version: 1, input: z.object({ pages: z.number(), fails: z.boolean() }) })
  .generate("opening", { prompt: "Open" })
  .map("items", {
    over: ({ input }) => Array.from({ length: input.pages }, (_, index) => index),
    concurrency: 1,
    each: (g) =>
      g.generate("read", { prompt: ({ item }) => `Read ${item}` }).code("check", ({ input, index }) => {
        if (input.fails && index === 2) throw new Error("illegible")
        return index
      }),
  })
  .generate("closing", { prompt: "Close" })
  .output(({ closing }) => closing.text)

async function run(pages: number, fails = false): Promise<TestRun> {
  const made = await createRun(
    flow,
    { pages, fails },
    { models: scriptedModel(() => ({ text: "x" }), { costNanoUsd: 10 }) },
  )
  await made.settle()
  return made
}

function costsOf({ store }: TestRun): StepCosts {
  return stepCosts(costReport(eventsIn(store)))
}

function forecast(of: TestRun, at: string, samples: readonly StepCosts[] = []) {
  return forkForecast(readRecording(of.store), flow, kindsByName, { at, edits: {} }, samples)
}

it("lists the recorded steps that are done again, and what they cost", async () => {
  const failed = await run(4, true)
  expect(forecast(failed, "items[2].read")).toMatchObject({
    redone: [
      { path: "items[2].read", kind: "generate", status: "completed", costNanoUsd: 10 },
      { path: "items[2].check", kind: "code", status: "failed", costNanoUsd: 0 },
    ],
    lowNanoUsd: 10,
    highNanoUsd: 10,
    samples: 0,
  })
})

it("reads what the run never came to from runs that did: a range, and other items are kept", async () => {
  const failed = await run(4, true)
  const samples = [costsOf(await run(3)), costsOf(await run(6))]
  expect(forecast(failed, "items[2].check", samples)).toMatchObject({ lowNanoUsd: 10, highNanoUsd: 10, samples: 2 })
  expect(forecast(failed, "items", samples)).toMatchObject({ lowNanoUsd: 40, highNanoUsd: 70 })
  expect(forecast(failed, "opening", samples)).toMatchObject({ lowNanoUsd: 50, highNanoUsd: 80 })
})

it("takes the run's own cost for the most when the others were cheaper", async () => {
  const whole = await run(6)
  expect(forecast(whole, "items", [costsOf(await run(1))])).toMatchObject({ lowNanoUsd: 20, highNanoUsd: 70 })
})

it("[BULK1] expects no call to cost what is booked for one that a crash lost", () => {
  const lost = stepEvent("step.interrupted", "a", 1, { parked: false, lost: { costNanoUsd: 5_000_000 } })
  const answered = operation("a", 2, 0, operationRecord([attempt(1, { costNanoUsd: 10 })]))
  const report = costReport(runLog(started("a"), lost, started("a", 2), answered, completed("a", 2)))
  expect(report.total.costNanoUsd).toBe(5_000_010)
  expect(stepCosts(report)).toEqual([{ path: "a", costNanoUsd: 10 }])
})
