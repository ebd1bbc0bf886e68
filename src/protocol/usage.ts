/** Usage reports: who and what is expensive, over runs and over operations that no run asked for. */
import { z } from "zod"
import { MAX_USAGE_GROUPS } from "../lib/limits.ts"
import { Cost, named } from "./wire.ts"

/** What can be told apart within a tenant. */
export const USAGE_DIMENSIONS = ["user", "workflow", "step", "model", "day", "category"] as const
export type UsageDimension = (typeof USAGE_DIMENSIONS)[number]

const day = z.iso.date("expected a day such as 2026-11-27")
const filter = {
  from: day.exactOptional().meta({ description: "First day, in UTC, such as `2026-11-01`." }),
  to: day.exactOptional().meta({ description: "The day after the last." }),
  user: z.string().exactOptional(),
  workflow: z.string().exactOptional().meta({ description: "Empty: operations that no run asked for." }),
  step: z.string().exactOptional().meta({ description: "Path without numbers: `items[].extract`." }),
  model: z.string().exactOptional().meta({ description: "`provider/model`." }),
}
export type UsageFilter = Readonly<Partial<Record<keyof typeof filter, string>>>

const dimension = z.enum(["tenant", ...USAGE_DIMENSIONS])

export const UsageQueryParameters = z.strictObject({
  groupBy: z
    .string()
    .default("workflow")
    .transform((text) => [...new Set(text.split(","))])
    .pipe(z.array(dimension))
    .meta({ description: `One or several of ${dimension.options.join(", ")}, with commas between them.` }),
  ...filter,
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_USAGE_GROUPS)
    .default(100)
    .meta({ description: "Groups in the answer." }),
})

const sums = {
  calls: z.int().meta({ description: "Calls to providers, failed and lost ones included." }),
  cost: Cost,
  wasted: Cost.meta({ description: "The part of it that bought nothing: failed, thrown away, outrun or lost calls." }),
  inputTokens: z.int(),
  outputTokens: z.int(),
  unpricedCalls: z.int().meta({ description: "Calls whose price is not known; they count as 0." }),
}

export const UsageView = named(
  "UsageReport",
  z.object({
    groupBy: z.array(dimension).readonly(),
    total: z.object(sums),
    groups: z
      .array(z.object({ key: z.record(z.string(), z.string()), ...sums }))
      .readonly()
      .meta({ description: "Dearest first. What is for no user, and operations without a run, have an empty key." }),
    truncated: z.literal(true).exactOptional().meta({ description: "There are more groups; the total counts all." }),
  }),
)
export type UsageView = z.infer<typeof UsageView>
