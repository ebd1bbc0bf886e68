/** An operation and its context as a caller describes them for a dry run: nothing that has a default need be said. */
import { z } from "zod"
import { isBlobRef } from "../lib/blob-ref.ts"
import { isJsonObject } from "../lib/json.ts"
import type { OperationContext } from "../model/client.ts"
import type { Operation } from "../model/operation.ts"
import { anyJson, named } from "./wire.ts"

const object = anyJson.refine(isJsonObject, "expected an object")
const blob = anyJson.refine(isBlobRef, "expected a reference from POST /v1/media")
const text = z.strictObject({ type: z.literal("text"), text: z.string() })
const media = z.strictObject({ type: z.literal("media"), media: blob })
const toolCall = z.strictObject({
  type: z.literal("tool-call"),
  id: z.string(),
  name: z.string(),
  input: anyJson,
  metadata: anyJson.exactOptional(),
})
const toolResult = z.strictObject({
  type: z.literal("tool-result"),
  id: z.string(),
  name: z.string(),
  output: anyJson,
  isError: z.boolean().exactOptional(),
})
const reasoning = z.strictObject({
  type: z.literal("reasoning"),
  text: z.string(),
  metadata: anyJson.exactOptional(),
})

const message = z.discriminatedUnion("role", [
  z.strictObject({ role: z.literal("system"), content: z.string() }),
  z.strictObject({ role: z.literal("user"), content: z.array(z.discriminatedUnion("type", [text, media])) }),
  z.strictObject({
    role: z.literal("assistant"),
    content: z.array(z.discriminatedUnion("type", [text, reasoning, toolCall])),
  }),
  z.strictObject({ role: z.literal("tool"), content: z.array(toolResult) }),
])

const generate = z.strictObject({
  type: z.literal("generate"),
  messages: z.array(message).default([]),
  output: z.strictObject({ name: z.string(), schema: object }).exactOptional(),
  examples: z.array(z.strictObject({ input: z.string(), output: anyJson })).exactOptional(),
  tools: z.array(z.strictObject({ name: z.string(), description: z.string(), input: object })).exactOptional(),
  toolChoice: z.enum(["auto", "required", "none"]).exactOptional(),
  template: z.string().exactOptional(),
  maxOutputTokens: z.int().positive().exactOptional(),
  temperature: z.number().exactOptional(),
  reasoningEffort: z.enum(["none", "low", "medium", "high"]).exactOptional(),
})

const texts = z.array(z.string()).default([])

export const OperationBody: z.ZodType<Operation> = named(
  "OperationRequest",
  z.discriminatedUnion("type", [
    generate,
    z.strictObject({ type: z.literal("embed"), texts }),
    z.strictObject({ type: z.literal("moderate"), texts }),
    z.strictObject({ type: z.literal("transcribe"), audio: blob, language: z.string().exactOptional() }),
  ]),
)

export const ContextBody = named(
  "OperationContext",
  z.strictObject({
    workflow: z.string().default("explain"),
    step: z
      .strictObject({
        name: z.string().default("step"),
        kind: z.string().default("generate"),
        path: z.string().exactOptional().meta({ description: "Default: the step's name." }),
        failures: z.int().nonnegative().default(0),
        attempt: z.int().positive().default(1),
      })
      .prefault({}),
    plan: z.string().exactOptional().meta({ description: "The tenant's plan. Default: its own." }),
    user: z.string().exactOptional(),
    region: z.string().exactOptional(),
    tags: z.array(z.string()).default([]),
    route: z
      .string()
      .exactOptional()
      .meta({ description: "The step's own route: a name, an alias or provider/model." }),
    model: z.string().exactOptional().meta({ description: "A model that somebody chose by hand for this attempt." }),
  }),
)
export type ContextBody = z.infer<typeof ContextBody>

/** The context that `body` describes, for `tenant`. */
export function contextOf(body: ContextBody, tenant: OperationContext["tenant"]): OperationContext {
  const { workflow, step, plan, user, tags, region, route, model } = body
  return {
    runId: "explain",
    workflow,
    step: { ...step, path: step.path ?? step.name },
    tenant: { ...tenant, ...(plan === undefined ? {} : { plan }) },
    tags,
    ...(user === undefined ? {} : { user: { id: user } }),
    ...(region === undefined ? {} : { region }),
    ...(route === undefined ? {} : { route }),
    ...(model === undefined ? {} : { model }),
  }
}
