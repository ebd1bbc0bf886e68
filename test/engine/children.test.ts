/** Child runs over the lives of their parents: who is cancelled, who is started anew, and what the parent still owes. */

import { describe, expect, it } from "vitest"
import { workflow } from "waybill"
import { createRun, fakeClock, type TestRun } from "waybill/testing"
import { WaybillError } from "../../src/lib/errors.ts"
import { lines, mortalRun, NOTHING, noModels } from "./helpers.ts"

const HOUR_MS = 3_600_000

const inner = workflow("inner", { version: 1, input: NOTHING })
  .waitFor("go")
  .output(() => "done")

const outer = (options: object = {}) =>
  workflow("outer", { version: 1, input: NOTHING })
    .child("kid", inner, () => ({}), options)
    .output(({ kid }) => kid)

const twice = { attempts: 2, delay: "1m", jitter: false } as const

function statuses(run: TestRun): string[] {
  return [...run.children.values()].map(({ status }) => status)
}

function nth(run: TestRun, place: number): TestRun {
  const child = [...run.children.values()][place]
  if (!child) throw new Error(`The run has no child ${place}.`)
  return child
}

describe("a child whose step's time is over while its parent is out of memory", () => {
  it("[STEP13] is cancelled when the parent is back", async () => {
    const run = await mortalRun(outer({ timeout: "1h" }), {}, { workflows: [inner] })
    await run.settle({ skipTime: false })
    const again = await run.revive({ clock: fakeClock(run.clock.nowMs() + HOUR_MS + 1) })
    await again.settle({ skipTime: false })
    expect(again.engine.state.error).toMatchObject({ code: "step_timeout" })
    expect(statuses(again)).toEqual(["cancelled"])
  })

  it("[STEP13] is cancelled before the step is tried again", async () => {
    const run = await mortalRun(outer({ timeout: "1h", retry: twice }), {}, { workflows: [inner] })
    await run.settle({ skipTime: false })
    const again = await run.revive({ clock: fakeClock(run.clock.nowMs() + HOUR_MS + 1) })
    await again.settle({ skipTime: false })
    expect(statuses(again)).toEqual(["cancelled"])
    again.clock.moveTo(again.clock.nowMs() + 60_000)
    await again.settle({ skipTime: false })
    expect(statuses(again)).toEqual(["cancelled", "waiting"])
  })
})

describe("a child of a run that is kept in a region", () => {
  it("[LIVE9] is kept there too, as its id says", async () => {
    const runId = "run_01jd2k00000000000000000000-eu"
    const header = { region: "eu", jurisdiction: { asked: "eu", applied: true } }
    const run = await createRun(outer(), {}, { models: noModels, workflows: [inner], runId, header })
    await run.settle({ skipTime: false })
    expect([...run.children.keys()]).toEqual([expect.stringMatching(/^run_01jd2k0000[0-9a-f]{16}-eu$/)])
    expect(nth(run, 0).engine.state.header).toMatchObject({ region: "eu" })
  })
})

describe("a child step that is tried again", () => {
  it("[STEP12] starts a new run after its time was over, and takes no notice of the end of the one before", async () => {
    const options = { models: noModels, workflows: [inner] }
    const run = await createRun(outer({ timeout: "1h", retry: twice }), {}, options)
    await run.settle({ skipTime: false })
    run.clock.moveTo(run.clock.nowMs() + HOUR_MS)
    await run.settle({ skipTime: false })
    expect(statuses(run)).toEqual(["cancelled"])
    run.clock.moveTo(run.clock.nowMs() + 60_000)
    await run.settle({ skipTime: false })
    expect(statuses(run)).toEqual(["cancelled", "waiting"])
    await nth(run, 1).engine.commands.signal("go", null)
    await run.settle({ skipTime: false })
    expect(run.output).toBe("done")
  })
})

describe("a child that cannot be reached", () => {
  const unreachable = (run: TestRun) => {
    const { commands } = nth(run, 0).engine
    const cancel = commands.cancel.bind(commands)
    const line = { tries: 0, isDown: true }
    commands.cancel = (options) => {
      line.tries += 1
      if (line.isDown) throw new WaybillError("server_failed", "The child is out of reach.")
      cancel(options)
    }
    return line
  }

  it("[STEP17] is told that it is cancelled when it can be reached again, however long that takes", async () => {
    const run = await createRun(outer(), {}, { models: noModels, workflows: [inner] })
    await run.settle({ skipTime: false })
    const line = unreachable(run)
    run.engine.commands.cancel()
    for (let hour = 0; hour < 48; hour += 1) {
      run.clock.moveTo(run.clock.nowMs() + HOUR_MS)
      await run.settle({ skipTime: false })
    }
    expect(run.status).toBe("cancelled")
    expect(statuses(run)).toEqual(["waiting"])
    expect(run.engine.nextWakeMs()).toBeGreaterThan(run.clock.nowMs())
    line.isDown = false
    await run.settle()
    expect(statuses(run)).toEqual(["cancelled"])
    expect(line.tries).toBeLessThan(100)
    expect(run.engine.nextWakeMs()).toBeUndefined()
  })

  it("[STEP17] is told by the parent's next process too", async () => {
    const run = await mortalRun(outer(), {}, { workflows: [inner] })
    await run.settle({ skipTime: false })
    const line = unreachable(run)
    run.engine.commands.cancel()
    await run.settle({ skipTime: false })
    const again = await run.revive()
    line.isDown = false
    await again.settle()
    expect(statuses(again)).toEqual(["cancelled"])
  })

  it("[STEP17] or was never started, owes no answer", async () => {
    const run = await mortalRun(outer(), {}, { workflows: [inner] })
    await run.settle({ skipTime: false })
    const again = await run.revive({ children: new Map() })
    again.engine.commands.cancel()
    await again.settle({ skipTime: false })
    expect(again.engine.nextWakeMs()).toBeUndefined()
    expect(lines(again.events, "kid").at(-1)).toBe("child.ended 1")
  })
})
