/** What the kinds that ask a language model share: from their config to an operation, and from its result to an output. */
import { z } from "zod"
import { schema } from "../../graph/checks.ts"
import { sourceDigest } from "../../graph/compile.ts"
import type { Values } from "../../graph/node.ts"
import { jsonSchema, parseWith, type Schema } from "../../graph/schema.ts"
import type { BlobRef } from "../../lib/blob-ref.ts"
import type { JsonObject } from "../../lib/json.ts"
import type { Message } from "../../model/message.ts"
import type { Example, GenerateOperation } from "../../model/operation.ts"
import type { GenerateResult } from "../../model/result.ts"
import { readText, type Text, text } from "./fields.ts"

/** Config fields of every step that asks a language model. */
export const promptFields = {
  prompt: text,
  system: text.optional(),
  output: schema.optional(),
  examples: z.array(z.strictObject({ input: z.string(), output: z.json() })).optional(),
  maxOutputTokens: z.int().positive().optional(),
  temperature: z.number().min(0).max(2).optional(),
  reasoningEffort: z.enum(["none", "low", "medium", "high"]).optional(),
  providerOptions: z.record(z.string(), z.record(z.string(), z.json())).optional(),
}

export interface PromptConfig {
  readonly prompt: Text
  readonly system?: Text | undefined
  readonly output?: Schema | undefined
  readonly examples?: readonly Example[] | undefined
  readonly maxOutputTokens?: number | undefined
  readonly temperature?: number | undefined
  readonly reasoningEffort?: "none" | "low" | "medium" | "high" | undefined
  readonly providerOptions?: Readonly<Record<string, JsonObject>> | undefined
}

/** What authors write, seen with the types of their own values. */
export interface PromptOptions<Seen, Output> {
  readonly prompt: string | ((values: Seen) => string)
  readonly system?: string | ((values: Seen) => string)
  /** The shape of the answer; without it, the answer is `{ text }`. */
  readonly output?: Schema<Output>
  /** Worked examples: shown to a language model, used as evidence by an extractive one. */
  readonly examples?: readonly Example[]
  readonly maxOutputTokens?: number
  readonly temperature?: number
  readonly reasoningEffort?: "none" | "low" | "medium" | "high"
  /** Passed through untouched to the provider named by each key. */
  readonly providerOptions?: Readonly<Record<string, JsonObject>>
}

/** The answer of a step without an output schema. */
export interface TextAnswer {
  readonly text: string
}

/** What a step gives: its schema's type, or text. */
export type Answer<Output> = unknown extends Output ? TextAnswer : Output

const textAnswer = z.object({ text: z.string() })

/** What an answer must fit. */
export function answerShape(config: PromptConfig): Schema {
  return config.output ?? textAnswer
}

export function answerSchema(config: PromptConfig): JsonObject {
  return jsonSchema(answerShape(config))
}

/** What shows of a prompt in the graph: a digest of its source, so that a changed prompt is seen as such. */
export function promptSummary(config: PromptConfig): JsonObject {
  return {
    prompt: sourceDigest(config.prompt),
    ...(config.system === undefined ? {} : { system: sourceDigest(config.system) }),
    ...(config.examples ? { examples: config.examples.length } : {}),
  }
}

export function generateOperation(
  config: PromptConfig,
  name: string,
  values: Values,
  media: readonly BlobRef[] = [],
): GenerateOperation {
  const system: Message[] =
    config.system === undefined ? [] : [{ role: "system", content: readText(config.system, values) }]
  const content = [
    { type: "text", text: readText(config.prompt, values) } as const,
    ...media.map((one) => ({ type: "media", media: one }) as const),
  ]
  const { output, examples, maxOutputTokens, temperature, reasoningEffort, providerOptions } = config
  return {
    type: "generate",
    messages: [...system, { role: "user", content }],
    ...(output ? { output: { name, schema: jsonSchema(output) } } : {}),
    ...(examples ? { examples } : {}),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(reasoningEffort === undefined ? {} : { reasoningEffort }),
    ...(providerOptions ? { providerOptions } : {}),
  }
}

/** The step's output: the parsed answer as the author's schema reads it, or the text. */
export function answerOf(config: PromptConfig, name: string, result: GenerateResult): unknown {
  if (!config.output) return { text: result.text }
  return parseWith(config.output, result.value, "output_invalid", name)
}
