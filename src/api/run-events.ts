/** A run's events: a page as JSON, or all of them, past and to come, as server-sent events. */
import { z } from "zod"
import { WaybillError } from "../lib/errors.ts"
import { reach } from "../objects/remote.ts"
import { EVENT_STREAM_TYPE, EventView } from "../protocol/event-view.ts"
import { named } from "../protocol/wire.ts"
import { json } from "./answer.ts"
import { eventStream } from "./event-stream.ts"
import { endpoint } from "./resource.ts"
import { ownRunView } from "./run-access.ts"
import { after, RunParams } from "./run-parameters.ts"

const MAX_EVENTS = 1_000

const EventList = named(
  "EventList",
  z.object({
    events: z.array(EventView).readonly(),
    nextAfter: z
      .int()
      .exactOptional()
      .meta({ description: "`after` of the next page; absent when there was no more." }),
  }),
)

export const runEvents = [
  endpoint({
    method: "GET",
    path: "/v1/runs/{id}/events",
    summary: "Read or follow a run's events",
    description:
      "With `Accept: text/event-stream` the events so far and all that follow, until the run has ended; the last message is of type `end`. Otherwise one page as JSON.",
    params: RunParams,
    query: z.strictObject({
      after: after.exactOptional().meta({ description: "Only events with a higher number. Default 0." }),
      limit: z.coerce.number().int().min(1).max(MAX_EVENTS).default(200).meta({ description: "Of the JSON page." }),
    }),
    headers: { "Last-Event-ID": "As `after`; goes before it. Browsers send it when they connect again." },
    answers: {
      200: { description: "Events, oldest first.", schema: EventList },
      204: { description: "Nothing will follow: the run has ended and its last event is known." },
    },
    async handle({ params, query, request }, context) {
      const seen = lastEventId(request) ?? query.after ?? 0
      const view = await ownRunView(params.id, context)
      const run = reach(context.env.RUNS, params.id)
      if (request.headers.get("accept")?.includes(EVENT_STREAM_TYPE)) {
        const { events, isEnd } = await run.waitForEvents(seen, 0)
        // 204 is what tells a browser's EventSource to stop connecting again.
        return isEnd && events.length === 0 ? new Response(null, { status: 204 }) : eventStream(run, seen)
      }
      const events = await run.events(seen, query.limit)
      const last = events.at(-1)?.seq ?? seen
      return json({ events, ...(last < view.seq ? { nextAfter: last } : {}) })
    },
  }),
]

function lastEventId(request: Request): number | undefined {
  const text = request.headers.get("last-event-id")
  if (text === null || text === "") return undefined
  const parsed = after.safeParse(text)
  if (parsed.success) return parsed.data
  throw new WaybillError("request_invalid", `header.Last-Event-ID: found ${text}, expected the number of an event.`, {
    path: "header.Last-Event-ID",
  })
}
