/** Workflows that are one kind of step over and over, as long as a bench asks. */
import { type Workflow, workflow } from "waybill"
import { z } from "zod"

/** A builder whose steps are added in a loop: the types cannot count, and nothing here reads a step's output. */
interface Chain {
  generate(name: string, step: { readonly prompt: string }): Chain
  code(name: string, run: () => number): Chain
  output(select: () => string): Workflow
}

type AddStep = (chain: Chain, index: number) => Chain

export const LENGTHS = [1, 10, 20, 100, 1_000] as const

const addModel: AddStep = (chain, index) => chain.generate(`ask${index}`, { prompt: `Step ${index}` })
const addCode: AddStep = (chain, index) => chain.code(`add${index}`, () => index)

/** `models-20` is twenty model steps, `code-100` a hundred steps that call nobody. */
export const benchWorkflows: readonly Workflow[] = LENGTHS.flatMap((steps) => [
  chainOf(`models-${steps}`, steps, addModel),
  chainOf(`code-${steps}`, steps, addCode),
])

function chainOf(name: string, steps: number, add: AddStep): Workflow {
  let chain = workflow(name, { version: 1, input: z.object({}) }) as unknown as Chain
  for (let index = 0; index < steps; index += 1) chain = add(chain, index)
  return chain.output(() => "done")
}
