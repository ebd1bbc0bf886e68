/** Starting runs. The same request sent twice with one Idempotency-Key starts one run. */
import { z } from "zod"
import { markFor } from "../objects/jurisdiction.ts"
import { reach } from "../objects/remote.ts"
import { findWorkflow, prepareStart } from "../objects/start-run.ts"
import { RunDetail, RunUnderWay } from "../protocol/run-detail.ts"
import { type RunView, runPath } from "../protocol/run-view.ts"
import { StartBody } from "../protocol/start.ts"
import { hasEnded } from "../protocol/summary.ts"
import { json } from "./answer.ts"
import { KEY_HEADER, keyedRequest, madeOnce, replayedHeader } from "./idempotency.ts"
import { endpoint } from "./resource.ts"
import { WaitQuery } from "./run-parameters.ts"

export const runStart = [
  endpoint({
    method: "POST",
    path: "/v1/workflows/{name}/runs",
    summary: "Start a run",
    description:
      "Answers as soon as the run is under way, or, with `wait`, when it has ended or stands, as at a breakpoint: then with its output, if any, and its steps. A run that outlasts `wait` goes on.",
    params: z.object({ name: z.string() }),
    query: WaitQuery,
    headers: {
      [KEY_HEADER]: "The same request with the same key starts one run and answers with it, for 24 hours.",
    },
    body: StartBody,
    answers: {
      200: { description: "The run has ended within `wait`.", schema: RunDetail },
      202: {
        description: "The run is under way, or stands; with its steps when it was waited for.",
        schema: RunUnderWay,
      },
    },
    async handle({ params, query, body, request }, context) {
      const { env, deployment, tenant } = context
      findWorkflow(deployment, params.name)
      const keyed = keyedRequest(request, { workflow: params.name, body })
      const waitMs = query.wait === undefined ? undefined : query.wait * 1_000
      const mark = markFor(env.RUNS, body.region)
      const { view, replayed } = await madeOnce(keyed, context, mark, async (fresh) => {
        const prepared = await prepareStart(env, deployment, { runId: fresh, workflow: params.name, tenant }, body)
        return (runId): Promise<RunView | RunDetail> => {
          const run = reach(env.RUNS, runId)
          return waitMs === undefined
            ? run.start({ ...prepared, runId })
            : run.startAndWait({ ...prepared, runId }, waitMs)
        }
      })
      const headers = { location: runPath(view.id), ...replayedHeader(replayed) }
      if (waitMs === undefined) return json(view, 202, headers)
      const detail = "steps" in view ? view : await reach(env.RUNS, view.id).detail(waitMs)
      return json(detail, hasEnded(detail) ? 200 : 202, headers)
    },
  }),
]
