/**
 * Keeps what runs inside a replay off the network: while it does, `fetch`, the global one too, throws there and is counted.
 * Work beside it in the same isolate, other requests and other replays, does not notice.
 *
 * It does not reach further than `fetch`: code that opens sockets of its own, or took the global `fetch` in its hands before
 * any replay began, gets out.
 */
import { AsyncLocalStorage } from "node:async_hooks"
import { WaybillError } from "../lib/errors.ts"

/** Attempts to reach the network from inside one replay. */
export interface Outside {
  calls: number
}

const current = new AsyncLocalStorage<Outside>()
let guard: typeof fetch | undefined

/** Runs `act`, and all that it starts, without a network; `outside` counts who tried. */
export function offline<Result>(outside: Outside, act: () => Promise<Result>): Promise<Result> {
  // Somebody may have put another `fetch` in place since the last replay: that one is guarded too.
  if (globalThis.fetch !== guard) guard = globalThis.fetch = guarded(globalThis.fetch)
  return current.run(outside, act)
}

/** A `fetch` that always throws, and counts. */
export function noNetwork(outside: Outside): typeof fetch {
  return () => {
    outside.calls += 1
    return Promise.reject(new WaybillError("replay_offline", "A replay reaches no network."))
  }
}

function guarded(real: typeof fetch): typeof fetch {
  return (...request) => {
    const outside = current.getStore()
    return outside ? noNetwork(outside)(...request) : real(...request)
  }
}
