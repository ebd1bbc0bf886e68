/** Runs, and answers of models, side by side. */
import { z } from "zod"
import type { JsonChange } from "../lib/json-diff.ts"
import { UsageView } from "./operation-view.ts"
import { changeView, FieldChangeView, JsonChangeView } from "./replay-view.ts"
import { anyJson, named } from "./wire.ts"

const shownOutput = {
  output: anyJson.exactOptional(),
  excerpt: z.string().exactOptional().meta({ description: "The beginning of an output too large to be shown whole." }),
}

const ComparedStep = z.object({
  status: z.enum(["completed", "failed", "skipped", "stopped", "open"]),
  attempts: z.int(),
  model: z.string().exactOptional().meta({ description: "`provider/model` that answered last." }),
  durationMs: z.number().exactOptional(),
  costNanoUsd: z.int(),
  ...shownOutput,
})

const ComparedRun = z.object({
  runId: z.string(),
  workflow: z.string(),
  version: z.int(),
  status: z.enum(["succeeded", "failed", "cancelled", "open"]),
  error: anyJson.exactOptional(),
  durationMs: z.number().exactOptional().meta({ description: "From its creation to its end." }),
  costNanoUsd: z.int(),
  ...shownOutput,
})

export const RunComparison = named(
  "RunComparison",
  z.object({
    left: ComparedRun,
    right: ComparedRun,
    input: z.array(JsonChangeView).readonly().meta({ description: "How the inputs of the runs differ." }),
    steps: z
      .array(
        z.object({
          path: z.string(),
          kind: z.string(),
          left: ComparedStep.exactOptional().meta({ description: "Absent where the run has no such step." }),
          right: ComparedStep.exactOptional(),
          changes: z.array(FieldChangeView).readonly(),
        }),
      )
      .readonly(),
    cut: z.literal(true).exactOptional().meta({
      description: "There was more than fits: of later steps, outputs and all but one difference are left out.",
    }),
  }),
)
export type RunComparison = z.infer<typeof RunComparison>

const CounterAnswer = z.object({
  asked: z.string().exactOptional().meta({ description: "As it was asked for; absent for the recorded answer." }),
  model: z.string().exactOptional(),
  status: z.enum(["succeeded", "failed"]),
  output: anyJson.exactOptional(),
  fitsSchema: z
    .boolean()
    .exactOptional()
    .meta({ description: "Absent when no schema was asked for, or nothing answered." }),
  error: z.object({ code: z.string(), message: z.string() }).exactOptional(),
  failureClass: z.string().exactOptional(),
  latencyMs: z.number(),
  costNanoUsd: z.int(),
  usage: UsageView,
  changes: z.array(JsonChangeView).readonly().exactOptional().meta({ description: "Against the recorded answer." }),
})

export const Counterfactual = named(
  "Counterfactual",
  z.object({
    path: z.string(),
    attempt: z.int(),
    operation: z.int(),
    request: anyJson.meta({ description: "The operation that was asked of all." }),
    recorded: CounterAnswer,
    answers: z.array(CounterAnswer).readonly().meta({ description: "In the order of `models`." }),
  }),
)
export type Counterfactual = z.infer<typeof Counterfactual>

/** The answers with the long texts of their changes cut. */
export function counterfactualView(found: Counterfactual): Counterfactual {
  const cut = (changes: readonly JsonChange[]) => changes.map(changeView)
  const answers = found.answers.map(({ changes, ...rest }) => ({
    ...rest,
    ...(changes ? { changes: cut(changes) } : {}),
  }))
  return { ...found, answers }
}

export const CounterfactualBody = named(
  "CounterfactualRequest",
  z.strictObject({
    models: z
      .array(z.string().min(1))
      .min(1)
      .max(8)
      .meta({ description: "`provider/model`, or aliases of the routing." }),
    operation: z.int().nonnegative().exactOptional().meta({ description: "Of the step's last attempt. Default 0." }),
  }),
)
