/** What steps hand to each other: large values, values that are no JSON, names that nobody has. */
import { describe, expect, it } from "vitest"
import { workflow } from "waybill"
import { runWorkflow } from "waybill/testing"
import { z } from "zod"
import { MemoryBlobStore } from "../../src/store/memory-blob-store.ts"
import { counting, mortalRun, NOTHING, noModels } from "./helpers.ts"

const MEGABYTE = 1024 * 1024

it("[RUN28] a map gives results that are larger together than any one value may be", async () => {
  const flow = workflow("bulky", { version: 1, input: NOTHING })
    .map("pages", {
      over: () => Array.from({ length: 300 }, (_, index) => index),
      each: (g) => g.code("page", ({ item }) => String(item).padEnd(100_000, "x")).output(({ page }) => page),
    })
    .code("lengths", ({ pages }) => pages.reduce((sum, page) => sum + page.length, 0))
    .output(({ lengths }) => lengths)
  const run = await mortalRun(flow, {})
  await run.settle()
  expect([run.status, run.output]).toEqual(["succeeded", 30_000_000])
})

describe("a large value", () => {
  it("[RUN28] is read by the steps after it, whole, also after a restart", async () => {
    const flow = workflow("large", { version: 1, input: NOTHING })
      .code("big", () => ({ text: "x".repeat(MEGABYTE), n: 7 }))
      .code("other", () => "y".repeat(MEGABYTE))
      .sleep("nap", "1d")
      .code("both", ({ big, other }) => big.text.length + other.length + big.n)
      .output(({ both, big }) => ({ both, first: big.text[0] }))
    const run = await mortalRun(flow, {})
    await run.settle({ skipTime: false })
    const revived = await run.revive()
    await revived.settle()
    expect(revived.output).toEqual({ both: 2 * MEGABYTE + 7, first: "x" })
    const longest = Math.max(...revived.store.rows().map((row) => row.data.length))
    expect(longest).toBeLessThan(10_000)
  })

  it("[RUN28] may be one of many that a closure reads at once, more than memory is kept for", async () => {
    const names = ["a", "b", "c", "d", "e"] as const
    const flow = workflow("many", { version: 1, input: z.object({ letters: z.array(z.enum(names)) }) })
      .map("parts", {
        over: ({ input }) => input.letters,
        each: (g) => g.code("part", ({ item }) => item.repeat(5 * MEGABYTE)).output(({ item }) => item),
      })
      .code("a", () => "a".repeat(9 * MEGABYTE))
      .code("b", () => "b".repeat(9 * MEGABYTE))
      .code("sum", ({ a, b }) => a.length + b.length)
      .output(({ sum }) => sum)
    const run = await runWorkflow(flow, { letters: [...names] }, { models: noModels })
    expect(run.output).toBe(18 * MEGABYTE)
  })

  it("[RUN21] that a loop carries unchanged is stored once", async () => {
    const blobs = new MemoryBlobStore()
    const flow = workflow("carries", { version: 1, input: NOTHING })
      .loop("round", {
        max: 6,
        start: () => ({ document: "d".repeat(5 * MEGABYTE), round: 0 }),
        body: (g) =>
          g
            .code("next", ({ previous }) => ({ document: previous.document, round: previous.round + 1 }))
            .output(({ next }) => next),
      })
      .output(({ round }) => round.output.round)
    const run = await runWorkflow(flow, {}, { models: noModels, blobs })
    expect(run.output).toBe(6)
    expect(blobs.size).toBe(1)
  }, 30_000)

  it("[RUN21] may come from outside: a signal, an answer by hand, a child's output", async () => {
    const child = workflow("child", { version: 1, input: NOTHING })
      .code("big", () => "c".repeat(MEGABYTE))
      .output(({ big }) => big)
    const flow = workflow("outside", { version: 1, input: NOTHING })
      .waitFor("letter", { schema: z.string() })
      .child("kid", child, () => ({}))
      .output(({ letter, kid }) => letter.payload.length + kid.length)
    const run = await runWorkflow(flow, {}, { models: noModels, workflows: [child] })
    await run.engine.commands.signal("letter", "l".repeat(MEGABYTE))
    await run.settle()
    expect(run.output).toBe(2 * MEGABYTE)
  })

  it("[RUN21] that looks like one of our references stays what it is", async () => {
    const forged = { $blob: `sha256:${"0".repeat(64)}`, bytes: 3, mediaType: "application/vnd.waybill.value+json" }
    const flow = workflow("forged", { version: 1, input: NOTHING })
      .waitFor("letter")
      .output(({ letter }) => letter.payload)
    const run = await runWorkflow(flow, {}, { models: noModels })
    await run.engine.commands.signal("letter", forged)
    await run.settle()
    expect(run.output).toEqual(forged)
  })
})

describe("what is no JSON", () => {
  it.each([
    ["a date", () => ({ at: new Date(0) }), "bad.output.at"],
    ["a function", () => ({ f: () => 1 }), "bad.output.f"],
    ["a number that is none", () => [1, Number.NaN], "bad.output[1]"],
  ])("[RUN22] %s fails its step with the path", async (_what, make, path) => {
    const flow = workflow("bad", { version: 1, input: NOTHING })
      .code("bad", make as () => unknown)
      .output(() => null)
    const run = await runWorkflow(flow, {}, { models: noModels })
    expect(run.engine.state.error).toMatchObject({ code: "not_json", path })
    expect(run.engine.state.steps.get("bad")?.status).toBe("failed")
  })

  it("[RUN22] fails the run when the workflow's output is it, or is not what the workflow promised", async () => {
    const start = workflow("ends", { version: 1, input: NOTHING })
    const run = await runWorkflow(
      start.output(() => new Date(0)),
      {},
      { models: noModels },
    )
    expect(run.engine.state.error).toMatchObject({ code: "not_json", path: "output" })
    const promised = workflow("promised", { version: 1, input: NOTHING, output: z.object({ n: z.number() }) })
    const broken = await runWorkflow(
      promised.output(() => ({ n: "1" })),
      {},
      { models: noModels },
    )
    expect(broken.engine.state.error).toMatchObject({ code: "output_invalid", path: "output.n" })
  })

  it("[RUN22] fails a tool that returns what its schema forbids", async () => {
    const wrong = counting().tool
    const flow = workflow("wrong", { version: 1, input: NOTHING })
      .tool("step", { ...wrong, run: () => ({ n: "x" }) as unknown as { n: number } }, () => ({}), {
        retry: { attempts: 1 },
      })
      .output(() => null)
    const run = await runWorkflow(flow, {}, { models: noModels })
    expect(run.engine.state.error).toMatchObject({ code: "tool_output_invalid", path: "count.n" })
  })
})

describe("a name that no step has", () => {
  it("[RUN23] fails the step that reads it, instead of giving undefined", async () => {
    const flow = workflow("misspelt", { version: 1, input: NOTHING })
      .code("reply", (values) => (values as unknown as { replay: string }).replay)
      .output(() => null)
    const run = await runWorkflow(flow, {}, { models: noModels })
    expect(run.engine.state.error).toMatchObject({ code: "unknown_reference", path: "reply" })
    expect(run.engine.state.error?.message).toContain('"replay"')
  })

  it("[RUN23] is not what a skipped step is: that one is undefined", async () => {
    const flow = workflow("skips", { version: 1, input: NOTHING })
      .code("maybe", () => 1, { when: () => false })
      .code("reads", ({ maybe }) => maybe ?? "nothing")
      .output(({ reads }) => reads)
    const run = await runWorkflow(flow, {}, { models: noModels })
    expect(run.output).toBe("nothing")
    expect(run.engine.state.steps.get("maybe")?.status).toBe("skipped")
  })

  it("[RUN23] is an error of the author's, with its place, wherever it is read", async () => {
    const misspelt = (values: object) => (values as { nope: boolean }).nope
    const when = workflow("when", { version: 1, input: NOTHING })
      .code("step", () => 1, { when: misspelt })
      .output(() => null)
    expect((await runWorkflow(when, {}, { models: noModels })).engine.state.error).toMatchObject({
      code: "unknown_reference",
      path: "step.when",
    })
    const output = workflow("output", { version: 1, input: NOTHING }).output(misspelt)
    expect((await runWorkflow(output, {}, { models: noModels })).engine.state.error).toMatchObject({
      code: "unknown_reference",
      path: "output",
    })
  })
})
