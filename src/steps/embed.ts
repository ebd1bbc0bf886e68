/** `embed`: a model turns texts into vectors, in their order. */
import { z } from "zod"
import type { FreshName, Maybe, Next } from "../graph/builder.ts"
import { jsonSchema } from "../graph/schema.ts"
import type { EmbedOperation } from "../model/operation.ts"
import { type Closure, closure, readStep } from "./shared/fields.ts"
import { defineStepKind } from "./step-kind.ts"

type Texts = string | readonly string[]

interface EmbedConfig {
  readonly text: Closure<Texts>
}

/** What an `embed` step gives: one vector for each text. */
export interface Embeddings {
  readonly embeddings: readonly (readonly number[])[]
}

const config = z.strictObject({ text: closure<Texts>() })

const output = z.object({ embeddings: z.array(z.array(z.number())) })

export const embed = defineStepKind<EmbedConfig, EmbedOperation>({
  kind: "embed",
  asks: "embed",
  define: (name, [given]) => ({ ...readStep<EmbedConfig>(name, config, given), outputSchema: jsonSchema(output) }),
  output: () => output,
  resolve(own, values) {
    const texts = own.text(values)
    return { type: "embed", texts: typeof texts === "string" ? [texts] : texts }
  },
  async execute(_own, operation, context): Promise<Embeddings> {
    const { embeddings } = await context.operate(operation)
    return { embeddings }
  },
})

declare module "../graph/builder.ts" {
  interface StepMethods<Outer, Local, At extends Level> {
    /** Makes a vector of each text. */
    embed<const Name extends string, When extends boolean = true>(
      name: FreshName<Name, Outer & Local>,
      step: {
        readonly text: (values: Outer & Local) => string | readonly string[]
      } & Options<Outer & Local, When>,
    ): Next<Outer, Local, At, Name, Maybe<Embeddings, When>>
  }
}
