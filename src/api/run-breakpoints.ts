/** Where a run stops: read, and set anew while it lives. */
import { z } from "zod"
import { BreakpointBody } from "../protocol/breakpoint.ts"
import { BreakpointsBody, breakpointsCommand } from "../protocol/command.ts"
import { RunView } from "../protocol/run-view.ts"
import { named } from "../protocol/wire.ts"
import { json } from "./answer.ts"
import { endpoint } from "./resource.ts"
import { ownRun, ownRunView } from "./run-access.ts"
import { RunParams } from "./run-parameters.ts"

const BreakpointsView = named("BreakpointsOfRun", z.object({ breakpoints: z.array(BreakpointBody).readonly() }))

export const runBreakpoints = [
  endpoint({
    method: "GET",
    path: "/v1/runs/{id}/breakpoints",
    summary: "Read where a run stops",
    params: RunParams,
    answers: { 200: { description: "Its breakpoints.", schema: BreakpointsView } },
    async handle({ params }, context) {
      const { breakpoints = [] } = await ownRunView(params.id, context)
      return json({ breakpoints } satisfies z.infer<typeof BreakpointsView>)
    },
  }),
  endpoint({
    method: "PUT",
    path: "/v1/runs/{id}/breakpoints",
    summary: "Set where a run stops, instead of where it was to stop before",
    description:
      "Holds from the next step that starts, and from the next failure. An empty list lets the run go on to its end; a run that stands goes on when it is told to.",
    params: RunParams,
    body: BreakpointsBody,
    answers: { 200: { description: "How the run stands now.", schema: RunView } },
    async handle({ params, body }, context) {
      return json(await (await ownRun(params.id, context)).command(breakpointsCommand(body)))
    },
  }),
]
