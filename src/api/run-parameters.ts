/** Parameters that several endpoints about runs take. */
import { z } from "zod"
import { MAX_WAIT_MS } from "../lib/limits.ts"

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
