/** The workflows of the tests of the live platform: each is held up, cut off or changed in its middle. */
import { type Workflow, workflow } from "waybill"
import { scriptedModel } from "waybill/testing"
import { z } from "zod"
import type { ModelClient } from "../../../src/model/client.ts"
import { enterAsked, handTool, Named, undoableTool } from "./hands.ts"

/** One at a time. */
const single = workflow("single", { version: 1, input: Named, concurrency: 1 })
  .tool("work", handTool(), ({ input }) => input)
  .output(() => "done")

/** As many as there are. */
const free = workflow("free", { version: 1, input: Named })
  .tool("work", handTool(), ({ input }) => input)
  .output(() => "done")

/** One at a time, and not for long. */
const hurried = workflow("hurried", { version: 1, input: Named, concurrency: 1, timeout: "1h" })
  .tool("work", handTool(), ({ input }) => input)
  .output(() => "done")

/** One at a time, but the time in which it waits for its signal does not count. */
const patient = workflow("patient", { version: 1, input: Named, concurrency: 1 })
  .waitFor("letter", { signal: "letter" })
  .tool("work", handTool(), ({ input }) => input)
  .output(() => "done")

/** A tool, a model, two tools side by side: places in which a crash finds something in flight. */
const moving = workflow("live-moving", { version: 1, input: Named })
  .tool("first", handTool(), ({ input }) => ({ name: `${input.name}.first` }))
  .generate("model", { prompt: ({ input }) => `hand:${input.name}.model` })
  .parallel("both", {
    left: (g) => g.tool("work", handTool(), ({ input }) => ({ name: `${input.name}.left` })),
    right: (g) => g.tool("work", handTool("read"), ({ input }) => ({ name: `${input.name}.right` })),
  })
  .output(({ model }) => model.text)

/** Asks a model whose price is known, by way of the gateway. */
const lost = workflow("lost", { version: 1, input: Named })
  .generate("model", { prompt: ({ input }) => `hand:${input.name}.model`, maxOutputTokens: 100 })
  .output(({ model }) => model.text)

/** What may not be done twice. */
const risky = workflow("live-risky", { version: 1, input: Named })
  .tool("first", handTool(), ({ input }) => ({ name: `${input.name}.first` }))
  .tool("pay", handTool("unsafe"), ({ input }) => ({ name: `${input.name}.pay` }))
  .output(({ pay }) => pay.name)

/** Everything that a run can wait for, one after the other. */
const waiting = workflow("live-waiting", { version: 1, input: Named })
  .tool("first", handTool(), ({ input }) => ({ name: `${input.name}.first` }))
  .approve("boss", { summary: "Go on?" })
  .sleep("nap", "30d")
  .waitFor("letter", { signal: "letter", schema: z.string() })
  .tool("last", handTool(), ({ input }) => ({ name: `${input.name}.last` }))
  .output(({ letter }) => letter)

/** A run above another. */
const parent = workflow("live-parent", { version: 1, input: Named })
  .child("kid", free, ({ input }) => ({ name: `${input.name}.kid` }))
  .tool("last", handTool(), ({ input }) => ({ name: `${input.name}.last` }))
  .output(({ kid }) => kid)

/** Does what can be undone, and has a child at work. */
export const bookable = workflow("live-booked", { version: 1, input: Named })
  .tool("book", { ...handTool(), compensate: () => null }, ({ input }) => ({ name: `${input.name}.book` }))
  .child("kid", free, ({ input }) => ({ name: `${input.name}.kid` }))
  .output(() => null)

/** What can be undone, in a run of its own. */
const booking = workflow("live-booking", { version: 1, input: Named })
  .tool("room", undoableTool(), ({ input }) => input)
  .output(() => "booked")

/** A run above it that waits for a person, who may call it all off. */
const saga = workflow("live-saga", { version: 1, input: Named })
  .tool("flight", undoableTool(), ({ input }) => ({ name: `${input.name}.flight` }))
  .child("booking", booking, ({ input }) => ({ name: `${input.name}.room` }))
  .approve("boss", { summary: "Go?" })
  .output(() => null)

/** Deployed anew while runs of it are under way. */
export const deployable = (prompt: string) =>
  workflow("live-deployed", { version: 1, input: Named })
    .tool("first", handTool(), ({ input }) => ({ name: `${input.name}.first` }))
    .approve("boss", { summary: prompt, onReject: prompt === "New" ? "continue" : "fail" })
    .generate("model", { prompt: ({ input }) => `${prompt} hand:${input.name}.model` })
    .output(({ model }) => model.text)

/** As `deployable`, but what was a tool is code. */
export const otherKind = workflow("live-deployed", { version: 1, input: Named })
  .code("first", ({ input }) => input)
  .approve("boss", { summary: "Old" })
  .output(() => null)

/** As `deployable`, but its first tool answers with something else. */
export const otherOutput = workflow("live-deployed", { version: 1, input: Named })
  .tool("first", { ...handTool(), output: Named.extend({ more: z.string() }) }, ({ input }) => input)
  .approve("boss", { summary: "Old" })
  .output(() => null)

const answering = scriptedModel(async (operation) => ({ text: `answer to ${await enterAsked(operation)}` }))

/** Answers with the prompt, after the hand that the prompt names has been let go; its first word comes before that. */
export const liveModel: ModelClient = {
  async operate(operation, context, options) {
    options.onDelta?.({ type: "text", text: "answer" })
    const outcome = await answering.operate(operation, context, options)
    const text = outcome.status === "succeeded" && outcome.result.type === "generate" ? outcome.result.text : ""
    options.onDelta?.({ type: "text", text: text.slice("answer".length) })
    return outcome
  },
}

export const liveWorkflows: readonly Workflow[] = [
  single,
  free,
  hurried,
  patient,
  moving,
  lost,
  risky,
  waiting,
  parent,
  bookable,
  booking,
  saga,
  deployable("Old"),
]
