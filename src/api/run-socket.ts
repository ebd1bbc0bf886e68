/** The way to a run's WebSocket. What is said on it stands in `protocol/socket.ts`; here is only who may open one. */
import { z } from "zod"
import { systemClock } from "../lib/clock.ts"
import { WaybillError } from "../lib/errors.ts"
import { systemRandom } from "../lib/random.ts"
import { markFor, newRunId } from "../objects/jurisdiction.ts"
import { reach } from "../objects/remote.ts"
import { TENANT_HEADER } from "../objects/run-sockets.ts"
import { StartBody } from "../protocol/start.ts"
import { endpoint } from "./resource.ts"
import { ownRun } from "./run-access.ts"
import { after } from "./run-parameters.ts"

export const runSocket = [
  endpoint({
    method: "GET",
    path: "/v1/runs/{id}/socket",
    summary: "Open a WebSocket on a run, or on a new one",
    description:
      "Frames are JSON: `ClientFrame` in, `ServerFrame` out. On `new`, the first frame is `start`. With `after`, the socket is subscribed at once; otherwise by a `subscribe` frame.",
    params: z.object({ id: z.string().meta({ description: "Of the run, or `new`." }) }),
    query: z.strictObject({
      after: after.exactOptional().meta({ description: "Only events with a higher number." }),
      region: StartBody.shape.region.meta({
        description: "Of `new`: the region that the `start` frame will name, for the run's object to be there.",
      }),
    }),
    answers: {
      101: { description: "The socket is open." },
      426: { description: "The request did not ask for a WebSocket." },
    },
    async handle({ params, query, request }, context) {
      if (request.headers.get("upgrade")?.toLowerCase() !== "websocket")
        throw new WaybillError("upgrade_required", "Found a plain request, expected a WebSocket upgrade.")
      const id =
        params.id === "new" ? newRunId(markFor(context.env.RUNS, query.region), systemClock, systemRandom) : params.id
      const run = params.id === "new" ? reach(context.env.RUNS, id) : await ownRun(id, context)
      const headers = new Headers(request.headers)
      headers.set(TENANT_HEADER, context.tenant.id)
      // Of the query only what is ours goes on: another transport, asked for there, would keep the object in memory.
      const url = new URL(`/v1/runs/${id}/socket`, request.url)
      if (query.after !== undefined) url.searchParams.set("after", String(query.after))
      return run.fetch(new Request(url, { headers }))
    },
  }),
]
