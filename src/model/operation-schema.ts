/** Operations as zod reads them: for those that people write, in the place of what a step makes. */
import { z } from "zod"
import { isBlobRef } from "../lib/blob-ref.ts"
import { isJsonObject, type Json } from "../lib/json.ts"

/** What is checked here was parsed from JSON, so there is nothing left to check. */
const json: z.ZodType<Json> = z.any()
const object = json.refine(isJsonObject, "expected an object")
const blob = json.refine(isBlobRef, "expected a reference from POST /v1/media")
const texts = z.array(z.string())

const text = z.strictObject({ type: z.literal("text"), text: z.string() })
const media = z.strictObject({ type: z.literal("media"), media: blob })
const toolCall = z.strictObject({
  type: z.literal("tool-call"),
  id: z.string(),
  name: z.string(),
  input: json,
  metadata: json.exactOptional(),
})
const toolResult = z.strictObject({
  type: z.literal("tool-result"),
  id: z.string(),
  name: z.string(),
  output: json,
  isError: z.boolean().exactOptional(),
})
const reasoning = z.strictObject({ type: z.literal("reasoning"), text: z.string(), metadata: json.exactOptional() })

const message = z.discriminatedUnion("role", [
  z.strictObject({ role: z.literal("system"), content: z.string() }),
  z.strictObject({ role: z.literal("user"), content: z.array(z.discriminatedUnion("type", [text, media])) }),
  z.strictObject({
    role: z.literal("assistant"),
    content: z.array(z.discriminatedUnion("type", [text, reasoning, toolCall])),
  }),
  z.strictObject({ role: z.literal("tool"), content: z.array(toolResult) }),
])

const sampling = z.strictObject({
  topP: z.number().exactOptional(),
  stopSequences: z.array(z.string()).exactOptional(),
  seed: z.int().exactOptional(),
  presencePenalty: z.number().exactOptional(),
  frequencyPenalty: z.number().exactOptional(),
})

/** By the operation's type. */
export const operationSchemas = {
  generate: z.strictObject({
    type: z.literal("generate"),
    messages: z.array(message),
    output: z.strictObject({ name: z.string(), schema: object }).exactOptional(),
    examples: z.array(z.strictObject({ input: z.string(), output: json })).exactOptional(),
    tools: z.array(z.strictObject({ name: z.string(), description: z.string(), input: object })).exactOptional(),
    toolChoice: z.enum(["auto", "required", "none"]).exactOptional(),
    template: z.string().exactOptional(),
    maxOutputTokens: z.int().positive().exactOptional(),
    onTruncated: z.enum(["fail", "answer"]).exactOptional(),
    temperature: z.number().exactOptional(),
    sampling: sampling.exactOptional(),
    reasoningEffort: z.enum(["none", "low", "medium", "high"]).exactOptional(),
    providerOptions: z.record(z.string(), object).exactOptional(),
  }),
  embed: z.strictObject({ type: z.literal("embed"), texts }),
  moderate: z.strictObject({ type: z.literal("moderate"), texts }),
  transcribe: z.strictObject({ type: z.literal("transcribe"), audio: blob, language: z.string().exactOptional() }),
}
