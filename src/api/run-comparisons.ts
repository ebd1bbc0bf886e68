/** Runs beside runs, and a step's recorded question beside the answers of other models. */

import { z } from "zod"
import { Counterfactual, CounterfactualBody, counterfactualView, RunComparison } from "../protocol/compare-view.ts"
import { json } from "./answer.ts"
import { endpoint } from "./resource.ts"
import { ownRun } from "./run-access.ts"
import { RunParams, StepParams } from "./run-parameters.ts"

export const runComparisons = [
  endpoint({
    method: "GET",
    path: "/v1/runs/{id}/compare/{other}",
    summary: "Compare two runs step by step: output, model, time and cost",
    params: RunParams.extend({ other: z.string().meta({ description: "Id of the run on the right." }) }),
    answers: { 200: { description: "The runs side by side.", schema: RunComparison } },
    async handle({ params }, context) {
      await ownRun(params.other, context)
      const run = await ownRun(params.id, context)
      return json(await run.compare(params.other))
    },
  }),
  endpoint({
    method: "POST",
    path: "/v1/runs/{id}/steps/{path}/counterfactual",
    summary: "Ask what a step asked of other models",
    description:
      "The recorded operation is asked of each model, for real and for money, without fallbacks. Nothing after the step runs and the run stays as it is; what it cost is listed at `GET /v1/operations`.",
    params: StepParams,
    body: CounterfactualBody,
    answers: { 200: { description: "The answers side by side.", schema: Counterfactual } },
    async handle({ params, body }, context) {
      const run = await ownRun(params.id, context)
      return json(counterfactualView(await run.counterfactual({ path: params.path, ...body })))
    },
  }),
]
