/** `generate`: a model writes text (or fills a shape). */
import { z } from "zod"
import type { FreshName, Maybe, Next } from "../graph/builder.ts"
import type { GenerateOperation } from "../model/operation.ts"
import { type Closure, closure, readStep } from "./shared/fields.ts"
import {
  type Answer,
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

interface GenerateConfig extends PromptConfig {
  readonly template?: Closure<string> | undefined
}

const config = z.strictObject({ ...promptFields, template: closure<string>().optional() })

export const generate = defineStepKind<GenerateConfig, GenerateOperation>({
  kind: "generate",
  asks: "generate",
  define(name, [given]) {
    const step = readStep<GenerateConfig>(name, config, given)
    return { ...step, outputSchema: answerSchema(step.config), summary: promptSummary(step.config) }
  },
  output: answerShape,
  resolve(own, values) {
    const operation = generateOperation(own, "answer", values)
    return own.template ? { ...operation, template: own.template(values) } : operation
  },
  async execute(own, operation, context) {
    return answerOf(own, context.node.name, await context.operate(operation))
  },
})

declare module "../graph/builder.ts" {
  interface StepMethods<Outer, Local, At extends Level> {
    /** Writes: the answer is `{ text }`, or what `output` says. */
    generate<const Name extends string, Output = unknown, When extends boolean = true>(
      name: FreshName<Name, Outer & Local>,
      step: PromptOptions<Outer & Local, Output> & {
        /** What a machine without a language model answers with, and says that it did. */
        readonly template?: (values: Outer & Local) => string
      } & Options<Outer & Local, When>,
    ): Next<Outer, Local, At, Name, Maybe<Answer<Output>, When>>
  }
}
