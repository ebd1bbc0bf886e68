/** Reviews of recorded moderation decisions under another policy; what a caller asks for, and what comes of it. */
import { z } from "zod"
import { isId } from "../lib/id.ts"
import { MAX_REVIEWED_RUNS } from "../lib/limits.ts"
import { forwards, moment } from "./moment.ts"
import { named } from "./wire.ts"

const score = z.number().min(0).max(1)

export const ModerationReviewBody = named(
  "StartModerationReview",
  z
    .strictObject({
      workflow: z.string(),
      step: z.string().meta({ description: "Path (`items[].check` for all items) or name of a `moderate` step." }),
      policy: z
        .strictObject({
          thresholds: z.record(z.string(), score).meta({
            description: "Highest score that passes, by category; `*` for all others.",
          }),
          rules: z
            .array(z.string())
            .exactOptional()
            .meta({ description: "Ids of the rules of today's policy that hold. Default: all." }),
        })
        .exactOptional()
        .meta({ description: "Default: the policy of the step in today's code." }),
      user: z.string().exactOptional(),
      tag: z.string().exactOptional(),
      from: moment.exactOptional().meta({ description: "Runs created at or after this time." }),
      to: moment.exactOptional().meta({ description: "Runs created before this time." }),
      show: z.enum(["flips", "all"]).default("flips").meta({ description: "Which decisions are listed." }),
      cursor: z
        .string()
        .refine((text) => isId("run", text), "expected the `nextCursor` of the page before")
        .exactOptional(),
      limit: z.int().min(1).max(MAX_REVIEWED_RUNS).default(50).meta({ description: "Runs on a page." }),
    })
    .refine(...forwards),
)
export type ModerationReviewBody = z.infer<typeof ModerationReviewBody>

const violation = z.object({ rule: z.string(), reason: z.string(), text: z.string().exactOptional() })
const verdict = z.object({ flagged: z.boolean(), violations: z.array(violation).readonly() })
const place = {
  runId: z.string(),
  path: z.string(),
  atMs: z.int(),
  links: z.record(z.string(), z.string()),
}

const reason = z.object({
  rule: z.string().meta({ description: "`category:<name>`, `rule:<id>`, or `provider`: the model's own judgement." }),
  now: z.enum(["violated", "kept"]),
  text: z.string().exactOptional().meta({ description: "Name of the text, where texts are named." }),
  score: z.number().exactOptional(),
  threshold: z.number().exactOptional(),
  reason: z.string().exactOptional(),
})

export const ModerationReviewView = named(
  "ModerationReview",
  z.object({
    workflow: z.string(),
    step: z.string(),
    policy: z
      .object({ thresholds: z.record(z.string(), z.number()), rules: z.array(z.string()).readonly() })
      .exactOptional()
      .meta({ description: "That decides now; without one, the moderation model's own judgement." }),
    runs: z.int().meta({ description: "Runs on this page; rehearsals are left out." }),
    counts: z
      .object({ decisions: z.int(), same: z.int(), toFlagged: z.int(), toPassed: z.int(), undecided: z.int() })
      .meta({ description: "Of this page." }),
    unscored: z.array(z.string()).readonly().exactOptional().meta({
      description: "Categories with a threshold that no decision on this page was given a score of.",
    }),
    decisions: z
      .array(
        z.object({
          ...place,
          recorded: verdict,
          reviewed: verdict,
          flip: z.enum(["flagged", "passed"]).exactOptional().meta({ description: "What the decision becomes." }),
          reasons: z.array(reason).readonly().meta({ description: "Where the two verdicts differ." }),
        }),
      )
      .readonly(),
    undecided: z
      .array(z.object({ ...place, why: z.string() }))
      .readonly()
      .meta({ description: "Decisions that need what the recording does not hold." }),
    nextCursor: z.string().exactOptional().meta({ description: "Absent on the last page." }),
  }),
)
export type ModerationReviewView = z.infer<typeof ModerationReviewView>
