/** Runs that undo themselves, and what becomes of their children then. */

import { describe, expect, it } from "vitest"
import { NonRetryableError, tool, workflow } from "waybill"
import { createRun, runWorkflow, type TestRun } from "waybill/testing"
import { z } from "zod"
import { WaybillError } from "../../src/lib/errors.ts"
import { mortalRun, NOTHING, noModels } from "./helpers.ts"

/** A tool that notes in `done` what it does and undoes. */
const noting = (name: string, done: string[], undo: () => void = () => {}) =>
  tool({
    name,
    description: "Does something that can be undone.",
    effect: "idempotent",
    input: z.object({}),
    output: z.null(),
    retry: { attempts: 1 },
    run() {
      done.push(name)
      return null
    },
    compensate() {
      undo()
      done.push(`undo ${name}`)
    },
  })

const broken = tool({
  name: "broken",
  description: "Fails.",
  effect: "idempotent",
  input: z.object({}),
  output: z.null(),
  run: () => Promise.reject(new NonRetryableError("no")),
})

/** A saga in which a run of its own books the room: `booking` ends at once, or waits for a signal when it is `slow`. */
function saga(undo?: () => void) {
  const done: string[] = []
  const deep = workflow("deep", { version: 1, input: NOTHING })
    .tool("key", noting("key", done), () => ({}))
    .output(() => null)
  const booking = workflow("booking", { version: 1, input: z.object({ slow: z.boolean() }) })
    .tool("room", noting("room", done, undo), () => ({}))
    .child("key", deep, () => ({}))
    .tool("bed", noting("bed", done), () => ({}))
    .waitFor("go", { when: ({ input }) => input.slow })
    .output(() => null)
  const flow = (slow: boolean, options: object = {}) =>
    workflow("saga", { version: 1, input: NOTHING })
      .tool("flight", noting("flight", done), () => ({}))
      .child("booking", booking, () => ({ slow }), options)
      .tool("car", noting("car", done), () => ({}))
      .tool("last", broken, () => ({}))
      .output(() => null)
  return { done, flow, options: { models: noModels, workflows: [booking, deep] } }
}

const children = (run: TestRun) => [...run.children.values()].map(({ status }) => status)

describe("the children of a run that is undone", () => {
  it("[UNDO9] are undone when it failed, though they had succeeded, in their place and last first", async () => {
    const { done, flow, options } = saga()
    const run = await runWorkflow(flow(false), {}, options)
    expect(run.status).toBe("failed")
    expect(done.slice(5)).toEqual(["undo car", "undo bed", "undo key", "undo room", "undo flight"])
    expect(run.engine.state.steps.get("booking")?.compensation).toBe("completed")
    expect(children(run)).toEqual(["succeeded"])
  })

  it("[UNDO9] are cancelled and undone before all else when it is cancelled with compensation", async () => {
    const { done, flow, options } = saga()
    const run = await createRun(flow(true), {}, options)
    await run.settle({ skipTime: false })
    run.engine.commands.cancel({ compensate: true })
    await run.settle()
    expect(children(run)).toEqual(["cancelled"])
    expect(done.slice(4)).toEqual(["undo bed", "undo key", "undo room", "undo flight"])
  })

  it("[UNDO9] are undone when the step's time was over and the run failed of that", async () => {
    const { done, flow, options } = saga()
    const run = await runWorkflow(flow(true, { timeout: "1h" }), {}, options)
    expect(run.engine.state.error).toMatchObject({ code: "step_timeout" })
    expect(done.slice(4)).toEqual(["undo bed", "undo key", "undo room", "undo flight"])
  })

  it("[UNDO9] are left alone where they are to be, and when nobody asked for compensation", async () => {
    const kept = saga()
    const run = await runWorkflow(kept.flow(false, { onCancel: "leave" }), {}, kept.options)
    expect(run.status).toBe("failed")
    expect(kept.done.slice(5)).toEqual(["undo car", "undo flight"])
    const plain = saga()
    const cancelled = await createRun(plain.flow(true), {}, plain.options)
    await cancelled.settle({ skipTime: false })
    cancelled.engine.commands.cancel()
    await cancelled.settle()
    expect(children(cancelled)).toEqual(["cancelled"])
    expect(plain.done.filter((what) => what.startsWith("undo"))).toEqual([])
  })

  it("[UNDO9] [UNDO4] that cannot be undone whole are reported, and the others are undone all the same", async () => {
    const { done, flow, options } = saga(() => {
      throw new NonRetryableError("The room is taken.")
    })
    const run = await runWorkflow(flow(false), {}, options)
    expect(done.slice(5)).toEqual(["undo car", "undo bed", "undo key", "undo flight"])
    const [failed] = run.events.filter(({ type }) => type === "compensation.failed")
    expect(failed).toMatchObject({ path: "booking", data: { error: { code: "child_not_undone" } } })
    expect(JSON.stringify(failed?.data)).toContain("room")
  })

  it("[UNDO9] are undone when they can be reached again, by the next process too", async () => {
    const { done, flow, options } = saga()
    let isDown = true
    const run = await mortalRun(flow(true), {}, options)
    await run.settle({ skipTime: false })
    const [kid] = run.children.values()
    if (!kid) throw new Error("The run has no child.")
    for (const name of ["cancel", "undo"] as const) {
      const reach = kid.engine.commands[name].bind(kid.engine.commands)
      kid.engine.commands[name] = (of: never) => {
        if (isDown) throw new WaybillError("server_failed", "The child is out of reach.")
        reach(of)
      }
    }
    run.engine.commands.cancel({ compensate: true })
    await run.settle({ skipTime: false })
    expect(run.engine.nextWakeMs()).toBeGreaterThan(run.clock.nowMs())
    const again = await run.revive()
    await again.settle({ skipTime: false })
    isDown = false
    await again.settle()
    expect(done.slice(4)).toEqual(["undo bed", "undo key", "undo room", "undo flight"])
    expect(again.engine.nextWakeMs()).toBeUndefined()
  })
})
