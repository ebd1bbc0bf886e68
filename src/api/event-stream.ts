/** A run's events as a stream of server-sent events: those that were, those that come, and signs of life between them. */
import type { RunRpc } from "../objects/rpc.ts"
import { END_MESSAGE, EVENT_STREAM_TYPE, eventMessage, HEARTBEAT } from "../protocol/event-view.ts"

/** How long a stream may be silent before a comment shows that it lives. */
const HEARTBEAT_MS = 15_000

/** The events of `run` after `seen`, until nothing will follow. Reads from the run only as fast as the client does. */
export function eventStream(run: Pick<RunRpc, "waitForEvents">, seen: number): Response {
  const encoder = new TextEncoder()
  let last = seen
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { events, isEnd } = await run.waitForEvents(last, HEARTBEAT_MS)
      last = events.at(-1)?.seq ?? last
      const silence = isEnd ? "" : HEARTBEAT
      const text = events.length > 0 ? events.map(eventMessage).join("") : silence
      controller.enqueue(encoder.encode(isEnd ? text + END_MESSAGE : text))
      if (isEnd) controller.close()
    },
  })
  return new Response(body, { headers: { "content-type": EVENT_STREAM_TYPE, "cache-control": "no-cache" } })
}
