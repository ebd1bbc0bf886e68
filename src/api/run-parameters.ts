/** Parameters that several endpoints about runs take. */
import { z } from "zod"
import { MAX_WAIT_MS } from "../lib/limits.ts"
import { RunView } from "../protocol/run-view.ts"
import { StepView } from "../protocol/step-view.ts"
import { named } from "../protocol/wire.ts"

export const RunParams = z.object({ id: z.string().meta({ description: "Of the run, such as `run_01jd2k…`." }) })

export const StepParams = RunParams.extend({
  path: z
    .string()
    .meta({ description: "Of the step, such as `outcome.refund.charge` or `items[3].extract`, URL-encoded." }),
})

export const WaitQuery = z.object({
  wait: z.coerce
    .number()
    .min(0)
    .max(MAX_WAIT_MS / 1_000)
    .exactOptional()
    .meta({ description: "Seconds to wait for the run to end." }),
})

/** A number of the newest event that the caller has seen. */
export const after = z.coerce.number().int().nonnegative()

const steps = z.array(StepView).readonly().meta({ description: "In the order in which they first started." })
const nextCursor = z.string().exactOptional().meta({ description: "`cursor` of the next page; absent on the last." })

/** A page of a run's steps. */
export const StepList = named("StepList", z.object({ steps, nextCursor }))
export type StepList = z.infer<typeof StepList>

/** A run with the first page of its steps; the others are at `/v1/runs/{id}/steps`. */
export const RunDetail = named("RunDetail", RunView.extend({ steps, nextCursor }))
export type RunDetail = z.infer<typeof RunDetail>

/** A run under way; with its steps when it was waited for. */
export const RunUnderWay = named("RunUnderWay", RunDetail.partial({ steps: true }))
