/** Workflows that are one kind of step over and over, as long as a bench asks. */
import { type Tool, tool, type Workflow, workflow } from "waybill"
import { z } from "zod"

/** A builder whose steps are added in a loop: the types cannot count, and nothing here reads a step's output. */
interface Chain {
  generate(name: string, step: { readonly prompt: string }): Chain
  code(name: string, run: () => number): Chain
  tool(name: string, tool: Tool, input: () => unknown): Chain
  output(select: () => string): Workflow
}

type AddStep = (chain: Chain, index: number) => Chain

export const LENGTHS = [1, 10, 20, 100, 1_000] as const

const addModel: AddStep = (chain, index) => chain.generate(`ask${index}`, { prompt: `Step ${index}` })
/** The call that the bare object makes, as a tool: no gateway, no model package, only the durable step. */
const callStub = tool({
  name: "call_stub",
  description: "Asks the stub.",
  effect: "idempotent",
  input: z.object({ index: z.number() }),
  output: z.unknown(),
  async run({ input, fetch, secrets }) {
    const body = JSON.stringify({ model: "stub", messages: [{ role: "user", content: `Step ${input.index}` }] })
    const headers = { "content-type": "application/json" }
    return (await fetch(`${secrets.STUB_URL}/v1/chat/completions`, { method: "POST", headers, body })).json()
  },
})

const addTool: AddStep = (chain, index) => chain.tool(`call${index}`, callStub as Tool, () => ({ index }))
const addCode: AddStep = (chain, index) => chain.code(`add${index}`, () => index)

/** `models-20` is twenty model steps, `tools-20` twenty tool steps that make the same call, `code-100` a hundred that call nobody. */
export const benchWorkflows: readonly Workflow[] = LENGTHS.flatMap((steps) => [
  chainOf(`models-${steps}`, steps, addModel),
  chainOf(`tools-${steps}`, steps, addTool),
  chainOf(`code-${steps}`, steps, addCode),
])

function chainOf(name: string, steps: number, add: AddStep): Workflow {
  let chain = workflow(name, { version: 1, input: z.object({}) }) as unknown as Chain
  for (let index = 0; index < steps; index += 1) chain = add(chain, index)
  return chain.output(() => "done")
}
