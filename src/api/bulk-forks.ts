/** Many failed runs forked with one change: a dry run, the real one, and how it stands. */
import { z } from "zod"
import { isStepOf } from "../engine/locate.ts"
import { systemClock } from "../lib/clock.ts"
import { WaybillError } from "../lib/errors.ts"
import { newId } from "../lib/id.ts"
import { nanoUsd } from "../lib/money.ts"
import { systemRandom } from "../lib/random.ts"
import type { BulkOrder } from "../objects/bulk-forks.ts"
import { bulkCriteria } from "../objects/bulk-request.ts"
import { reach } from "../objects/remote.ts"
import { findWorkflow } from "../objects/start-run.ts"
import {
  BulkForkBody,
  BulkForkDetail,
  BulkForkDryRun,
  BulkForkList,
  BulkForkView,
  CancelBulkForkBody,
} from "../protocol/bulk-fork.ts"
import { kindsByName } from "../steps/index.ts"
import { json } from "./answer.ts"
import { dryRun } from "./bulk-dry-run.ts"
import { idCursor } from "./cursor.ts"
import { KEY_HEADER, keyedRequest, replayedHeader } from "./idempotency.ts"
import { type ApiContext, endpoint } from "./resource.ts"

const BulkForkParams = z.object({ id: z.string() })

export const bulkForks = [
  endpoint({
    method: "POST",
    path: "/v1/bulk-forks",
    summary: "Fork all failed runs that fit a filter, with one change",
    description:
      "A dry run says which runs fit, what each fork would do again and cost, and which cannot be forked so, and writes nothing. The real one forks each of them once, the newest first, as many at a time as `concurrency` says, and starts no more when the cost could pass the ceiling.",
    headers: {
      [KEY_HEADER]: "The same request with the same key makes one bulk fork and answers with it, for 24 hours.",
    },
    body: BulkForkBody,
    answers: {
      200: { description: "What would be done.", schema: BulkForkDryRun },
      202: { description: "The bulk fork is under way.", schema: BulkForkView },
    },
    async handle({ body, request }, context) {
      await checkFilter(body.filter, context)
      if (body.dryRun) return json(await dryRun(body, context))
      const { view, replayed } = await tenantOf(context).startBulkFork(
        orderOf(body),
        keyedRequest(request, { bulk: body }),
      )
      return json(view, 202, { location: `/v1/bulk-forks/${view.id}`, ...replayedHeader(replayed) })
    },
  }),
  endpoint({
    method: "GET",
    path: "/v1/bulk-forks",
    summary: "List bulk forks, newest first",
    query: z.strictObject({ cursor: idCursor("bulk"), limit: z.coerce.number().int().min(1).max(100).default(20) }),
    answers: { 200: { description: "One page.", schema: BulkForkList } },
    async handle({ query }, context) {
      return json(await tenantOf(context).bulkForks(query.limit, query.cursor))
    },
  }),
  endpoint({
    method: "GET",
    path: "/v1/bulk-forks/{id}",
    summary: "Read how a bulk fork stands, with its forks",
    params: BulkForkParams,
    query: z.strictObject({
      cursor: z.string().regex(/^\d+$/).exactOptional().meta({ description: "`nextCursor` of the page before." }),
      limit: z.coerce.number().int().min(1).max(500).default(100),
    }),
    answers: { 200: { description: "The bulk fork and a page of its forks.", schema: BulkForkDetail } },
    async handle({ params, query: { cursor = "0", limit } }, context) {
      return json(await tenantOf(context).bulkFork(params.id, Number(cursor), limit))
    },
  }),
  endpoint({
    method: "POST",
    path: "/v1/bulk-forks/{id}/cancel",
    summary: "Start no more forks; those under way go on, unless `forks` says otherwise",
    params: BulkForkParams,
    body: CancelBulkForkBody,
    answers: { 200: { description: "The bulk fork as it stands then.", schema: BulkForkView } },
    async handle({ params, body }, context) {
      return json(await tenantOf(context).cancelBulkFork(params.id, body.forks))
    },
  }),
]

/** Throws `workflow_not_found`, and `request_invalid` when `failedAt` is neither a step of today's code nor where a run has failed. */
async function checkFilter({ workflow, failedAt }: BulkForkBody["filter"], context: ApiContext): Promise<void> {
  const { scope } = findWorkflow(context.deployment, workflow)
  if (failedAt === undefined || isStepOf(scope, failedAt.replaceAll("[]", "[0]"), kindsByName)) return
  if ((await tenantOf(context).countRuns({ workflow, failedAt })) > 0) return
  const path = "body.filter.failedAt"
  const message = `${path}: found "${failedAt}", expected a step of ${workflow}, or where a run of it has failed.`
  throw new WaybillError("request_invalid", message, { path })
}

function orderOf(body: BulkForkBody): BulkOrder {
  const { filter, concurrency, costCeilingUsd = 0, dryRun: _dry, cursor: _cursor, limit: _limit, ...change } = body
  return {
    id: newId("bulk", systemClock, systemRandom),
    createdAtMs: systemClock.nowMs(),
    criteria: bulkCriteria(filter),
    change,
    concurrency,
    ceilingNanoUsd: nanoUsd(costCeilingUsd),
  }
}

function tenantOf({ env, tenant }: ApiContext) {
  return reach(env.TENANTS, tenant.id)
}
