/** Recorded moderation decisions under another policy, for tests: which of them would be made otherwise, and why. */

import type { Policy } from "../graph/policy.ts"
import { WaybillError } from "../lib/errors.ts"
import {
  type ModerationReview,
  type PolicyChange,
  reviewedPolicy,
  reviewModeration,
} from "../replay/moderation-review.ts"
import { kindsByName } from "../steps/index.ts"
import { type GoldenOptions, openRecorded, type RecordedRun } from "./golden.ts"

export interface ModerationOptions extends Pick<GoldenOptions, "workflows"> {
  /** Path or name of a `moderate` step. */
  readonly step: string
  /** Thresholds in the place of those of today's policy, or a policy. Default: today's. */
  readonly policy?: PolicyChange | Policy<never>
}

/** Reviews a recorded run. Throws `export_invalid`, `workflow_not_found`, `step_not_found`. */
export async function reviewRecorded(run: RecordedRun, options: ModerationOptions): Promise<ModerationReview> {
  const { workflow, ...side } = await openRecorded(run, options)
  const { step, policy: wanted } = options
  const change = wanted && "name" in wanted ? undefined : wanted
  const found = reviewedPolicy(workflow, kindsByName, step, change)
  if (!found)
    throw new WaybillError("step_not_found", `${workflow.name} has no moderate step "${step}".`, { path: step })
  // Its rules are given the facts that the step was given.
  const policy = wanted && "name" in wanted ? (wanted as Policy) : found.policy
  return reviewModeration(side, step, policy)
}
