/** Operations of the OpenAI-compatible door as the HTTP doors show them. */
import { z } from "zod"
import { AttemptView, DecisionView, UsageView } from "./operation-view.ts"
import { ErrorView } from "./problem.ts"
import { Cost, named } from "./wire.ts"

export const LoggedOperationView = named(
  "LoggedOperation",
  z.object({
    id: z.string(),
    endpoint: z.enum(["chat.completions", "embeddings", "moderations", "counterfactual"]),
    asked: z.string().meta({ description: "The model that was asked for, as the caller wrote it." }),
    status: z.enum(["succeeded", "failed", "cancelled"]).meta({ description: "`cancelled`: the caller went away." }),
    user: z.string().exactOptional(),
    error: ErrorView.exactOptional(),
    startedAtMs: z.number(),
    durationMs: z.number(),
    decision: DecisionView,
    attempts: z.array(AttemptView).readonly(),
    usage: UsageView,
    cost: Cost,
    cache: z.enum(["hit", "miss"]).exactOptional(),
    redactions: z.int().exactOptional(),
  }),
)
export type LoggedOperationView = z.infer<typeof LoggedOperationView>

export const LoggedOperationList = named(
  "LoggedOperationList",
  z.object({
    operations: z.array(LoggedOperationView).readonly().meta({ description: "Newest first." }),
    nextCursor: z.string().exactOptional().meta({ description: "Absent on the last page." }),
  }),
)
export type LoggedOperationList = z.infer<typeof LoggedOperationList>
