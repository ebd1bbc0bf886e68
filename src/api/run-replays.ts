/** Recorded runs again: replayed with nobody called, rerun and forked as runs of their own. */
import { systemClock } from "../lib/clock.ts"
import { WaybillError } from "../lib/errors.ts"
import { newId } from "../lib/id.ts"
import type { Json } from "../lib/json.ts"
import { systemRandom } from "../lib/random.ts"
import { derivationOrder } from "../objects/derive-run.ts"
import { reach } from "../objects/remote.ts"
import { checkBreakpoints, findWorkflow, prepareStart } from "../objects/start-run.ts"
import { editsOf, ForkBody, ReplayBody, RerunBody } from "../protocol/derive.ts"
import { ReplayReport, replayView } from "../protocol/replay-view.ts"
import { RunView, runPath } from "../protocol/run-view.ts"
import { breakpointsOf } from "../protocol/start.ts"
import { StopView } from "../protocol/stop-view.ts"
import type { Breakpoint, RunHeader, StepEdit } from "../run/event.ts"
import { BucketBlobStore } from "../store/bucket-blob-store.ts"
import { json } from "./answer.ts"
import { type ApiContext, endpoint } from "./resource.ts"
import { ownRun, ownRunView } from "./run-access.ts"
import { RunParams } from "./run-parameters.ts"

const MADE = { 201: { description: "The new run, under way.", schema: RunView } }

export const runReplays = [
  endpoint({
    method: "POST",
    path: "/v1/runs/{id}/replay",
    summary: "Replay a run with today's code, calling nobody",
    description:
      "Every operation, tool, wait and child run is answered from the recording. The report says of each step whether it asked and gave the same, and what today's routing would do. As a run, it can be gone through step by step and edited.",
    params: RunParams,
    body: ReplayBody,
    answers: { 200: { description: "What the replay found.", schema: ReplayReport }, ...MADE },
    async handle({ params, body }, context) {
      const run = await ownRun(params.id, context)
      if (body.as === "report") return json(replayView(await run.replay()))
      const { beyond, breakpoints = [], paused = breakpoints.length === 0 } = body
      const replayOf = { runId: params.id, beyond }
      return made(params.id, { replayOf, paused, ...breakpointsOf(body) }, context)
    },
  }),
  endpoint({
    method: "GET",
    path: "/v1/runs/{id}/stop",
    summary: "Read where a run stands: what ended last, what is held, what comes next",
    description:
      "Of each step its input, the canonical request, the decision, attempts, output, cost, and how it differs from the recording that the run was made of.",
    params: RunParams,
    answers: { 200: { description: "The stop.", schema: StopView } },
    async handle({ params }, context) {
      return json(await (await ownRun(params.id, context)).stop())
    },
  }),
  endpoint({
    method: "POST",
    path: "/v1/runs/{id}/rerun",
    summary: "Start a run again from one of its steps, as a new run",
    params: RunParams,
    body: RerunBody,
    answers: MADE,
    async handle({ params, body }, context) {
      const path = await startOf(params.id, body.from, context)
      const { paused = false } = body
      return made(params.id, { forkedFrom: { runId: params.id, path }, paused, ...breakpointsOf(body) }, context)
    },
  }),
  endpoint({
    method: "POST",
    path: "/v1/runs/{id}/fork",
    summary: "Start a run again from one of its steps, with something changed, as a new run",
    description:
      "What does not come after the step is copied and costs nothing again. Of copied steps only the output can be changed; of the others also input, prompt, model, route, or whether they are done.",
    params: RunParams,
    body: ForkBody,
    answers: MADE,
    async handle({ params, body }, context) {
      const path = await startOf(params.id, body.from, context)
      const { paused = false } = body
      const derived = { forkedFrom: { runId: params.id, path }, paused, ...breakpointsOf(body) }
      const input = body.input === undefined ? {} : { input: body.input }
      return made(params.id, { ...derived, ...input, edits: editsOf(body, path) }, context)
    },
  }),
]

interface Wanted extends Partial<Pick<RunHeader, "forkedFrom" | "replayOf">> {
  readonly breakpoints?: readonly Breakpoint[]
  readonly paused: boolean
  readonly input?: Json
  readonly edits?: Readonly<Record<string, StepEdit>>
}

/** Makes a run out of run `id`. Everything that can be refused is refused before there is one. */
async function made(id: string, { edits = {}, input, ...wanted }: Wanted, context: ApiContext): Promise<Response> {
  const { env, deployment, tenant } = context
  const at = wanted.forkedFrom?.path
  const origin = await reach(env.RUNS, id).origin(at === undefined ? undefined : { at, edits })
  const { workflow: name } = origin.header
  const workflow = findWorkflow(deployment, name)
  checkBreakpoints(wanted.breakpoints, workflow)
  const runId = newId("run", systemClock, systemRandom)
  const started =
    input === undefined ? undefined : await prepareStart(env, deployment, { runId, workflow: name, tenant }, { input })
  const derived = { runId, ...wanted, ...(started ? { input: started.input } : {}) }
  const blobs = new BucketBlobStore(env.BLOBS)
  const order = await derivationOrder(origin, workflow, derived, blobs)
  return json(await reach(env.RUNS, runId).derive(order), 201, { location: runPath(runId) })
}

/** The step to start from: `from`, else the one at which the run failed. */
async function startOf(id: string, from: string | undefined, context: ApiContext): Promise<string> {
  const { failedAt, status } = await ownRunView(id, context)
  const path = from ?? failedAt
  if (path !== undefined) return path
  throw new WaybillError(
    "request_invalid",
    `body.from: found nothing, and the run is ${status} and not failed at a step.`,
    {
      path: "body.from",
    },
  )
}
