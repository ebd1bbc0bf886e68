/** A recorded run gone through again with nobody to ask: where the recording has no answer, somebody says how the step ends. */
import { describe, expect, it } from "vitest"
import { workflow } from "waybill"
import { createRun, scriptedModel, type TestRun } from "waybill/testing"
import { z } from "zod"
import type { Breakpoint, StepEdit } from "../../src/run/event.ts"
import { lookup, rehearsalOf, replayOf } from "./gallery.ts"

const flow = workflow("flow", { version: 1, input: z.object({ id: z.string() }) })
  .tool("customer", lookup, ({ input }) => ({ id: input.id }))
  .generate("draft", { prompt: ({ customer }) => `Write to ${customer.name}` })
  .generate("reply", { prompt: ({ draft }) => `Polish ${draft?.text}` })
  .output(({ draft, reply }) => [draft?.text ?? null, reply.text])

/** A rehearsal of a run, after `edits`, that has moved as far as the recording answers. */
async function held(
  edits: Readonly<Record<string, StepEdit>>,
  { breakpoints = [], fails = false }: { breakpoints?: readonly Breakpoint[]; fails?: boolean } = {},
): Promise<TestRun> {
  const draft = fails ? { failure: { class: "output.refusal", message: "no" } as const } : { text: "dear" }
  const original = await createRun(flow, { id: "c1" }, { models: scriptedModel({ draft, reply: { text: "done" } }) })
  await original.settle()
  const run = await rehearsalOf(original, flow, "hold", { models: scriptedModel({}), header: { breakpoints } })
  for (const [path, edit] of Object.entries(edits)) await run.engine.commands.edit(path, edit)
  await run.settle()
  return run
}

const waiting = (run: TestRun, path: string) => run.engine.state.steps.get(path)?.waiting?.reason

describe("[DEBUG3] a step that the recording has no answer to", () => {
  it("waits for that reason, and going on or asking again is refused with what to do instead", async () => {
    const run = await held({ draft: { prompt: "Poem" } })
    expect(run.status).toBe("waiting")
    expect(waiting(run, "draft")).toBe("unanswered")
    const { commands } = run.engine
    const { seq } = run.engine.state
    const refusal = { code: "unanswered", details: { path: "draft" } }
    expect(() => commands.resume()).toThrow(expect.objectContaining(refusal))
    await expect(commands.resolve("draft", { action: "retry" })).rejects.toMatchObject(refusal)
    await expect(commands.edit("draft", { prompt: "Another" })).rejects.toMatchObject(refusal)
    expect(run.engine.state.seq, "nothing was written").toBe(seq)
  })

  it.each([
    ["an output", { output: { text: "by hand" } }, ["by hand", "done"]],
    ["that it is left out", { skip: true }, [null, "done"]],
  ] as const)("goes on with %s, as soon as the run is told to", async (_what, edit, output) => {
    const run = await held({ draft: { prompt: "Poem" } })
    await run.engine.commands.edit("draft", edit)
    run.engine.commands.resume()
    await run.settle()
    expect(run.output).toEqual(output)
    expect(await replayOf(run, flow)).toMatchObject({ verdict: "same" })
  })

  it("is one step of a stepper", async () => {
    const run = await held({ draft: { prompt: "Poem" } })
    await run.engine.commands.edit("draft", { output: { text: "by hand" } })
    run.engine.commands.resume({ mode: "step" })
    await run.settle()
    expect(run.engine.state.paused).toMatchObject({ at: "reply" })
  })
})

describe("[DEBUG3] a recorded failure that is held", () => {
  it("is not asked again of anybody, but can be ended by hand", async () => {
    const run = await held({}, { breakpoints: [{ on: "error" }], fails: true })
    expect(waiting(run, "draft")).toBe("failed")
    const asked = run.engine.commands.resolve("draft", { action: "retry", model: "openai/gpt-5.5" })
    await expect(asked).rejects.toMatchObject({ code: "unanswered" })
    expect(waiting(run, "draft")).toBe("failed")
    await run.engine.commands.resolve("draft", { action: "complete", output: { text: "by hand" } })
    run.engine.commands.resume()
    await run.settle()
    expect(waiting(run, "reply")).toBe("unanswered")
  })
})
