/** Schedules: what a caller declares, what the tenant's object keeps, and what the doors show of it. */
import { z } from "zod"
import type { ErrorData } from "../lib/errors.ts"
import type { RunStatus as Status } from "../run/run-state.ts"
import { ErrorView, errorView } from "./problem.ts"
import { costView, RunStatus, runPath } from "./run-view.ts"
import { cronProblem, isTimezone } from "./schedule-time.ts"
import { type RunStart, StartBody } from "./start.ts"
import { anyJson, Cost, named } from "./wire.ts"

export const ScheduleKey = z
  .string()
  .regex(/^[\w.-]{1,80}$/, "expected 1 to 80 letters, digits, dots, dashes and underscores")
  .meta({ description: "Names the schedule within its tenant." })

const cron = z.string().superRefine((text, context) => {
  const problem = cronProblem(text)
  if (problem !== undefined)
    context.addIssue({ code: "custom", message: `expected 5 or 6 fields such as "0 9 * * mon-fri": ${problem}` })
})

const Overlap = z.enum(["skip", "queue", "allow"]).meta({
  description: "When the run before it has not ended: start none, start one when it has, or start it all the same.",
})

export const ScheduleBody = named(
  "PutSchedule",
  StartBody.omit({ breakpoints: true }).extend({
    workflow: z.string(),
    cron: cron.meta({ description: "Minute, hour, day, month, weekday; with six fields the first is the second." }),
    timezone: z
      .string()
      .refine(isTimezone, 'expected an IANA time zone such as "Europe/Berlin"')
      .default("UTC")
      .meta({ description: "Whose clocks the expression is about." }),
    overlap: Overlap.default("skip"),
    paused: z.boolean().exactOptional().meta({ description: "Default: as it was; of a new one, false." }),
  }),
)
export type ScheduleBody = z.infer<typeof ScheduleBody>

/** A schedule as it was declared. */
export interface Declared {
  readonly key: string
  readonly cron: string
  readonly timezone: string
  readonly overlap: z.infer<typeof Overlap>
  readonly paused?: boolean
  readonly start: Omit<RunStart, "runId">
}

/** A schedule with what became of it. */
export interface Schedule extends Declared {
  readonly paused: boolean
  readonly createdAtMs: number
  readonly updatedAtMs: number
  /** When it is next due; absent while it is paused. */
  readonly nextMs?: number
  /** The time that it was due at, of a start that was decided on and is not known to have been made. */
  readonly pendingMs?: number
  readonly last?: { readonly runId: string; readonly dueMs: number; readonly startedAtMs: number }
  /** The newest time that it was due at and started nothing, because the run before was not over. */
  readonly skippedMs?: number
  /** The newest start that was refused. */
  readonly refused?: { readonly dueMs: number; readonly error: ErrorData }
}

const At = z.iso.datetime()

export const ScheduleView = named(
  "Schedule",
  z.object({
    key: z.string(),
    workflow: z.string(),
    cron: z.string(),
    timezone: z.string(),
    overlap: Overlap,
    paused: z.boolean(),
    input: anyJson,
    user: z.string().exactOptional(),
    region: z.string().exactOptional(),
    tags: z.array(z.string()).readonly().meta({ description: "Of its runs." }),
    priority: z.int().exactOptional(),
    budget: Cost.exactOptional(),
    next: At.exactOptional().meta({ description: "When it is due; absent while it is paused." }),
    nextMs: z.int().exactOptional(),
    pending: z.object({ due: At }).exactOptional().meta({ description: "A start that is under way, or waits." }),
    last: z
      .object({ runId: z.string(), status: RunStatus.exactOptional(), due: At, startedAt: At })
      .exactOptional()
      .meta({ description: "The newest run." }),
    skipped: z
      .object({ due: At })
      .exactOptional()
      .meta({ description: "The newest time at which nothing was started, because the run before was not over." }),
    refused: z
      .object({ due: At, error: ErrorView })
      .exactOptional()
      .meta({ description: "The newest start that was refused." }),
    createdAt: At,
    updatedAt: At,
    links: z.record(z.string(), z.string()),
  }),
)
export type ScheduleView = z.infer<typeof ScheduleView>

/** The tag that the runs of a schedule carry: `GET /v1/runs?tag=…` lists them. */
export function scheduleTag(key: string): string {
  return `schedule:${key}`
}

/** `lastStatus`: of the newest run, as far as it is known. */
export function scheduleView(schedule: Schedule, lastStatus?: Status): ScheduleView {
  const { key, cron, timezone, overlap, paused, start, nextMs, pendingMs, last, skippedMs, refused } = schedule
  const { workflow, input, user, region, tags, priority, budgetNanoUsd } = start
  const self = `/v1/schedules/${key}`
  return {
    ...{ key, workflow, cron, timezone, overlap, paused, tags },
    // What was sent as JSON is JSON.
    input: input as ScheduleView["input"],
    ...(user ? { user: user.id } : {}),
    ...(region === undefined ? {} : { region }),
    ...(priority === undefined ? {} : { priority }),
    ...(budgetNanoUsd === undefined ? {} : { budget: costView(budgetNanoUsd) }),
    ...(nextMs === undefined ? {} : { next: iso(nextMs), nextMs }),
    ...(pendingMs === undefined ? {} : { pending: { due: iso(pendingMs) } }),
    ...(last ? { last: lastView(last, lastStatus) } : {}),
    ...(skippedMs === undefined ? {} : { skipped: { due: iso(skippedMs) } }),
    ...(refused ? { refused: { due: iso(refused.dueMs), error: errorView(refused.error) } } : {}),
    createdAt: iso(schedule.createdAtMs),
    updatedAt: iso(schedule.updatedAtMs),
    links: {
      self,
      runs: `/v1/runs?tag=${encodeURIComponent(scheduleTag(key))}`,
      ...(last ? { last: runPath(last.runId) } : {}),
    },
  }
}

function lastView({ runId, dueMs, startedAtMs }: Schedule["last"] & object, status?: Status) {
  return { runId, ...(status === undefined ? {} : { status }), due: iso(dueMs), startedAt: iso(startedAtMs) }
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString()
}
