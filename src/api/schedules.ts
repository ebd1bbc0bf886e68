/** Schedules: workflows started by the clock. */
import { z } from "zod"
import { reach } from "../objects/remote.ts"
import { prepareStart } from "../objects/start-run.ts"
import { RunView, runPath } from "../protocol/run-view.ts"
import { ScheduleBody, ScheduleKey, ScheduleView, scheduleTag } from "../protocol/schedule.ts"
import { named } from "../protocol/wire.ts"
import { json } from "./answer.ts"
import { type ApiContext, type Endpoint, endpoint } from "./resource.ts"

const ScheduleParams = z.object({ key: ScheduleKey })
const ScheduleList = named("ScheduleList", z.object({ schedules: z.array(ScheduleView).readonly() }))

export const schedules: readonly Endpoint[] = [
  endpoint({
    method: "GET",
    path: "/v1/schedules",
    summary: "List the schedules",
    answers: { 200: { description: "All of them, by key.", schema: ScheduleList } },
    async handle(_asked, context) {
      const list: z.infer<typeof ScheduleList> = { schedules: await tenantOf(context).schedules() }
      return json(list)
    },
  }),
  endpoint({
    method: "PUT",
    path: "/v1/schedules/{key}",
    summary: "Declare a schedule",
    description:
      "Declared again with the same key, it is one schedule: the one declared last. Of the times that pass while the server is down, the first is made up for, once.",
    params: ScheduleParams,
    body: ScheduleBody,
    answers: {
      200: { description: "The schedule was there, and is this one now.", schema: ScheduleView },
      201: { description: "The schedule is new.", schema: ScheduleView },
    },
    async handle({ params: { key }, body }, context) {
      const { workflow, cron, timezone, overlap, paused, ...startBody } = body
      const { env, deployment, tenant } = context
      const prepared = await prepareStart(env, deployment, { runId: "", workflow, tenant }, startBody)
      const { runId: _none, ...start } = { ...prepared, tags: [...prepared.tags, scheduleTag(key)] }
      const declared = { key, cron, timezone, overlap, start, ...(paused === undefined ? {} : { paused }) }
      const { schedule, created } = await tenantOf(context).putSchedule(declared)
      return json(schedule, created ? 201 : 200)
    },
  }),
  endpoint({
    method: "GET",
    path: "/v1/schedules/{key}",
    summary: "Read a schedule: when it is due next, and what it started last",
    params: ScheduleParams,
    answers: { 200: { description: "The schedule.", schema: ScheduleView } },
    async handle({ params }, context) {
      return json(await tenantOf(context).schedule(params.key))
    },
  }),
  endpoint({
    method: "DELETE",
    path: "/v1/schedules/{key}",
    summary: "Delete a schedule; its runs go on",
    params: ScheduleParams,
    answers: { 200: { description: "The schedule as it was.", schema: ScheduleView } },
    async handle({ params }, context) {
      return json(await tenantOf(context).deleteSchedule(params.key))
    },
  }),
  pausing("pause", "Pause a schedule: what is due meanwhile is not made up for", true),
  pausing("resume", "Let a paused schedule go on", false),
  endpoint({
    method: "POST",
    path: "/v1/schedules/{key}/run-now",
    summary: "Start a run of a schedule at once, whether it is due, paused or still running",
    params: ScheduleParams,
    answers: { 202: { description: "The run is under way.", schema: RunView } },
    async handle({ params }, context) {
      const view = await tenantOf(context).runSchedule(params.key)
      return json(view, 202, { location: runPath(view.id) })
    },
  }),
]

function pausing(verb: string, summary: string, paused: boolean): Endpoint {
  return endpoint({
    method: "POST",
    path: `/v1/schedules/{key}/${verb}`,
    summary,
    params: ScheduleParams,
    answers: { 200: { description: "The schedule as it is now.", schema: ScheduleView } },
    async handle({ params }, context) {
      return json(await tenantOf(context).pauseSchedule(params.key, paused))
    },
  })
}

function tenantOf({ env, tenant }: ApiContext) {
  return reach(env.TENANTS, tenant.id)
}
