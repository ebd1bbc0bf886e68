/** `plan`: a strong model decides what to do next, in the shape asked for. */
import { z } from "zod"
import type { FreshName, Maybe, Next } from "../graph/builder.ts"
import { schema } from "../graph/checks.ts"
import type { GenerateOperation } from "../model/operation.ts"
import { readStep } from "./shared/fields.ts"
import {
  answerOf,
  answerSchema,
  answerShape,
  generateOperation,
  type PromptConfig,
  type PromptOptions,
  promptFields,
  promptSummary,
} from "./shared/generate.ts"
import { defineStepKind } from "./step-kind.ts"

const config = z.strictObject({ ...promptFields, output: schema })

export const plan = defineStepKind<PromptConfig, GenerateOperation>({
  kind: "plan",
  asks: "generate",
  define(name, [given]) {
    const step = readStep<PromptConfig>(name, config, given)
    return { ...step, outputSchema: answerSchema(step.config), summary: promptSummary(step.config) }
  },
  output: answerShape,
  resolve: (own, values) => generateOperation(own, "plan", values),
  async execute(own, operation, context) {
    return answerOf(own, context.node.name, await context.operate(operation))
  },
})

declare module "../graph/builder.ts" {
  interface StepMethods<Outer, Local, At extends Level> {
    /** Decides: the answer has the shape of `output`. */
    plan<const Name extends string, Output, When extends boolean = true>(
      name: FreshName<Name, Outer & Local>,
      step: Omit<PromptOptions<Outer & Local, Output>, "output"> &
        Required<Pick<PromptOptions<Outer & Local, Output>, "output">> &
        Options<Outer & Local, When>,
    ): Next<Outer, Local, At, Name, Maybe<Output, When>>
  }
}
