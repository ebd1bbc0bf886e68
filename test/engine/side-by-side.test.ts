/** Steps side by side: parallel ways and the items of a map. */
import { describe, expect, it } from "vitest"
import { workflow } from "waybill"
import { createRun, runWorkflow } from "waybill/testing"
import { z } from "zod"
import { MAX_CONCURRENT_STEPS } from "../../src/lib/limits.ts"
import { counting, deferred, lines, mortalRun, NOTHING, noModels, until } from "./helpers.ts"

const NEVER = new Promise<never>(() => {})
const LIST = z.object({ list: z.array(z.number()) })

describe("a map", () => {
  it("[PAR1] gives its results in the order of the items, whatever the order in which they end", async () => {
    const gates = [deferred(), deferred(), deferred()]
    const flow = workflow("order", { version: 1, input: LIST })
      .map("items", {
        over: ({ input }) => input.list,
        each: (g) =>
          g
            .tool("slow", counting("read", ({ input }) => gates[Number(input)]?.promise).tool, ({ item }) => item)
            .output(({ item, index }) => `${index}:${item}`),
      })
      .output(({ items }) => items)
    const run = await createRun(flow, { list: [2, 0, 1] }, { models: noModels })
    const settled = run.settle()
    for (const gate of gates) gate.resolve()
    await settled
    expect(run.output).toEqual(["0:2", "1:0", "2:1"])
    expect(lines(run.events).filter((line) => line.includes("completed items["))).toEqual([
      "step.completed items[0].slow",
      "step.completed items[1].slow",
      "step.completed items[2].slow",
    ])
  })

  it("[PAR2] has as many items in flight as its concurrency says", async () => {
    let inFlight = 0
    let most = 0
    const slow = counting("read", async () => {
      inFlight += 1
      most = Math.max(most, inFlight)
      await new Promise((resolve) => setImmediate(resolve))
      inFlight -= 1
    })
    const flow = (concurrency?: number) =>
      workflow("wide", { version: 1, input: LIST })
        .map("items", {
          over: ({ input }) => input.list,
          each: (g) => g.tool("slow", slow.tool, () => ({})),
          ...(concurrency === undefined ? {} : { concurrency }),
        })
        .output(({ items }) => items.length)
    const list = Array.from({ length: 25 }, (_, index) => index)
    expect((await runWorkflow(flow(3), { list }, { models: noModels })).output).toBe(25)
    expect(most).toBe(3)
    most = 0
    await runWorkflow(flow(), { list }, { models: noModels })
    expect(most).toBe(10)
  })

  it("[PAR2] never has more steps of one run in flight than a hundred, over all its maps", async () => {
    let inFlight = 0
    let most = 0
    const slow = counting("read", async () => {
      inFlight += 1
      most = Math.max(most, inFlight)
      await new Promise((resolve) => setImmediate(resolve))
      inFlight -= 1
    })
    const flow = workflow("squared", { version: 1, input: LIST })
      .map("rows", {
        over: ({ input }) => input.list,
        concurrency: 20,
        each: (g) =>
          g.map("cells", {
            over: ({ input }) => input.list,
            concurrency: 20,
            each: (inner) => inner.tool("slow", slow.tool, () => ({})),
          }),
      })
      .output(({ rows }) => rows.length)
    const list = Array.from({ length: 20 }, (_, index) => index)
    expect((await runWorkflow(flow, { list }, { models: noModels })).output).toBe(20)
    expect(slow.calls.length).toBe(400)
    expect(most).toBe(MAX_CONCURRENT_STEPS)
  })

  it("[PAR3] fails with what it is given when that is no list", async () => {
    const flow = workflow("wrong", { version: 1, input: z.object({ list: z.unknown() }) })
      .map("items", { over: ({ input }) => input.list as number[], each: (g) => g })
      .output(() => null)
    const run = await runWorkflow(flow, { list: "abc" }, { models: noModels })
    expect(run.engine.state.error).toMatchObject({ code: "not_a_list", path: "items" })
    const many = await runWorkflow(flow, { list: new Array(10_001).fill(0) }, { models: noModels })
    expect(many.engine.state.error).toMatchObject({ code: "limit_exceeded", path: "items", details: { limit: 10_000 } })
  })

  it("[PAR4] decides once what its items are", async () => {
    let drawn = 0
    const tool = counting("idempotent", (_call, n) => (n === 1 ? NEVER : undefined))
    const flow = workflow("drawn", { version: 1, input: NOTHING })
      .map("items", {
        over: () => {
          drawn += 1
          return [drawn]
        },
        each: (g) => g.tool("step", tool.tool, ({ item }) => item).output(({ item }) => item),
      })
      .output(({ items }) => items)
    const run = await mortalRun(flow, {})
    void run.settle().catch(() => {})
    await until(() => tool.calls.length === 1)
    const revived = await run.revive()
    await revived.settle()
    expect(revived.output).toEqual([1])
    expect(drawn).toBe(1)
  })
})

describe("parallel ways", () => {
  it("[PAR9] give a member each, with their paths under their names", async () => {
    const flow = workflow("ways", { version: 1, input: NOTHING })
      .parallel("both", {
        fraud: (g) => g.code("score", () => 0.2),
        stock: (g) => g.code("left", () => 3).output(({ left }) => left),
      })
      .output(({ both }) => both)
    const run = await runWorkflow(flow, {}, { models: noModels })
    expect(run.output).toEqual({ fraud: { score: 0.2 }, stock: 3 })
    expect([...run.engine.state.steps.keys()]).toEqual(["both", "both.fraud.score", "both.stock.left"])
  })
})
