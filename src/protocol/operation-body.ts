/** An operation and its context as a caller describes them for a dry run: nothing that has a default need be said. */
import { z } from "zod"
import type { OperationContext } from "../model/client.ts"
import type { Operation } from "../model/operation.ts"
import { operationSchemas } from "../model/operation-schema.ts"
import { named } from "./wire.ts"

const { generate, embed, moderate, transcribe } = operationSchemas
const texts = z.array(z.string()).default([])

export const OperationBody: z.ZodType<Operation> = named(
  "OperationRequest",
  z.discriminatedUnion("type", [
    generate.extend({ messages: generate.shape.messages.default([]) }),
    embed.extend({ texts }),
    moderate.extend({ texts }),
    transcribe,
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
