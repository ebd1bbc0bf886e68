/** `transcribe`: a model writes down what is said in a recording. */
import { z } from "zod"
import type { FreshName, Maybe, Next } from "../graph/builder.ts"
import { jsonSchema } from "../graph/schema.ts"
import type { BlobRef } from "../lib/blob-ref.ts"
import type { TranscribeOperation } from "../model/operation.ts"
import { type Closure, closure, readStep, readText, type Text, text } from "./shared/fields.ts"
import { defineStepKind } from "./step-kind.ts"

interface TranscribeConfig {
  readonly audio: Closure<BlobRef>
  readonly language?: Text | undefined
}

/** What a `transcribe` step gives. */
export interface Transcript {
  readonly text: string
  /** The language that was heard, when the model says so. */
  readonly language?: string | undefined
  /** Length of the recording. */
  readonly durationMs?: number | undefined
}

const config = z.strictObject({ audio: closure<BlobRef>(), language: text.optional() })

const output = z.object({
  text: z.string(),
  language: z.string().optional(),
  durationMs: z.number().optional(),
})

export const transcribe = defineStepKind<TranscribeConfig, TranscribeOperation>({
  kind: "transcribe",
  asks: "transcribe",
  define: (name, [given]) => ({ ...readStep<TranscribeConfig>(name, config, given), outputSchema: jsonSchema(output) }),
  output: () => output,
  resolve: (own, values) => ({
    type: "transcribe",
    audio: own.audio(values),
    ...(own.language === undefined ? {} : { language: readText(own.language, values) }),
  }),
  async execute(_own, operation, context): Promise<Transcript> {
    const { type: _type, ...transcript } = await context.operate(operation)
    return transcript
  },
})

declare module "../graph/builder.ts" {
  interface StepMethods<Outer, Local, At extends Level> {
    /** Writes down a recording. */
    transcribe<const Name extends string, When extends boolean = true>(
      name: FreshName<Name, Outer & Local>,
      step: {
        readonly audio: (values: Outer & Local) => BlobRef
        /** BCP 47 tag, when it is known. */
        readonly language?: string | ((values: Outer & Local) => string)
      } & Options<Outer & Local, When>,
    ): Next<Outer, Local, At, Name, Maybe<Transcript, When>>
  }
}
