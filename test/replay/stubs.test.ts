/** Tools that a derived run does not call, wherever it would. */
import { describe, expect, it } from "vitest"
import { tool, workflow } from "waybill"
import { createRun, scriptedModel } from "waybill/testing"
import { z } from "zod"
import { checkedStubs } from "../../src/engine/stubs.ts"
import { kindsByName } from "../../src/steps/index.ts"
import { forkOf, rehearsalOf, replayOf } from "./gallery.ts"

const calls: string[] = []
const charge = tool({
  name: "charge",
  description: "Charges.",
  input: z.object({ id: z.string() }),
  output: z.object({ receipt: z.string() }),
  effect: "unsafe",
  run: ({ input: { id } }) => {
    calls.push(id)
    return { receipt: `real ${id}` }
  },
  compensate: ({ input: { id } }) => void calls.push(`undo ${id}`),
})

const flow = workflow("flow", { version: 1, input: z.object({}) })
  .code("ids", () => ["a", "b"])
  .map("items", { over: ({ ids }) => ids, each: (g) => g.tool("paid", charge, ({ item }) => ({ id: String(item) })) })
  .agent("helper", { prompt: "Help", tools: [charge], maxTurns: 2 })
  .output(({ items, helper }) => [...items.map(({ paid }) => paid.receipt), helper.text])

const models = () => scriptedModel({ helper: [{ calls: [{ name: "charge", input: { id: "c" } }] }, { text: "done" }] })

async function recorded() {
  const run = await createRun(flow, {}, { models: models() })
  await run.settle()
  expect(calls.splice(0)).toEqual(["a", "b", "c"])
  return run
}

const stubs = { charge: { receipt: "stub" } }

describe("[FORK10] a stub of a tool", () => {
  it("is what every call of it gives in a fork, which is a recording like any other", async () => {
    const options = { models: models(), header: { stubs } }
    const run = await createRun(flow, {}, options)
    await run.settle()
    expect(run.output).toEqual(["stub", "stub", "done"])
    expect(calls).toEqual([])
    expect(run.engine.state.steps.get("helper[0].charge")).toMatchObject({ status: "completed" })
    expect(await replayOf(run, flow)).toMatchObject({ verdict: "same" })
    const fork = await forkOf(run, flow, "items", { options: { models: models() } })
    await fork.settle()
    expect(fork.output, "a fork of it has the same stubs").toEqual(["stub", "stub", "done"])
    expect(calls).toEqual([])
  })

  it("goes before what the recording of a rehearsal has", async () => {
    const run = await rehearsalOf(await recorded(), flow, "live", {
      models: scriptedModel({ helper: { text: "done" } }),
      header: { stubs },
    })
    await run.settle()
    expect(run.output).toEqual(["stub", "stub", "done"])
    expect(calls).toEqual([])
  })

  it("is checked by the tool's output schema, and refused for a tool that nobody calls", () => {
    const check = (given: Record<string, never>) => () => checkedStubs(given, flow, kindsByName)
    expect(checkedStubs(stubs, flow, kindsByName)).toEqual(stubs)
    expect(check({ charge: { receipt: 5 } } as never)).toThrow(expect.objectContaining({ code: "output_refused" }))
    expect(check({ chrage: {} } as never)).toThrow(expect.objectContaining({ code: "request_invalid" }))
  })
})
