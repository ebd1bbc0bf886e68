/** Undoing what completed steps did. */
import { describe, expect, it } from "vitest"
import { type Effect, workflow } from "waybill"
import { createRun, runWorkflow, scriptedModel } from "waybill/testing"
import { counting, lines, mortalRun, NOTHING, noModels, until } from "./helpers.ts"

const NEVER = new Promise<never>(() => {})

/** A tool that writes what it does, and what it undoes, into `book`. */
function booked(
  book: string[],
  name: string,
  undo: (n: number) => unknown = () => undefined,
  effect: Effect = "idempotent",
) {
  let undone = 0
  return counting(effect, () => void book.push(name), {
    name,
    compensate: ({ idempotencyKey, output }) => {
      undone += 1
      book.push(`undo ${name} ${JSON.stringify(output)} ${idempotencyKey.length > 20 ? "keyed" : "no key"}`)
      return undo(undone)
    },
  }).tool
}

const fails = counting("unsafe", () => {
  throw new Error("sold out")
}).tool

const trip = (book: string[], undoHotel?: (n: number) => unknown, effect?: Effect) =>
  workflow("trip", { version: 1, input: NOTHING })
    .tool("flight", booked(book, "flight"), () => ({}))
    .parallel("rest", { hotel: (g) => g.tool("room", booked(book, "hotel", undoHotel, effect), () => ({})) })
    .tool("seat", counting().tool, () => ({}))
    .tool("show", fails, () => ({}))
    .output(() => null)

describe("compensation", () => {
  it("[UNDO1] undoes completed steps last first when the run fails, each with its output and a key of its own", async () => {
    const book: string[] = []
    const run = await runWorkflow(trip(book), {}, { models: noModels })
    expect(run.status).toBe("failed")
    expect(book).toEqual(["flight", "hotel", 'undo hotel {"n":1} keyed', 'undo flight {"n":1} keyed'])
    expect(lines(run.events).slice(-5)).toEqual([
      "run.failed",
      "compensation.started rest.hotel.room",
      "compensation.completed rest.hotel.room",
      "compensation.started flight",
      "compensation.completed flight",
    ])
  })

  it("[UNDO2] follows a cancellation only when it was asked for", async () => {
    const book: string[] = []
    const flow = workflow("waits", { version: 1, input: NOTHING })
      .tool("flight", booked(book, "flight"), () => ({}))
      .sleep("long", "9w")
      .output(() => null)
    for (const compensate of [false, true]) {
      book.length = 0
      const run = await createRun(flow, {}, { models: noModels })
      await run.settle({ skipTime: false })
      run.engine.commands.cancel({ compensate })
      await run.settle()
      expect(run.status).toBe("cancelled")
      expect(book.length).toBe(compensate ? 2 : 1)
    }
  })

  it("[UNDO3] is tried again by the tool's policy, and the wait for it wakes the run", async () => {
    const book: string[] = []
    const run = await runWorkflow(
      trip(book, (n) => {
        if (n < 3) throw new Error("hotel closed")
      }),
      {},
      { models: noModels },
    )
    expect(book.filter((line) => line.startsWith("undo hotel")).length).toBe(3)
    expect(book.at(-1)).toContain("undo flight")
    expect(run.engine.state.steps.get("rest.hotel.room")).toMatchObject({
      compensation: "completed",
      compensationAttempt: 3,
    })
  })

  it("[UNDO4] that fails for good is in the log, and the others are undone all the same", async () => {
    const book: string[] = []
    const run = await runWorkflow(
      trip(book, () => {
        throw new Error("hotel burnt down")
      }),
      {},
      { models: noModels },
    )
    const failures = run.events.filter((event) => event.type === "compensation.failed")
    expect(failures.at(-1)).toMatchObject({ path: "rest.hotel.room", data: { error: { message: "hotel burnt down" } } })
    expect(book.at(-1)).toContain("undo flight")
  })

  it.each([
    ["idempotent", { compensation: "completed", compensationAttempt: 2 }, 2],
    ["unsafe", { compensation: "failed", compensationAttempt: 1 }, 1],
  ] as const)("[UNDO5] of an %s tool that was in flight when the process died", async (effect, expected, times) => {
    const book: string[] = []
    const flow = trip(book, (n) => (n === 1 ? NEVER : undefined), effect)
    const run = await mortalRun(flow, {})
    void run.settle().catch(() => {})
    await until(() => book.length === 3)
    const revived = await run.revive()
    await revived.settle()
    expect(revived.engine.state.steps.get("rest.hotel.room")).toMatchObject(expected)
    expect(book.filter((line) => line.startsWith("undo hotel")).length).toBe(times)
    expect(book.at(-1)).toContain("undo flight")
    const cutOff = revived.store.read().find((event) => event.type === "compensation.failed")
    expect(cutOff?.data).toMatchObject({ error: { code: "compensation_interrupted" } })
  })

  it("[UNDO6] reaches the tools that an agent called", async () => {
    const book: string[] = []
    const flow = workflow("agent", { version: 1, input: NOTHING })
      .agent("clerk", { prompt: "Book.", tools: [booked(book, "book")], maxTurns: 3 })
      .tool("show", fails, () => ({}))
      .output(() => null)
    const calls = [
      { name: "book", input: {} },
      { name: "book", input: {} },
    ]
    const models = scriptedModel({ clerk: [{ calls }, { text: "done" }] })
    await runWorkflow(flow, {}, { models })
    expect(book).toEqual(["book", "book", 'undo book {"n":2} keyed', 'undo book {"n":1} keyed'])
  })
})
