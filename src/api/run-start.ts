/** Starting runs. The same request sent twice with one Idempotency-Key starts one run. */
import { z } from "zod"
import { reach } from "../objects/remote.ts"
import { findWorkflow, prepareStart } from "../objects/start-run.ts"
import { type RunView, runPath } from "../protocol/run-view.ts"
import { StartBody } from "../protocol/start.ts"
import { hasEnded, summaryOf } from "../protocol/summary.ts"
import { json } from "./answer.ts"
import { KEY_HEADER, keyedRequest, madeOnce, replayedHeader } from "./idempotency.ts"
import { type ApiContext, endpoint } from "./resource.ts"
import { stepPage } from "./run-access.ts"
import { RunDetail, RunUnderWay, WaitQuery } from "./run-parameters.ts"

export const runStart = [
  endpoint({
    method: "POST",
    path: "/v1/workflows/{name}/runs",
    summary: "Start a run",
    description:
      "Answers as soon as the run is under way, or, with `wait`, when it has ended: then with its output and its steps. A run that outlasts `wait` goes on.",
    params: z.object({ name: z.string() }),
    query: WaitQuery,
    headers: {
      [KEY_HEADER]: "The same request with the same key starts one run and answers with it, for 24 hours.",
    },
    body: StartBody,
    answers: {
      200: { description: "The run has ended within `wait`.", schema: RunDetail },
      202: { description: "The run is under way; with its steps when it was waited for.", schema: RunUnderWay },
    },
    async handle({ params, query, body, request }, context) {
      const { env, deployment, tenant } = context
      findWorkflow(deployment, params.name)
      const keyed = keyedRequest(request, { workflow: params.name, body })
      const { view, replayed } = await madeOnce(keyed, context, async (fresh) => {
        const prepared = await prepareStart(env, deployment, { runId: fresh, workflow: params.name, tenant }, body)
        return (runId) => reach(env.RUNS, runId).start({ ...prepared, runId })
      })
      const headers = { location: runPath(view.id), ...replayedHeader(replayed) }
      if (query.wait === undefined) return json(view, 202, headers)
      const run = reach(env.RUNS, view.id)
      const after = await run.waitForEnd(query.wait * 1_000)
      await index(after, context)
      const detail: RunDetail = { ...after, ...(await stepPage(run)) }
      return json(detail, hasEnded(after) ? 200 : 202, headers)
    },
  }),
]

/** Makes lists show the run as it is shown here, when it can: the run itself tells the index too, until it has got through. */
async function index(view: RunView, { env, tenant }: ApiContext): Promise<void> {
  await reach(env.TENANTS, tenant.id)
    .record(summaryOf(view))
    .catch((thrown: unknown) => console.warn(`Run ${view.id} is not in lists as it stands:`, thrown))
}
