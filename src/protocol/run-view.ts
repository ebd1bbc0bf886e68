/** A run as the doors show it: a reading of the folded log, and nothing else. */
import { z } from "zod"
import { must } from "../lib/assert.ts"
import { ERROR_CODES } from "../lib/error-codes.ts"
import { exactUsd } from "../lib/money.ts"
import { isHolding, type RunState, runStatus, type StepState, totalCost } from "../run/run-state.ts"
import { BreakpointBody, breakpointView } from "./breakpoint.ts"
import { ErrorView, errorView } from "./problem.ts"
import { anyJson, Cost, named } from "./wire.ts"

export const RUN_STATUSES = ["queued", "running", "waiting", "paused", "succeeded", "failed", "cancelled"] as const
export const RunStatus = named("RunStatus", z.enum(RUN_STATUSES))

/** What a run waits for, and where the answer goes. */
export const WaitingView = named(
  "Waiting",
  z.object({
    path: z.string(),
    reason: z.enum(["approval", "signal", "sleep", "child", "interrupted", "failed", "unanswered"]),
    until: z.iso.datetime().exactOptional().meta({ description: "When the wait ends by itself." }),
    untilMs: z.int().exactOptional(),
    signal: z.string().exactOptional().meta({ description: "Name of the signal." }),
    summary: z.string().exactOptional().meta({ description: "What a person is asked." }),
    form: anyJson.exactOptional().meta({ description: "JSON Schema of the answer." }),
    approvers: z.array(z.string()).readonly().exactOptional(),
    childRunId: z.string().exactOptional(),
    answer: z.string().exactOptional().meta({ description: "Where to POST the answer." }),
    remedy: z
      .string()
      .exactOptional()
      .meta({ description: "What to do, of a step that asked for what its recording does not have." }),
  }),
)
export type WaitingView = z.infer<typeof WaitingView>

/** Where a run stands that queues. */
export const QueueView = named(
  "Queue",
  z.object({
    position: z.int().meta({ description: "1 is the next to go, of those that wait for the same limit." }),
    limit: z.enum(["tenant", "workflow"]).meta({ description: "Whose limit it waits for." }),
    concurrency: z.int().meta({ description: "How many runs that limit lets be busy at once." }),
  }),
)

/** Whether the platform keeps a run's object inside the region that was asked for. */
const Jurisdiction = z.object({
  asked: z.string(),
  applied: z.boolean(),
  reason: z.string().exactOptional().meta({ description: "Why it was not applied." }),
})

const Links = z.record(z.string(), z.string())
export const Origin = z.object({ runId: z.string(), path: z.string() })
export const ReplayedRun = z.object({ runId: z.string(), beyond: z.enum(["hold", "live"]) })

export const RunView = named(
  "Run",
  z.object({
    id: z.string(),
    workflow: z.string(),
    version: z.int(),
    workflowMissing: z.literal(true).exactOptional().meta({
      description:
        "The workflow is not deployed (any more): the run stays as it is until it is, or until it is cancelled.",
    }),
    status: RunStatus,
    tenant: z.string(),
    user: z.string().exactOptional(),
    region: z.string().exactOptional(),
    jurisdiction: Jurisdiction.exactOptional().meta({ description: "Of a run that has a region." }),
    tags: z.array(z.string()).readonly(),
    createdAt: z.iso.datetime(),
    createdAtMs: z.int(),
    updatedAtMs: z.int().meta({ description: "When the newest event was written." }),
    startedAtMs: z.int().exactOptional(),
    endedAt: z.iso.datetime().exactOptional(),
    endedAtMs: z.int().exactOptional(),
    durationMs: z.int().exactOptional().meta({ description: "From creation to end; only of a run that has ended." }),
    output: anyJson.exactOptional(),
    error: ErrorView.exactOptional(),
    failedAt: z.string().exactOptional().meta({ description: "Path of the step that failed the run." }),
    failureClass: z.string().exactOptional().meta({ description: "Of that step's failure, such as `own_code.tool`." }),
    unknownEffects: z.array(z.string()).readonly().exactOptional().meta({
      description: "Paths of steps whose tools may have changed something, and nobody knows.",
    }),
    waiting: z.array(WaitingView).readonly(),
    queue: QueueView.exactOptional().meta({ description: "Of a run that queues, where it is read alone." }),
    paused: z.object({ reason: z.enum(["requested", "breakpoint"]), at: z.string().exactOptional() }).exactOptional(),
    breakpoints: z
      .array(BreakpointBody)
      .readonly()
      .exactOptional()
      .meta({ description: "Where the run stops; of a run that has any." }),
    cost: Cost.meta({ description: "What the run paid for itself." }),
    totalCost: Cost.meta({ description: "With all runs below it, as far as those have ended." }),
    parent: Origin.exactOptional(),
    forkedFrom: Origin.exactOptional(),
    replayOf: ReplayedRun.exactOptional().meta({ description: "The run whose recording answers this one." }),
    seq: z.int().meta({ description: "Number of the newest event." }),
    links: Links,
  }),
)
export type RunView = z.infer<typeof RunView>

/** The view of a run that was created. `output`, when it is known, is the run's output as a whole. */
export function runView(state: RunState, extra: Pick<RunView, "output" | "workflowMissing"> = {}): RunView {
  const header = must(state.header, "only a run that was created has a view")
  const {
    runId: id,
    workflow,
    version,
    tenant,
    user,
    region,
    jurisdiction,
    tags,
    parent,
    forkedFrom,
    replayOf,
  } = header
  const { createdAtMs, updatedAtMs, startedAtMs, endedAtMs, error, failedAt, paused, breakpoints, costNanoUsd, seq } =
    state
  return {
    id,
    workflow,
    version,
    status: runStatus(state),
    tenant: tenant.id,
    ...(user ? { user: user.id } : {}),
    ...(region === undefined ? {} : { region }),
    ...(jurisdiction ? { jurisdiction } : {}),
    tags,
    createdAt: new Date(createdAtMs).toISOString(),
    createdAtMs,
    updatedAtMs,
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    ...(endedAtMs === undefined ? {} : endOf(createdAtMs, endedAtMs)),
    ...extra,
    ...(error ? { error: errorView(error) } : {}),
    ...(failedAt === undefined ? {} : failureOf(state, failedAt)),
    ...(state.unknownEffects.length > 0 ? { unknownEffects: state.unknownEffects } : {}),
    waiting: waitingViews(id, state),
    ...(paused ? { paused: { reason: paused.reason, ...(paused.at === undefined ? {} : { at: paused.at }) } } : {}),
    ...(breakpoints.length === 0 ? {} : { breakpoints: breakpoints.map(breakpointView) }),
    cost: costView(costNanoUsd),
    totalCost: costView(totalCost(state)),
    ...(parent ? { parent: { runId: parent.runId, path: parent.path } } : {}),
    ...(forkedFrom ? { forkedFrom } : {}),
    ...(replayOf ? { replayOf } : {}),
    seq,
    links: linksOf(id),
  }
}

function failureOf({ steps }: RunState, failedAt: string): Pick<RunView, "failedAt" | "failureClass"> {
  const failureClass = steps.get(failedAt)?.failureClass
  return { failedAt, ...(failureClass === undefined ? {} : { failureClass }) }
}

/** Money as the wire shows it. */
export function costView(nanoUsd: number): Cost {
  return { usd: exactUsd(nanoUsd), nanoUsd }
}

/** What `step` of run `runId` waits for; undefined when it does not wait. */
export function waitingView(runId: string, step: StepState): WaitingView | undefined {
  if (step.status !== "waiting" || !step.waiting) return undefined
  const { reason, untilMs, signal, summary, form, approvers, childRunId } = step.waiting
  const answer = answerLink(runId, step.path, step.waiting)
  return {
    path: step.path,
    reason,
    ...(untilMs === undefined ? {} : { until: new Date(untilMs).toISOString(), untilMs }),
    ...(signal === undefined ? {} : { signal }),
    ...(summary === undefined ? {} : { summary }),
    ...(form === undefined ? {} : { form }),
    ...(approvers ? { approvers } : {}),
    ...(childRunId === undefined ? {} : { childRunId }),
    ...(answer === undefined ? {} : { answer }),
    ...(reason === "unanswered" ? { remedy: ERROR_CODES.unanswered.remedy } : {}),
  }
}

/** Paths of the endpoints about run `id`. */
export function runPath(id: string, ...rest: readonly string[]): string {
  return ["/v1/runs", id, ...rest.map(encodeURIComponent)].join("/")
}

/** What run `runId` waits for. */
export function waitingViews(runId: string, state: RunState): WaitingView[] {
  // A run that waits for nothing must not pay for a look at all of its steps.
  if (state.waitingLeaves === 0) return []
  return [...state.steps.values()].flatMap((step) => waitingView(runId, step) ?? [])
}

function answerLink(runId: string, path: string, { reason, signal }: StepState["waiting"] & object) {
  if (reason === "approval") return runPath(runId, "approvals", path)
  if (reason === "signal" && signal !== undefined) return runPath(runId, "signals", signal)
  return isHolding(reason) ? runPath(runId, "resolve", path) : undefined
}

function endOf(createdAtMs: number, endedAtMs: number) {
  return { endedAt: new Date(endedAtMs).toISOString(), endedAtMs, durationMs: endedAtMs - createdAtMs }
}

function linksOf(id: string): Record<string, string> {
  const parts = ["steps", "events", "cost", "tree", "trace", "export", "socket"]
  return { self: runPath(id), ...Object.fromEntries(parts.map((part) => [part, runPath(id, part)])) }
}
