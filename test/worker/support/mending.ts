/** Workflows that fail the three ways in which runs fail most, and what makes each of them succeed. For the stepper. */
import { tool, workflow } from "waybill"
import { scriptedModel } from "waybill/testing"
import { z } from "zod"
import type { ModelClient } from "../../../src/model/client.ts"
import { enter, Named } from "./hands.ts"

const INPUT = z.object({ id: z.string() })

/** Fails unless it is asked for `good`. */
const fetchCase = tool({
  name: "fetch_case",
  description: "Fetches a case.",
  input: z.object({ id: z.string() }),
  output: z.object({ title: z.string() }),
  effect: "read",
  retry: { attempts: 1 },
  run: ({ input }) => {
    if (input.id !== "good") throw new Error(`no such case: ${input.id}`)
    return { title: "A good case" }
  },
})

/** Its provider, which is on the wire, answers with something that is no JSON, unless the prompt insists. */
const badJson = workflow("mend-json", { version: 1, input: INPUT })
  .generate("opening", { prompt: ({ input }) => `Open ${input.id}` })
  .plan("decision", { prompt: ({ opening }) => `Decide on ${opening.text}`, output: z.object({ amount: z.number() }) })
  .generate("closing", { prompt: ({ decision }) => `Close with ${decision.amount}` })
  .output(({ closing }) => closing.text)

const badTool = workflow("mend-tool", { version: 1, input: INPUT })
  .generate("opening", { prompt: ({ input }) => `Open ${input.id}` })
  .tool("found", fetchCase, ({ input }) => ({ id: input.id }))
  .generate("closing", { prompt: ({ found }) => `Close ${found.title}` })
  .output(({ closing }) => closing.text)

/** Its model is overloaded as often as it may be tried, unless another one is chosen by hand. */
const badLuck = workflow("mend-cap", { version: 1, input: INPUT })
  .generate("opening", { prompt: ({ input }) => `Open ${input.id}` })
  .generate("middle", { prompt: "Go on", retry: { attempts: 3, delay: 0, on: ["provider.overloaded"] } })
  .generate("closing", { prompt: ({ middle }) => `Close ${middle.text}` })
  .output(({ closing }) => closing.text)

/** Its tool refuses what is not good, stays while it is held, and a model that costs something is asked behind it. */
const badCases = workflow("cases", { version: 1, input: z.object({ name: z.string() }) })
  .tool("charge", chargeTool(), ({ input }) => input)
  .classify("topic", { text: () => "Which?", labels: { kind: ["billing", "other"] } })
  .output(({ topic }) => topic.kind)

function chargeTool() {
  return tool({
    name: "charge",
    description: "Charges.",
    input: Named,
    output: Named,
    effect: "idempotent",
    retry: { attempts: 1 },
    async run({ input, idempotencyKey, attempt }) {
      if (!input.name.startsWith("good")) throw new Error(`${input.name} is not good`)
      await enter({ name: input.name, idempotencyKey, attempt })
      return input
    },
  })
}

export const mendingWorkflows = [badJson, badTool, badLuck, badCases]

/** What the models of these workflows were asked, by run. */
export const asked = new Map<string, string[]>()

export const mendingModel = noting(
  scriptedModel((_operation, { step, model }) => {
    if (step.path === "middle" && model === undefined)
      return { failure: { class: "provider.overloaded", message: "529" } }
    return { text: `${step.path} of ${model ?? "the usual model"}` }
  }),
)

/** `models`, and a note of what they are asked. */
export function noting(models: ModelClient): ModelClient {
  return {
    operate(operation, context, options) {
      asked.set(context.runId, [...(asked.get(context.runId) ?? []), context.step.path])
      return models.operate(operation, context, options)
    },
  }
}
