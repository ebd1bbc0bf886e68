/** `classify`: a model picks one label from each group of labels for a text. */
import { z } from "zod"
import type { FreshName, Maybe, Next } from "../graph/builder.ts"
import type { Values } from "../graph/node.ts"
import { jsonSchema, parseWith } from "../graph/schema.ts"
import type { Example, GenerateOperation } from "../model/operation.ts"
import { type Closure, closure, readStep } from "./shared/fields.ts"
import { defineStepKind } from "./step-kind.ts"

/** Labels of one group: their names, or names with what each means. */
type Labels = readonly string[] | Readonly<Record<string, string>>

interface ClassifyConfig {
  readonly text: Closure<string>
  readonly labels: Readonly<Record<string, Labels>>
  readonly instructions?: string | undefined
  readonly examples?: readonly Example[] | undefined
}

const labels = z.union([z.array(z.string()).min(2), z.record(z.string(), z.string())])

const config = z.strictObject({
  text: closure<string>(),
  labels: z.record(z.string(), labels),
  instructions: z.string().optional(),
  examples: z.array(z.strictObject({ input: z.string(), output: z.record(z.string(), z.string()) })).optional(),
})

export const classify = defineStepKind<ClassifyConfig, GenerateOperation>({
  kind: "classify",
  asks: "generate",
  define(name, [given]) {
    const step = readStep<ClassifyConfig>(name, config, given)
    const groups = Object.fromEntries(Object.entries(step.config.labels).map(([group, of]) => [group, labelNames(of)]))
    return { ...step, outputSchema: jsonSchema(outputOf(step.config)), summary: { labels: groups } }
  },
  output: outputOf,
  resolve: (own, values) => operationOf(own, values),
  async execute(own, operation, context) {
    const answer = await context.operate(operation)
    return parseWith(outputOf(own), answer.value, "output_invalid", context.node.name)
  },
})

function operationOf(own: ClassifyConfig, values: Values): GenerateOperation {
  const system = own.instructions ?? "Choose the one label of each group that fits the text best."
  return {
    type: "generate",
    messages: [
      { role: "system", content: system },
      { role: "user", content: [{ type: "text", text: own.text(values) }] },
    ],
    output: { name: "labels", schema: jsonSchema(outputOf(own)) },
    ...(own.examples ? { examples: own.examples } : {}),
    temperature: 0,
  }
}

function labelNames(of: Labels): readonly string[] {
  return Array.isArray(of) ? of : Object.keys(of)
}

function outputOf(own: ClassifyConfig): z.ZodType {
  const groups = Object.entries(own.labels).map(([group, of]) => {
    const meanings = Array.isArray(of)
      ? ""
      : Object.entries(of)
          .map(([label, meaning]) => `${label}: ${meaning}`)
          .join("; ")
    const names = z.enum(labelNames(of))
    return [group, meanings === "" ? names : names.describe(meanings)] as const
  })
  return z.object(Object.fromEntries(groups))
}

/** The labels chosen: for each group, one of its names. */
type Chosen<Groups extends Readonly<Record<string, Labels>>> = {
  readonly [Group in keyof Groups]: Groups[Group] extends readonly (infer Name)[] ? Name : keyof Groups[Group] & string
}

declare module "../graph/builder.ts" {
  interface StepMethods<Outer, Local, At extends Level> {
    /** Chooses one label of each group for `text`. The answer has a field per group. */
    classify<
      const Name extends string,
      const Groups extends Readonly<Record<string, Labels>>,
      When extends boolean = true,
    >(
      name: FreshName<Name, Outer & Local>,
      step: {
        readonly text: (values: Outer & Local) => string
        readonly labels: Groups
        readonly instructions?: string
        /** Texts with the labels that they should get. */
        readonly examples?: readonly { readonly input: string; readonly output: NoInfer<Partial<Chosen<Groups>>> }[]
      } & Options<Outer & Local, When>,
    ): Next<Outer, Local, At, Name, Maybe<Chosen<Groups>, When>>
  }
}
