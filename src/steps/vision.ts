/** `vision`: a model reads one or more images (or PDF pages) and answers in text or in the shape asked for. */
import { z } from "zod"
import type { FreshName, Maybe, Next } from "../graph/builder.ts"
import type { BlobRef } from "../lib/blob-ref.ts"
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

type Images = BlobRef | readonly BlobRef[]

interface VisionConfig extends PromptConfig {
  readonly image: Closure<Images>
}

const config = z.strictObject({ ...promptFields, image: closure<Images>() })

export const vision = defineStepKind<VisionConfig, GenerateOperation>({
  kind: "vision",
  asks: "generate",
  define(name, [given]) {
    const step = readStep<VisionConfig>(name, config, given)
    return { ...step, outputSchema: answerSchema(step.config), summary: promptSummary(step.config) }
  },
  output: answerShape,
  resolve(own, values) {
    const images = own.image(values)
    return generateOperation(own, "screen", values, "$blob" in images ? [images] : images)
  },
  async execute(own, operation, context) {
    return answerOf(own, context.node.name, await context.operate(operation))
  },
})

declare module "../graph/builder.ts" {
  interface StepMethods<Outer, Local, At extends Level> {
    /** Reads images. `image` picks them from the values; the answer is `{ text }`, or what `output` says. */
    vision<const Name extends string, Output = unknown, When extends boolean = true>(
      name: FreshName<Name, Outer & Local>,
      step: PromptOptions<Outer & Local, Output> &
        Options<Outer & Local, When> & { readonly image: (values: Outer & Local) => BlobRef | readonly BlobRef[] },
    ): Next<Outer, Local, At, Name, Maybe<Answer<Output>, When>>
  }
}
