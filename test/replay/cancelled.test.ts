/** Replays of runs whose process died between the last thing that a step did and the end of the run, and was cancelled there. */
import { describe, expect, it } from "vitest"
import { type Workflow, workflow } from "waybill"
import { createRun, fakeClock, runWorkflow, scriptedModel, type TestRun } from "waybill/testing"
import { z } from "zod"
import { must } from "../../src/lib/assert.ts"
import type { EventType } from "../../src/run/event.ts"
import { MemoryEventStore } from "../../src/store/memory-event-store.ts"
import { differences, replayOf } from "./gallery.ts"

const models = scriptedModel({})
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

const begin = (name: string) => workflow(name, { version: 1, input: z.object({}), timeout: "1h" })

function refuse(): never {
  throw new Error("no")
}

const fails = begin("fails")
  .code("check", (): number => refuse())
  .output(({ check }) => check)

const failsAtOutput = begin("fails-at-output")
  .code("check", () => 1)
  .output((): number => refuse())

const succeeds = begin("succeeds")
  .code("check", () => 1)
  .output(({ check }) => check)

const waits = (check: () => number) =>
  begin("waits")
    .code("check", check)
    .waitFor("letter", { when: ({ check }) => check === 1 })
    .output(({ check }) => check)

const isLate = begin("is-late")
  .waitFor("letter", { timeout: "1m" })
  .output(({ letter }) => letter.payload)

/** A run whose process died with its first event of `type`, and that was cancelled `afterMs` later, before it moved again. */
async function cancelledAfter(type: EventType, flow: Workflow, afterMs = 0): Promise<TestRun> {
  const whole = await runWorkflow(flow, {}, { models })
  const last = must(
    whole.events.find((event) => event.type === type),
    type,
  )
  const store = new MemoryEventStore(whole.store.rows(0, last.seq))
  const run = await createRun(flow, {}, { models, store, clock: fakeClock(last.atMs + afterMs) })
  run.engine.commands.cancel({ compensate: true })
  await run.settle()
  expect(run.status).toBe("cancelled")
  return run
}

describe("[REPLAY1] a replay of a run that was cancelled when nothing was left but to say how it ended", () => {
  it.each([
    ["had failed at a step", "step.failed", fails, 0],
    ["was to fail at its output", "step.completed", failsAtOutput, 0],
    ["was to succeed", "step.completed", succeeds, 0],
    ["had failed at a step, a day before", "step.failed", fails, DAY_MS],
    ["was to succeed, a day before", "step.completed", succeeds, DAY_MS],
    ["had no time left", "step.waiting", waits(() => 1), DAY_MS],
    ["had a step without time left", "step.waiting", isLate, MINUTE_MS],
    ["had a step without time left, a day before", "step.waiting", isLate, DAY_MS],
  ] as const)("is the same: it %s", async (_what, type, flow, afterMs) => {
    const run = await cancelledAfter(type, flow, afterMs)
    const report = await replayOf(run, flow)
    expect({ verdict: report.verdict, end: report.end.changes }).toEqual({ verdict: "same", end: [] })
  })
})

describe("[REPLAY2] a replay of a run that went on and was cancelled later", () => {
  const cases: readonly [string, () => number, string][] = [
    ["fails where today's code fails", refuse, "failed"],
    ["succeeds where today's code is done", () => 2, "succeeded"],
  ]

  it.each(cases)("%s: before anybody cancelled it", async (_what, check, status) => {
    const run = await cancelledAfter(
      "step.waiting",
      waits(() => 1),
      MINUTE_MS,
    )
    const report = await replayOf(run, waits(check))
    expect(report.end).toMatchObject({ recorded: { status: "cancelled" }, replayed: { status } })
    expect(report.firstDifference).toBe("check")
    expect(Object.keys(differences(report))).toContain("letter")
  })
})
