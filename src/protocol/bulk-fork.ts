/** Bulk forks: many failed runs forked with one change; what a caller asks for, and what the doors show of it. */
import { z } from "zod"
import { isId } from "../lib/id.ts"
import { DEFAULT_BULK_CONCURRENCY, MAX_BULK_CONCURRENCY, MAX_DRY_RUN_FORKS } from "../lib/limits.ts"
import { MAX_USD } from "../lib/money.ts"
import { ForkBody, StepEditView } from "./derive.ts"
import { failureFilter } from "./failure-filter.ts"
import { forwards, moment } from "./moment.ts"
import { ErrorView } from "./problem.ts"
import { RUN_STATUSES } from "./run-view.ts"
import { Cost, named } from "./wire.ts"

const BulkFilter = z
  .strictObject({
    workflow: z.string(),
    failedAt: z.string().exactOptional().meta({
      description:
        "Path of the step that failed the run (`items[3].extract`, or `items[].extract` for all), or its name.",
    }),
    errorCode: z.string().exactOptional(),
    failureClass: failureFilter.exactOptional(),
    user: z.string().exactOptional(),
    tag: z.string().exactOptional(),
    from: moment.exactOptional().meta({ description: "Created at or after this time." }),
    to: moment.exactOptional().meta({ description: "Created before this time." }),
  })
  .refine(...forwards)
export type BulkFilter = z.infer<typeof BulkFilter>

const change = ForkBody.omit({ breakpoints: true, paused: true, stubs: true }).extend({
  edit: StepEditView.exactOptional().meta({
    description: "What is different about the step that each fork starts from.",
  }),
})
/** What is different about every fork. */
export type BulkChange = z.infer<typeof change>

export const BulkForkBody = named(
  "StartBulkFork",
  change
    .extend({
      filter: BulkFilter.meta({
        description:
          "Which failed runs. Forks and rehearsals are left out, and runs of which a fork succeeded or is under way.",
      }),
      concurrency: z
        .int()
        .min(1)
        .max(MAX_BULK_CONCURRENCY)
        .default(DEFAULT_BULK_CONCURRENCY)
        .meta({ description: "How many forks may be busy at once." }),
      costCeilingUsd: z
        .number()
        .nonnegative()
        .max(MAX_USD)
        .exactOptional()
        .meta({ description: "No fork starts that could lift the cost of all above this. Needed unless `dryRun`." }),
      dryRun: z.boolean().default(false).meta({ description: "Say what would be done and cost; do nothing." }),
      cursor: z
        .string()
        .refine((text) => isId("run", text), "expected the `nextCursor` of the page before")
        .exactOptional()
        .meta({ description: "Of a dry run: `nextCursor` of the page before." }),
      limit: z.int().min(1).max(MAX_DRY_RUN_FORKS).default(20).meta({ description: "Of a dry run: forks on a page." }),
    })
    .refine(({ dryRun, costCeilingUsd }) => dryRun || costCeilingUsd !== undefined, {
      path: ["costCeilingUsd"],
      message: "expected dollars, or `dryRun`: true",
    }),
)
export type BulkForkBody = z.infer<typeof BulkForkBody>

const Range = z.object({ low: Cost, high: Cost })
const links = z.record(z.string(), z.string())

const RedoneStepView = z.object({
  path: z.string(),
  kind: z.string(),
  tool: z.string().exactOptional(),
  effect: z.string().exactOptional(),
  status: z.string().meta({ description: "How it ended in the recording." }),
  cost: Cost.meta({ description: "What it cost then." }),
})

const DryRunItem = z.object({
  runId: z.string(),
  user: z.string().exactOptional(),
  failedAt: z.string().exactOptional(),
  errorCode: z.string().exactOptional(),
  from: z.string().exactOptional().meta({ description: "Where the fork would start." }),
  redone: z
    .array(RedoneStepView)
    .readonly()
    .exactOptional()
    .meta({ description: "Recorded steps, the first of them." }),
  redoneSteps: z.int().exactOptional().meta({ description: "How many recorded steps are done again in all." }),
  estimate: Range.exactOptional(),
  refused: ErrorView.exactOptional().meta({ description: "Why the run cannot be forked so." }),
  links,
})
export type DryRunItem = z.infer<typeof DryRunItem>

export const BulkForkDryRun = named(
  "BulkForkDryRun",
  z.object({
    dryRun: z.literal(true),
    matched: z.int().meta({ description: "Runs that fit the filter." }),
    items: z.array(DryRunItem).readonly().meta({ description: "Newest first." }),
    refused: z.int().meta({ description: "Of this page." }),
    estimate: z.object({
      page: Range,
      all: Range.meta({ description: "Of all that match, as this page is to them." }),
      samples: z.int().meta({
        description:
          "Runs that succeeded, which the cost of steps behind the failure is read from; without any, it is not known.",
      }),
    }),
    nextCursor: z.string().exactOptional(),
  }),
)
export type BulkForkDryRun = z.infer<typeof BulkForkDryRun>

export const BULK_STATUSES = ["running", "completed", "stopped", "cancelled"] as const

export const BulkForkView = named(
  "BulkFork",
  z.object({
    id: z.string(),
    status: z.enum(BULK_STATUSES).meta({ description: "`stopped`: by the ceiling; what is under way goes on." }),
    reason: z.string().exactOptional().meta({ description: "Why no more forks start." }),
    createdAt: z.iso.datetime(),
    createdAtMs: z.int(),
    endedAtMs: z.int().exactOptional().meta({ description: "When it was decided that no more forks start." }),
    filter: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    change,
    concurrency: z.int(),
    matched: z.int(),
    counts: z.object({
      remaining: z.int().meta({ description: "Not started." }),
      underWay: z.int(),
      waiting: z.int().meta({ description: "Forks that wait for somebody or something; they hold no place." }),
      succeeded: z.int(),
      failed: z.int(),
      cancelled: z.int(),
      refused: z.int(),
    }),
    cost: Cost.meta({ description: "Of all forks so far." }),
    reserved: Cost.meta({ description: "What those under way may come to, at most as was estimated." }),
    costCeiling: Cost,
    links,
  }),
)
export type BulkForkView = z.infer<typeof BulkForkView>

export const BulkForkItemView = named(
  "BulkForkItem",
  z.object({
    runId: z.string(),
    status: z
      .enum(["pending", "refused", ...RUN_STATUSES])
      .meta({ description: "`pending`: not started; else the fork's." }),
    from: z.string().exactOptional(),
    forkId: z.string().exactOptional(),
    estimate: Range.exactOptional(),
    cost: Cost.exactOptional(),
    error: ErrorView.exactOptional().meta({ description: "Why it was refused." }),
    links,
  }),
)
export type BulkForkItemView = z.infer<typeof BulkForkItemView>

export const BulkForkDetail = named(
  "BulkForkDetail",
  BulkForkView.extend({
    items: z.array(BulkForkItemView).readonly().meta({ description: "In the order in which they are forked." }),
    nextCursor: z.string().exactOptional().meta({ description: "Absent on the last page." }),
  }),
)
export type BulkForkDetail = z.infer<typeof BulkForkDetail>

export const BulkForkList = named(
  "BulkForkList",
  z.object({
    bulkForks: z.array(BulkForkView).readonly().meta({ description: "Newest first." }),
    nextCursor: z.string().exactOptional().meta({ description: "Absent on the last page." }),
  }),
)
export type BulkForkList = z.infer<typeof BulkForkList>

export const CancelBulkForkBody = named(
  "CancelBulkFork",
  z.strictObject({
    forks: z.boolean().default(false).meta({ description: "Whether the forks under way are cancelled too." }),
  }),
)
