/** Operations that no run asked for: what came through the OpenAI-compatible door, and how each was decided. */
import { z } from "zod"
import { MAX_LISTED_OPERATIONS } from "../lib/limits.ts"
import type { LoggedOperation } from "../objects/operation-log.ts"
import { reach } from "../objects/remote.ts"
import { LoggedOperationList, LoggedOperationView } from "../protocol/logged-operation.ts"
import { forwards, moment, windowOf } from "../protocol/moment.ts"
import { errorView } from "../protocol/problem.ts"
import { costView } from "../protocol/run-view.ts"
import { json } from "./answer.ts"
import { idCursor } from "./cursor.ts"
import { endpoint } from "./resource.ts"

export const operations = [
  endpoint({
    method: "GET",
    path: "/v1/operations",
    summary: "List the operations that no run asked for, newest first",
    query: z
      .strictObject({
        model: z
          .string()
          .exactOptional()
          .meta({ description: "As it was asked for, or `provider/model` of one that was called." }),
        route: z.string().exactOptional().meta({ description: "The route that decided." }),
        status: LoggedOperationView.shape.status.exactOptional(),
        user: z.string().exactOptional(),
        from: moment.exactOptional().meta({ description: "Asked at or after this time." }),
        to: moment.exactOptional().meta({ description: "Asked before this time." }),
        cursor: idCursor("op"),
        limit: z.coerce.number().int().min(1).max(MAX_LISTED_OPERATIONS).default(50),
      })
      .refine(...forwards),
    answers: { 200: { description: "One page.", schema: LoggedOperationList } },
    async handle({ query }, { env, tenant }) {
      const { from: _from, to: _to, ...filter } = query
      const page = await reach(env.TENANTS, tenant.id).operations({ ...filter, ...windowOf(query) })
      return json({ ...page, operations: page.operations.map(view) } satisfies LoggedOperationList)
    },
  }),
  endpoint({
    method: "GET",
    path: "/v1/operations/{id}",
    summary: "Read how one operation was decided, each of its attempts and what it cost",
    params: z.object({ id: z.string() }),
    answers: { 200: { description: "The operation.", schema: LoggedOperationView } },
    async handle({ params }, { env, tenant }) {
      return json(view(await reach(env.TENANTS, tenant.id).operation(params.id)))
    },
  }),
]

function view({ record, error, ...entry }: LoggedOperation): LoggedOperationView {
  const { type: _type, requestDigest: _digest, costNanoUsd, ...rest } = record
  return { ...entry, ...(error ? { error: errorView(error) } : {}), ...rest, cost: costView(costNanoUsd) }
}
