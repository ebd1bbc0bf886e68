/** Recorded moderation decisions under another policy. Nobody is asked, and nothing is written. */

import type { Policy } from "../graph/policy.ts"
import type { Workflow } from "../graph/workflow.ts"
import { WaybillError } from "../lib/errors.ts"
import { reach } from "../objects/remote.ts"
import { findWorkflow } from "../objects/start-run.ts"
import { ModerationReviewBody, ModerationReviewView } from "../protocol/moderation-review.ts"
import { windowOf } from "../protocol/moment.ts"
import { runPath } from "../protocol/run-view.ts"
import { type ModerationReview, reviewedPolicy } from "../replay/moderation-review.ts"
import { kindsByName } from "../steps/index.ts"
import { json } from "./answer.ts"
import { type ApiContext, endpoint } from "./resource.ts"

type Reviewed = ModerationReview & { readonly runId: string }

export const moderationReviews = [
  endpoint({
    method: "POST",
    path: "/v1/moderation-reviews",
    summary: "Say which recorded moderation decisions would be others under another policy, and why",
    description:
      "Scores, texts and facts come from the recordings, so nothing is asked again. Without `policy` it is today's code that decides.",
    body: ModerationReviewBody,
    answers: { 200: { description: "The decisions of one page of runs, newest first.", schema: ModerationReviewView } },
    async handle({ body }, context) {
      return json(await review(body, context))
    },
  }),
]

async function review(
  body: ModerationReviewBody,
  { env, deployment, tenant }: ApiContext,
): Promise<ModerationReviewView> {
  const { workflow, step, policy: change, show, cursor, limit, user, tag } = body
  const policy = policyOf(findWorkflow(deployment, workflow), body)
  const page = await reach(env.TENANTS, tenant.id).list({
    workflow,
    ...(user === undefined ? {} : { user }),
    ...(tag === undefined ? {} : { tag }),
    ...windowOf(body),
    ...(cursor === undefined ? {} : { cursor }),
    limit,
  })
  // A rehearsal plays again what was decided in the run that it is of.
  const runs = page.runs.filter(({ replayOf }) => !replayOf)
  const reviews = await Promise.all(
    runs.map(async ({ runId }): Promise<Reviewed> => {
      return { runId, ...(await reach(env.RUNS, runId).reviewModeration(step, change)) }
    }),
  )
  return {
    workflow,
    step,
    ...(policy ? { policy: { thresholds: policy.thresholds, rules: (policy.rules ?? []).map(({ id }) => id) } } : {}),
    runs: runs.length,
    ...unscored(policy, reviews),
    ...found(reviews, show),
    ...(page.nextCursor === undefined ? {} : { nextCursor: page.nextCursor }),
  }
}

/** The policy that decides. Throws `request_invalid` when the step is no `moderate` step, or a rule is not one of its policy's. */
function policyOf(workflow: Workflow, { step, policy: change }: ModerationReviewBody): Policy | undefined {
  const found = reviewedPolicy(workflow, kindsByName, step, change)
  if (!found) throw invalid("body.step", `found "${step}", expected a moderate step of ${workflow.name}`)
  const [unknown] = found.unknownRules
  if (unknown !== undefined)
    throw invalid("body.policy.rules", `found "${unknown}", expected rules of ${step}'s policy`)
  return found.policy
}

/** Categories of the policy that nobody scored, a misspelt one perhaps; where there are no scores at all, that says nothing. */
function unscored(policy: Policy | undefined, reviews: readonly Reviewed[]): { readonly unscored?: readonly string[] } {
  const scored = new Set(reviews.flatMap((review) => review.scored))
  const missing = Object.keys(policy?.thresholds ?? {}).filter((name) => name !== "*" && !scored.has(name))
  return scored.size === 0 || missing.length === 0 ? {} : { unscored: missing }
}

function found(reviews: readonly Reviewed[], show: "flips" | "all") {
  const all = reviews.flatMap(({ runId, decisions }) =>
    decisions.map((one) => ({ ...placeOf(runId, one.path), ...one })),
  )
  const undecided = reviews.flatMap(({ runId, undecided: some }) =>
    some.map((one) => ({ ...placeOf(runId, one.path), ...one })),
  )
  const count = (flip: "flagged" | "passed" | undefined): number => all.filter((one) => one.flip === flip).length
  return {
    counts: {
      decisions: all.length,
      same: count(undefined),
      toFlagged: count("flagged"),
      toPassed: count("passed"),
      undecided: undecided.length,
    },
    decisions: show === "all" ? all : all.filter(({ flip }) => flip !== undefined),
    undecided,
  }
}

function placeOf(runId: string, path: string) {
  return { runId, links: { run: runPath(runId), step: runPath(runId, "steps", path) } }
}

function invalid(path: string, problem: string): WaybillError {
  return new WaybillError("request_invalid", `${path}: ${problem}.`, { path })
}
