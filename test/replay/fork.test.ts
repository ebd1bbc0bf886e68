/** Starting again from a step: what is kept, what is done again, and with what changed. */
import { describe, expect, it } from "vitest"
import { tool, workflow } from "waybill"
import { createRun, scriptedModel } from "waybill/testing"
import { z } from "zod"
import { type Edits, forkOf, lookup, replayOf } from "./gallery.ts"

/** A tool that counts its calls by what it was given. */
function counter(fails: (id: string, call: number) => boolean = () => false, undoes = true) {
  const calls: string[] = []
  const count = tool({
    name: "count",
    description: "Counts.",
    input: z.object({ id: z.string() }),
    output: z.object({ id: z.string() }),
    effect: "unsafe",
    run: ({ input: { id } }) => {
      calls.push(id)
      if (fails(id, calls.filter((one) => one === id).length)) throw new Error(`${id} broke`)
      return { id }
    },
    ...(undoes ? { compensate: ({ input: { id } }: { input: { id: string } }) => void calls.push(`undo ${id}`) } : {}),
  })
  return { calls, count }
}

/** Every way in which steps stand to each other. */
function everything(count: ReturnType<typeof counter>["count"]) {
  return workflow("everything", { version: 1, input: z.object({ n: z.number() }) })
    .tool("first", count, () => ({ id: "first" }))
    .waitFor("go")
    .map("items", {
      over: ({ input }) => Array.from({ length: input.n }, (_, index) => index),
      concurrency: 2,
      each: (g) =>
        g
          .tool("get", count, ({ item }) => ({ id: `get${item}` }))
          .tool("put", count, ({ item }) => ({ id: `put${item}` })),
    })
    .loop("rounds", {
      max: 3,
      body: (g) => g.tool("round", count, ({ iteration }) => ({ id: `round${iteration}` })),
    })
    .parallel("both", {
      left: (g) => g.tool("l", count, () => ({ id: "left" })),
      right: (g) => g.tool("r", count, () => ({ id: "right" })),
    })
    .agent("helper", { prompt: "Help", tools: [count], maxTurns: 4 })
    .branch("end", () => "yes", {
      yes: (g) => g.tool("last", count, () => ({ id: "last" })),
      no: (g) => g.code("other", () => 1),
    })
    .output(({ items, rounds, helper }) => ({ items: items.length, rounds: rounds.iterations, text: helper.text }))
}

const models = () =>
  scriptedModel({
    helper: [
      { calls: [{ name: "count", input: { id: "turn0" } }] },
      { calls: [{ name: "count", input: { id: "turn1" } }] },
      { text: "done" },
    ],
    turn: [
      { calls: [{ name: "count", input: { id: "turn0" } }] },
      { calls: [{ name: "count", input: { id: "turn1" } }] },
      { text: "done" },
    ],
  })

async function finished() {
  const { calls, count } = counter()
  const flow = everything(count)
  const run = await createRun(flow, { n: 3 }, { models: models() })
  await run.engine.commands.signal("go", { ok: true })
  await run.settle()
  expect(run.status).toBe("succeeded")
  return { run, flow, calls }
}

const AFTER_ITEMS = ["round0", "round1", "round2", "left", "right", "turn0", "turn1", "last"]

describe("a fork does again the step and what comes after it, and nothing else", () => {
  it.each([
    ["the first step", "first", ["first", "get0", "get1", "put0", "put1", "get2", "put2", ...AFTER_ITEMS]],
    ["a step inside an item of a map", "items[1].put", ["put1", ...AFTER_ITEMS]],
    ["the first step of an item", "items[2].get", ["get2", "put2", ...AFTER_ITEMS]],
    ["a round of a loop", "rounds[1].round", AFTER_ITEMS.slice(1)],
    ["one way of several at once", "both.left.l", ["left", "turn0", "turn1", "last"]],
    ["an item of a map, from its first step", "items[1]", ["get1", "put1", ...AFTER_ITEMS]],
    ["a round of a loop, from its first step", "rounds[2]", AFTER_ITEMS.slice(2)],
    ["a way of several at once, from its first step", "both.right", ["right", "turn0", "turn1", "last"]],
    ["the way of a branch, from its first step", "end.yes", ["last"]],
    ["the output of the run", "output", []],
    ["a tool call of an agent", "helper[1].count", ["turn1", "last"]],
    ["a step inside a branch", "end.yes.last", ["last"]],
  ])("[FORK1] from %s", async (_what, at, again) => {
    const { run, flow, calls } = await finished()
    const [head, before] = [run.store.head(), calls.length]
    const fork = await forkOf(run, flow, at, { options: { models: at === "helper[1].count" ? lastTurn() : models() } })
    if (at === "first") await fork.engine.commands.signal("go", { ok: true })
    await fork.settle()
    expect(fork.engine.state.error).toBeUndefined()
    expect(fork.output).toEqual(run.output)
    expect(calls.slice(before)).toEqual(again)
    expect(run.store.head(), "the original's log").toEqual(head)
  })

  it("[FORK1] from a turn of an agent, which is asked again", async () => {
    const { run, flow, calls } = await finished()
    const before = calls.length
    const fork = await forkOf(run, flow, "helper[1]", { options: { models: lastTurn() } })
    expect(fork.engine.state.header?.forkedFrom?.path).toBe("helper[1].turn")
    await fork.settle()
    expect(calls.slice(before)).toEqual(["last"])
  })

  it.each([
    ["an item that the map did not have", "items[3].get"],
    ["a round that the loop did not make", "rounds[7]"],
    ["a turn that the agent did not make", "helper[3]"],
    ["a way that the branch did not go", "end.no.other"],
    ["a step of a tool", "first.inner"],
  ])("[FORK5] not from %s", async (_what, at) => {
    const { run, flow } = await finished()
    const asked = forkOf(run, flow, at, { options: { models: models() } })
    await expect(asked).rejects.toMatchObject({ code: "step_not_found" })
  })

  /** The turn before was copied, so the first answer asked for is the last. */
  const lastTurn = () => scriptedModel({ helper: { text: "done" }, turn: { text: "done" } })

  it("[FORK2] pays for nothing again that it keeps, and says where it comes from", async () => {
    const { run, flow } = await finished()
    const fork = await forkOf(run, flow, "end.yes.last", { options: { models: scriptedModel({}) } })
    await fork.settle()
    expect(run.engine.state.costNanoUsd).toBe(3_000)
    expect(fork.engine.state.costNanoUsd).toBe(0)
    expect(fork.engine.state.header).toMatchObject({ forkedFrom: { runId: "run_test", path: "end.yes.last" } })
    const forked = fork.events.find(({ type }) => type === "run.forked")
    expect(forked?.data).toEqual({ from: { runId: "run_test", path: "end.yes.last", headHash: run.store.head().hash } })
  })

  it("[FORK2] a fork is a recording like any other", async () => {
    const { run, flow } = await finished()
    const fork = await forkOf(run, flow, "items[1].put", { options: { models: models() } })
    await fork.settle()
    expect(await replayOf(fork, flow)).toMatchObject({ verdict: "same", outsideCalls: 0 })
  })
})

describe("a failed run", () => {
  async function failed(undoes: boolean) {
    const { calls, count } = counter((id, call) => id === "put1" && call === 1, undoes)
    const flow = everything(count)
    const run = await createRun(flow, { n: 3 }, { models: models() })
    await run.engine.commands.signal("go", { ok: true })
    await run.settle()
    expect(run.engine.state).toMatchObject({ ended: "failed", failedAt: "items[1].put" })
    return { run, flow, calls }
  }

  it("[FORK1] goes on from where it failed, with what had been stopped for it", async () => {
    const { run, flow, calls } = await failed(false)
    const before = calls.length
    const fork = await forkOf(run, flow, "items[1].put", { options: { models: models() } })
    await fork.settle()
    expect(fork.status).toBe("succeeded")
    const again = calls.slice(before)
    expect(again).toContain("put1")
    expect(again).not.toContain("first")
    expect(again).not.toContain("get1")
  })

  it("[FORK3] is not forked behind a step that was undone when it failed, unless that is given anew", async () => {
    const { run, flow } = await failed(true)
    const from = (edits: Record<string, { output: unknown }>) =>
      forkOf(run, flow, "rounds", { edits: edits as Edits, options: { models: models() } })
    await expect(from({})).rejects.toMatchObject({ code: "step_undone", details: { path: "first" } })
    const given = { first: { output: { id: "by hand" } }, items: { output: [1, 2, 3] } }
    const fork = await from(given)
    await fork.settle()
    expect(fork.output).toEqual({ items: 3, rounds: 3, text: "done" })
  })
})

describe("a fork that fails", () => {
  it("[FORK3] undoes what it did itself, and nothing of what it copied", async () => {
    const { calls, count } = counter((id, call) => id === "last" && call === 2)
    const flow = everything(count)
    const run = await createRun(flow, { n: 1 }, { models: models() })
    await run.engine.commands.signal("go", { ok: true })
    await run.settle()
    const before = calls.length
    const fork = await forkOf(run, flow, "both.left.l", { options: { models: models() } })
    await fork.settle()
    expect(fork.status).toBe("failed")
    expect(calls.slice(before)).toEqual(["left", "turn0", "turn1", "last", "undo turn1", "undo turn0", "undo left"])
  })
})

describe("a fork with edits", () => {
  const desk = workflow("desk", { version: 1, input: z.object({ id: z.string() }) })
    .tool("customer", lookup, ({ input }) => ({ id: input.id }))
    .generate("draft", { prompt: ({ customer }) => `Draft for ${customer.name}` })
    .generate("reply", { prompt: ({ customer, draft }) => `${draft.text} (${customer.level})` })
    .output(({ reply }) => reply.text)
  const echo = () =>
    scriptedModel((operation) => ({
      text: operation.type === "generate" ? `echo ${lastText(operation.messages)}` : "",
    }))

  async function recorded() {
    const run = await createRun(desk, { id: "c1" }, { models: echo() })
    await run.settle()
    return run
  }

  it("[FORK4] replaces the output of an earlier step, and keeps what that step was not done for", async () => {
    const run = await recorded()
    const edits = { customer: { output: { name: "Maya", level: 9 } } }
    const fork = await forkOf(run, desk, "reply", { edits, options: { models: echo() } })
    await fork.settle()
    expect(fork.output).toBe("echo echo Draft for Name of c1 (9)")
  })

  it("[FORK4] gives the step another prompt, and the next step sees what comes of it", async () => {
    const run = await recorded()
    const fork = await forkOf(run, desk, "draft", { edits: { draft: { prompt: "Poem" } }, options: { models: echo() } })
    await fork.settle()
    expect(fork.output).toBe("echo echo Poem (3)")
  })

  it.each([
    ["a prompt for a step that is kept", "reply", { draft: { prompt: "x" } }, "edit_invalid"],
    ["a step that nobody knows", "nobody", {}, "step_not_found"],
    ["an output that the tool's schema refuses", "reply", { customer: { output: 5 } }, "output_refused"],
  ])("[FORK5] is refused with %s", async (_why, at, edits, code) => {
    const run = await recorded()
    const asked = forkOf(run, desk, at, { edits, options: { models: echo() } })
    await expect(asked).rejects.toMatchObject({ code })
  })

  it("[FORK5] is refused when a step that would be kept is another one today", async () => {
    const run = await recorded()
    const changed = workflow("desk", { version: 2, input: z.object({ id: z.string() }) })
      .tool("customer", lookup, ({ input }) => ({ id: input.id }))
      .plan("draft", { prompt: "Draft", output: z.object({ text: z.string() }) })
      .generate("reply", { prompt: ({ draft }) => draft.text })
      .output(({ reply }) => reply.text)
    const asked = forkOf(run, changed, "reply", { options: { models: echo() } })
    await expect(asked).rejects.toMatchObject({ code: "workflow_changed", details: { path: "draft" } })
    const fork = await forkOf(run, changed, "draft", {
      options: { models: scriptedModel({ draft: { value: { text: "D" } }, reply: { text: "R" } }) },
    })
    await fork.settle()
    expect(fork.output).toBe("R")
  })
})

function lastText(messages: readonly { readonly content: unknown }[]): string {
  const content = messages.at(-1)?.content
  return Array.isArray(content) ? String(content[0]?.text) : String(content)
}
