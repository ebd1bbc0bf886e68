/** Runs: listing and reading. */
import { z } from "zod"
import { MAX_LISTED_RUNS, MAX_LISTED_STEPS, MAX_TREE_RUNS } from "../lib/limits.ts"
import { reach } from "../objects/remote.ts"
import type { RunFilter } from "../objects/run-index.ts"
import { failureFilter } from "../protocol/failure-filter.ts"
import { forwards, moment, windowOf } from "../protocol/moment.ts"
import { RunDetail, StepList } from "../protocol/run-detail.ts"
import { RunTreeNode, runTree } from "../protocol/run-tree.ts"
import { RunStatus } from "../protocol/run-view.ts"
import { StepView } from "../protocol/step-view.ts"
import { listItem, RunListItem, summaryOf } from "../protocol/summary.ts"
import { named } from "../protocol/wire.ts"
import { json } from "./answer.ts"
import { idCursor } from "./cursor.ts"
import { endpoint } from "./resource.ts"
import { ownRun, ownRunView } from "./run-access.ts"
import { RunParams, StepParams, WaitQuery } from "./run-parameters.ts"

const ListQuery = z
  .strictObject({
    workflow: z.string().exactOptional(),
    status: RunStatus.exactOptional(),
    user: z.string().exactOptional(),
    tag: z.string().exactOptional(),
    errorCode: z.string().exactOptional().meta({ description: "Code of the error that the run failed with." }),
    failedAt: z.string().exactOptional().meta({
      description: "The step that failed the run: its path (`items[3].extract`, or `items[].extract`) or name.",
    }),
    failureClass: failureFilter.exactOptional(),
    parent: z.string().exactOptional().meta({ description: "Child runs of this run." }),
    forkedFrom: z.string().exactOptional().meta({ description: "Forks and reruns of this run." }),
    replayOf: z.string().exactOptional().meta({ description: "Rehearsals of this run." }),
    from: moment.exactOptional().meta({ description: "Created at or after this time." }),
    to: moment.exactOptional().meta({ description: "Created before this time." }),
    cursor: idCursor("run"),
    limit: z.coerce.number().int().min(1).max(MAX_LISTED_RUNS).default(50),
  })
  .refine(...forwards)

const RunList = named(
  "RunList",
  z.object({
    runs: z.array(RunListItem).readonly(),
    nextCursor: z.string().exactOptional().meta({ description: "Absent on the last page." }),
  }),
)

export const runs = [
  endpoint({
    method: "GET",
    path: "/v1/runs",
    summary: "List runs, newest first",
    query: ListQuery,
    answers: { 200: { description: "One page.", schema: RunList } },
    async handle({ query }, { env, tenant }) {
      const { from: _from, to: _to, ...rest } = query
      const filter: RunFilter = { ...rest, ...windowOf(query) }
      const { runs, nextCursor } = await reach(env.TENANTS, tenant.id).list(filter)
      const page: z.infer<typeof RunList> = {
        runs: runs.map(listItem),
        ...(nextCursor === undefined ? {} : { nextCursor }),
      }
      return json(page)
    },
  }),
  endpoint({
    method: "GET",
    path: "/v1/runs/{id}",
    summary: "Read a run and its steps",
    params: RunParams,
    query: WaitQuery,
    answers: {
      200: { description: "How the run is, after `wait`, or as soon as it has ended or stands.", schema: RunDetail },
    },
    async handle({ params, query }, context) {
      const run = await ownRun(params.id, context)
      const detail = await run.detail((query.wait ?? 0) * 1_000)
      const { id, status, tenant } = detail
      const queue = status === "queued" ? await reach(context.env.TENANTS, tenant).placeOf(id) : undefined
      return json({ ...detail, ...(queue ? { queue } : {}) } satisfies RunDetail)
    },
  }),
  endpoint({
    method: "GET",
    path: "/v1/runs/{id}/tree",
    summary: "Read a run with all runs below it, as a tree",
    description:
      "How each run stands and what it cost, as its tenant knows it: of a run under way, as it was when it last came to rest. A large tree is cut, its lowest runs first.",
    params: RunParams,
    query: z.strictObject({ limit: z.coerce.number().int().min(1).max(MAX_TREE_RUNS).default(MAX_TREE_RUNS) }),
    answers: { 200: { description: "The run, and below it its child runs.", schema: RunTreeNode } },
    async handle({ params, query }, context) {
      const root = summaryOf(await ownRunView(params.id, context))
      // The root is one of them.
      return json(runTree(root, await reach(context.env.TENANTS, context.tenant.id).below(root.runId, query.limit - 1)))
    },
  }),
  endpoint({
    method: "GET",
    path: "/v1/runs/{id}/steps",
    summary: "List a run's steps, in the order in which they started",
    params: RunParams,
    query: z.strictObject({
      cursor: z.string().regex(/^\d+$/).exactOptional().meta({ description: "`nextCursor` of the page before." }),
      limit: z.coerce.number().int().min(1).max(MAX_LISTED_STEPS).default(100),
    }),
    answers: { 200: { description: "One page of steps, without their inputs and outputs.", schema: StepList } },
    async handle({ params, query }, context) {
      return json(await (await ownRun(params.id, context)).steps(Number(query.cursor ?? 0), query.limit))
    },
  }),
  endpoint({
    method: "GET",
    path: "/v1/runs/{id}/steps/{path}",
    summary: "Read one step with its input and output",
    params: StepParams,
    answers: { 200: { description: "The step.", schema: StepView } },
    async handle({ params }, context) {
      return json(await (await ownRun(params.id, context)).step(params.path))
    },
  }),
]
