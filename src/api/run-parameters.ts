/** Parameters that several endpoints about runs take. */
import { z } from "zod"
import { MAX_WAIT_MS } from "../lib/limits.ts"

export const RunParams = z.object({ id: z.string().meta({ description: "Of the run, such as `run_01jd2k…`." }) })

export const StepParams = RunParams.extend({
  path: z
    .string()
    .meta({ description: "Of the step, such as `outcome.refund.charge` or `items[3].extract`, URL-encoded." }),
})

const seconds = z.coerce
  .number()
  .min(0)
  .max(MAX_WAIT_MS / 1_000)
  .exactOptional()

export const WaitQuery = z.strictObject({
  wait: seconds.meta({
    description: "Seconds to wait until the run has ended, or stands until somebody says how it goes on.",
  }),
})

export const StopQuery = z.strictObject({
  wait: seconds.meta({ description: "Seconds to wait until the run stands or has ended. Default: none." }),
})

/** The time that a query asks to wait. */
export function waitMsOf({ wait = 0 }: z.infer<typeof StopQuery>): number {
  return wait * 1_000
}

/** A number of the newest event that the caller has seen. */
export const after = z.coerce.number().int().nonnegative()
