/** Recorded runs again: replayed with nobody called, rerun and forked as runs of their own. */
import { WaybillError } from "../lib/errors.ts"
import { markOf } from "../lib/id.ts"
import type { KeyedRequest } from "../objects/idempotency-keys.ts"
import { reach } from "../objects/remote.ts"
import type { DerivationRequest } from "../objects/study-rpc.ts"
import { breakpointsOf } from "../protocol/breakpoint.ts"
import { editsOf, ForkBody, inputsOf, ReplayBody, RerunBody } from "../protocol/derive.ts"
import { ReplayReport, replayView } from "../protocol/replay-view.ts"
import { RunView, runPath } from "../protocol/run-view.ts"
import { StopView } from "../protocol/stop-view.ts"
import { json } from "./answer.ts"
import { KEY_HEADER, keyedRequest, madeOnce, replayedHeader } from "./idempotency.ts"
import { type ApiContext, endpoint } from "./resource.ts"
import { ownRun, ownRunView } from "./run-access.ts"
import { RunParams, StopQuery, waitMsOf } from "./run-parameters.ts"

const MADE = { 201: { description: "The new run, under way.", schema: RunView } }
const KEYED = { [KEY_HEADER]: "The same request with the same key makes one run and answers with it, for 24 hours." }

export const runReplays = [
  endpoint({
    method: "POST",
    path: "/v1/runs/{id}/replay",
    summary: "Replay a run with today's code, calling nobody",
    description:
      "Every operation, tool, wait and child run is answered from the recording. The report says of each step whether it asked and gave the same, and what today's routing would do. As a run, it can be gone through step by step and edited.",
    params: RunParams,
    headers: KEYED,
    body: ReplayBody,
    answers: { 200: { description: "What the replay found.", schema: ReplayReport }, ...MADE },
    async handle({ params, body, request }, context) {
      const run = await ownRun(params.id, context)
      if (body.as === "report") return json(replayView(await run.replay()))
      const { beyond, breakpoints = [], paused = breakpoints.length === 0 } = body
      const replayOf = { runId: params.id, beyond }
      const keyed = keyedRequest(request, { replay: params.id, body })
      return made(params.id, { replayOf, paused, ...breakpointsOf(body), ...stubsOf(body) }, keyed, context)
    },
  }),
  endpoint({
    method: "GET",
    path: "/v1/runs/{id}/stop",
    summary: "Read where a run stands: what ended last, what is held, what comes next",
    description:
      "Of each step its input, the canonical request, the decision, attempts, output, cost, and how it differs from the recording that the run was made of.",
    params: RunParams,
    query: StopQuery,
    answers: { 200: { description: "The stop.", schema: StopView } },
    async handle({ params, query }, context) {
      return json(await (await ownRun(params.id, context)).stop(waitMsOf(query)))
    },
  }),
  endpoint({
    method: "POST",
    path: "/v1/runs/{id}/rerun",
    summary: "Start a run again from one of its steps, as a new run",
    description:
      "Without `from`, from where it failed. A step's condition (`x.when`) stands for the step; an item, round, turn or way (`items[3]`, `outcome.refund`) for its first step; `output` for the end, with all steps kept. What comes before is copied and costs nothing again; the original stays as it is. A child run is forked by its own id, and is then a run of its own.",
    params: RunParams,
    headers: KEYED,
    body: RerunBody,
    answers: MADE,
    async handle({ params, body, request }, context) {
      const path = await startOf(params.id, body.from, context)
      const { paused = false } = body
      const keyed = keyedRequest(request, { rerun: params.id, body })
      return made(params.id, { forkedFrom: { runId: params.id, path }, paused, ...breakpointsOf(body) }, keyed, context)
    },
  }),
  endpoint({
    method: "POST",
    path: "/v1/runs/{id}/fork",
    summary: "Start a run again from one of its steps, with something changed, as a new run",
    description:
      "What does not come after the step is copied and costs nothing again. Of copied steps only the output can be changed; of the others also input, prompt, model, route, or whether they are done.",
    params: RunParams,
    headers: KEYED,
    body: ForkBody,
    answers: MADE,
    async handle({ params, body, request }, context) {
      const path = await startOf(params.id, body.from, context)
      const { paused = false } = body
      const derived = { forkedFrom: { runId: params.id, path }, paused, ...breakpointsOf(body), ...stubsOf(body) }
      const keyed = keyedRequest(request, { fork: params.id, body })
      return made(params.id, { ...derived, ...inputsOf(body), edits: editsOf(body, path) }, keyed, context)
    },
  }),
]

function stubsOf({ stubs }: Pick<ForkBody, "stubs">): Pick<ForkBody, "stubs"> {
  return stubs === undefined ? {} : { stubs }
}

/** Makes a run out of run `id`, once for a key. Everything that can be refused is refused before there is one. */
async function made(
  id: string,
  wanted: Omit<DerivationRequest, "runId">,
  keyed: KeyedRequest | undefined,
  context: ApiContext,
): Promise<Response> {
  const { env } = context
  const { view, replayed } = await madeOnce(keyed, context, markOf(id), async (fresh) => {
    const { header, ...order } = await reach(env.RUNS, id).order({ runId: fresh, ...wanted })
    return (runId) => reach(env.RUNS, runId).derive({ ...order, header: { ...header, runId } })
  })
  return json(view, 201, { location: runPath(view.id), ...replayedHeader(replayed) })
}

/** The step to start from: `from`, else the one at which the run failed. */
async function startOf(id: string, from: string | undefined, context: ApiContext): Promise<string> {
  const { failedAt, status } = await ownRunView(id, context)
  const path = from ?? failedAt
  if (path !== undefined) return path
  throw new WaybillError(
    "request_invalid",
    `body.from: found nothing, and the run is ${status} and not failed at a step; expected the path of a step in \`from\`.`,
    { path: "body.from" },
  )
}
