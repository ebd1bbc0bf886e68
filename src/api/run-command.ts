/** The endpoint of one thing that a run may be told. */
import type { z } from "zod"
import type { Command } from "../protocol/command.ts"
import { RunView } from "../protocol/run-view.ts"
import { json } from "./answer.ts"
import { type Endpoint, endpoint } from "./resource.ts"
import { ownRun } from "./run-access.ts"
import { StopQuery, waitMsOf } from "./run-parameters.ts"

interface Told {
  readonly summary: string
  readonly description?: string
}

/** `POST /v1/runs/{id}/` and `path`: answers with how the run stands then, or when it next does. */
export function command<Params extends { readonly id: string }, Body>(
  path: string,
  told: string | Told,
  params: z.ZodType<Params>,
  body: z.ZodType<Body>,
  read: (params: Params, body: Body) => Command,
): Endpoint {
  return endpoint({
    method: "POST",
    path: `/v1/runs/{id}/${path}`,
    ...(typeof told === "string" ? { summary: told } : told),
    params,
    query: StopQuery,
    body,
    answers: { 200: { description: "How the run stands now.", schema: RunView } },
    async handle({ params, query, body }, context) {
      const run = await ownRun(params.id, context)
      return json(await run.command(read(params, body), waitMsOf(query)))
    },
  })
}
