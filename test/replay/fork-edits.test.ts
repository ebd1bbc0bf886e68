/** Edits of the original in its forks; and child runs, which are forked and stopped in by themselves. */
import { describe, expect, it } from "vitest"
import { workflow } from "waybill"
import { createRun, runWorkflow, scriptedModel, type TestRun } from "waybill/testing"
import { z } from "zod"
import type { Breakpoint, StepEdit } from "../../src/run/event.ts"
import { type Edits, forkOf, lookup } from "./gallery.ts"

const echo = () =>
  scriptedModel((operation, { model }) => {
    const content = operation.type === "generate" ? operation.messages.at(-1)?.content : ""
    const text = Array.isArray(content) && content[0]?.type === "text" ? content[0].text : ""
    return { text: `${model ?? "usual"}: ${text}` }
  })

const desk = workflow("desk", { version: 1, input: z.object({ id: z.string() }) })
  .tool("customer", lookup, ({ input }) => ({ id: input.id }))
  .map("parts", { over: () => ["a", "b"], each: (g) => g.generate("cut", { prompt: ({ item }) => `cut ${item}` }) })
  .generate("reply", { prompt: ({ customer }) => `to ${customer.name}` })
  .output(({ parts, reply }) => [...parts.map(({ cut }) => cut?.text ?? null), reply?.text ?? null])

describe("[FORK4] what was edited in the original", () => {
  async function edited(edits: Edits): Promise<TestRun> {
    const run = await createRun(desk, { id: "c1" }, { models: echo() })
    for (const [path, edit] of Object.entries(edits)) await run.engine.commands.edit(path, edit)
    await run.settle()
    return run
  }

  async function forkedFrom(at: string, edits: Edits, more: Edits = {}): Promise<unknown> {
    const fork = await forkOf(await edited(edits), desk, at, { edits: more, options: { models: echo() } })
    await fork.settle()
    expect(fork.engine.state.error).toBeUndefined()
    return fork.output
  }

  it("holds for the steps that the fork does again, and for those inside one that goes on", async () => {
    const edits: Edits = { parts: { model: "a/b" }, reply: { prompt: "poem" } }
    expect(await forkedFrom("parts[1].cut", edits)).toEqual(["a/b: cut a", "a/b: cut b", "usual: poem"])
  })

  it("does not hold where the fork says something else", async () => {
    const edits: Edits = { reply: { prompt: "poem" } }
    const output = await forkedFrom("parts", edits, { reply: { model: "c/d" } })
    expect(output).toEqual(["usual: cut a", "usual: cut b", "c/d: to Name of c1"])
  })

  it.each([
    ["an output", { output: { text: "by hand" } }, "by hand"],
    ["that a step is left out", { skip: true }, null],
  ] as const)(
    "%s holds behind the fork's step, but the step that it starts from is done",
    async (_what, edit, output) => {
      const edits: Edits = { reply: edit as StepEdit }
      expect(await forkedFrom("parts", edits)).toEqual(["usual: cut a", "usual: cut b", output])
      expect(await forkedFrom("reply", edits)).toEqual(["usual: cut a", "usual: cut b", "usual: to Name of c1"])
    },
  )

  it("an output that was replaced afterwards is not one that the step would give again", async () => {
    const run = await createRun(desk, { id: "c1" }, { models: echo(), header: { breakpoints: [{ step: "parts" }] } })
    await run.settle()
    await run.engine.commands.edit("customer", { output: { name: "Maya", level: 1 } })
    run.engine.commands.resume()
    await run.settle()
    expect(run.output).toContain("usual: to Maya")
    const fork = await forkOf(run, desk, "customer", { options: { models: echo() } })
    await fork.settle()
    expect(fork.output).toContain("usual: to Name of c1")
  })
})

const kid = workflow("kid", { version: 1, input: z.object({ id: z.string() }) })
  .code("inner", ({ input }) => `inner ${input.id}`)
  .generate("written", { prompt: ({ inner }) => inner })
  .output(({ written }) => written.text)

const parent = workflow("parent", { version: 1, input: z.object({ id: z.string() }) })
  .child("kid", kid, ({ input }) => ({ id: input.id }))
  .output(({ kid }) => kid)

describe("[FORK9] a step of a child run", () => {
  const options = () => ({ models: echo(), workflows: [kid] })

  it("is started from by the child's own id, which is said to whoever looks for it in the parent", async () => {
    const run = await runWorkflow(parent, { id: "c1" }, options())
    const [childId = "", child] = [...run.children][0] ?? []
    const asked = forkOf(run, parent, "kid.written", { options: options() })
    await expect(asked).rejects.toMatchObject({ code: "step_not_found", details: { runId: childId, from: "written" } })
    if (!child) throw new Error("there is a child")
    const fork = await forkOf(child, kid, "written", {
      edits: { written: { prompt: "again" } },
      options: options(),
    })
    await fork.settle()
    expect(fork.output).toBe("usual: again")
    expect(fork.engine.state.header).not.toHaveProperty("parent")
    expect(run.output, "the parent has what it had").toBe("usual: inner c1")
  })
})

describe("[DEBUG7] breakpoints and child runs", () => {
  it.each([
    ["a kind", { kind: "generate" }],
    ["a name", { step: "written" }],
    ["a path through the step that starts the child", { step: "kid.written" }],
  ] as const)("stop the child, by %s", async (_what, breakpoint) => {
    const run = await createRun(parent, { id: "c1" }, { models: echo(), workflows: [kid] })
    run.engine.commands.setBreakpoints([breakpoint])
    await run.settle()
    const child = [...run.children.values()][0]
    expect(child?.engine.state.paused).toEqual({ reason: "breakpoint", at: "written" })
    expect(run.status).toBe("waiting")
    child?.engine.commands.resume()
    await run.settle()
    expect(run.output).toBe("usual: inner c1")
  })

  it.each([{ step: "kid.nothing" }, { step: "nothing" }])(
    "are refused when nothing of either meets them",
    async (one) => {
      const run = await createRun(parent, { id: "c1" }, { models: echo(), workflows: [kid] })
      const set = () => run.engine.commands.setBreakpoints([one as Breakpoint])
      expect(set).toThrow(expect.objectContaining({ code: "request_invalid" }))
    },
  )
})
