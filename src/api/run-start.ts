/** Starting runs. The same request sent twice with one Idempotency-Key starts one run. */
import { z } from "zod"
import { systemClock } from "../lib/clock.ts"
import { sha256 } from "../lib/digest.ts"
import { errorData, WaybillError } from "../lib/errors.ts"
import { newId } from "../lib/id.ts"
import { canonicalJson } from "../lib/json.ts"
import { systemRandom } from "../lib/random.ts"
import type { KeyedRequest } from "../objects/idempotency-keys.ts"
import { reach } from "../objects/remote.ts"
import { findWorkflow, prepareStart } from "../objects/start-run.ts"
import { type RunView, runPath } from "../protocol/run-view.ts"
import { StartBody } from "../protocol/start.ts"
import { hasEnded, summaryOf } from "../protocol/summary.ts"
import { json } from "./answer.ts"
import { type ApiContext, endpoint } from "./resource.ts"
import { stepPage } from "./run-access.ts"
import { RunDetail, RunUnderWay, WaitQuery } from "./run-parameters.ts"

const MAX_KEY_LENGTH = 255

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
      "Idempotency-Key": "The same request with the same key starts one run and answers with it, for 24 hours.",
    },
    body: StartBody,
    answers: {
      200: { description: "The run has ended within `wait`.", schema: RunDetail },
      202: { description: "The run is under way; with its steps when it was waited for.", schema: RunUnderWay },
    },
    async handle({ params, query, body, request }, context) {
      const keyed = keyedRequest(request, params.name, body)
      const { view, replayed } = await start(params.name, body, keyed, context)
      const headers = {
        location: runPath(view.id),
        ...(replayed ? { "idempotent-replayed": "true" } : {}),
      }
      if (query.wait === undefined) return json(view, 202, headers)
      const run = reach(context.env.RUNS, view.id)
      const after = await run.waitForEnd(query.wait * 1_000)
      await index(after, context)
      const detail: RunDetail = { ...after, ...(await stepPage(run)) }
      return json(detail, hasEnded(after) ? 200 : 202, headers)
    },
  }),
]

interface Started {
  readonly view: RunView
  /** The key had started the run before. */
  readonly replayed: boolean
}

async function start(
  workflow: string,
  body: StartBody,
  keyed: KeyedRequest | undefined,
  context: ApiContext,
): Promise<Started> {
  const { env, deployment, tenant } = context
  findWorkflow(deployment, workflow)
  const tenants = reach(env.TENANTS, tenant.id)
  const earlier = keyed && (await tenants.claimedBy(keyed))
  const found = earlier === undefined ? undefined : await existing(earlier, context)
  if (found) return { view: found, replayed: true }
  // Everything that can be refused is refused here, so that a refused request does not use up its key.
  const fresh = newId("run", systemClock, systemRandom)
  const prepared = await prepareStart(env, deployment, { runId: fresh, workflow, tenant }, body)
  const { runId, replayed } = keyed
    ? await tenants.claim({ ...keyed, runId: fresh })
    : { runId: fresh, replayed: false }
  return { view: await reach(env.RUNS, runId).start({ ...prepared, runId }), replayed }
}

/** The run that a key is bound to; undefined when its start was cut off before the run was created. */
async function existing(runId: string, { env }: ApiContext): Promise<RunView | undefined> {
  try {
    return await reach(env.RUNS, runId).view()
  } catch (thrown) {
    if (errorData(thrown).code === "run_not_found") return undefined
    throw thrown
  }
}

/** Makes lists show the run as it is shown here, when it can: the run itself tells the index too, until it has got through. */
async function index(view: RunView, { env, tenant }: ApiContext): Promise<void> {
  await reach(env.TENANTS, tenant.id)
    .record(summaryOf(view))
    .catch((thrown: unknown) => console.warn(`Run ${view.id} is not in lists as it stands:`, thrown))
}

function keyedRequest(request: Request, workflow: string, body: StartBody): KeyedRequest | undefined {
  const key = request.headers.get("idempotency-key")
  if (key === null) return undefined
  if (key === "" || key.length > MAX_KEY_LENGTH)
    throw new WaybillError(
      "request_invalid",
      `header.Idempotency-Key: found ${key.length} characters, expected 1 to ${MAX_KEY_LENGTH}.`,
      { path: "header.Idempotency-Key" },
    )
  return { key, digest: sha256(canonicalJson({ workflow, body })) }
}
