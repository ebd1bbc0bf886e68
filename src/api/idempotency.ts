/** Idempotency keys at the doors: whatever makes a run makes one for all requests that are the same and bear the same key. */
import { systemClock } from "../lib/clock.ts"
import { sha256 } from "../lib/digest.ts"
import { errorData, WaybillError } from "../lib/errors.ts"
import { canonicalJson } from "../lib/json.ts"
import { systemRandom } from "../lib/random.ts"
import type { KeyedRequest } from "../objects/idempotency-keys.ts"
import { newRunId } from "../objects/jurisdiction.ts"
import { reach } from "../objects/remote.ts"
import type { RunView } from "../protocol/run-view.ts"
import type { ApiContext } from "./resource.ts"

export const KEY_HEADER = "Idempotency-Key"

const MAX_KEY_LENGTH = 255

/** The key of `request`, if it bears one. `asked`: what it asks for, whole. Throws `request_invalid`. */
export function keyedRequest(request: Request, asked: unknown): KeyedRequest | undefined {
  const key = request.headers.get(KEY_HEADER)
  if (key === null) return undefined
  if (key === "" || key.length > MAX_KEY_LENGTH)
    throw new WaybillError(
      "request_invalid",
      `header.${KEY_HEADER}: found ${key.length} characters, expected 1 to ${MAX_KEY_LENGTH}.`,
      { path: `header.${KEY_HEADER}` },
    )
  return { key, digest: sha256(canonicalJson(asked)) }
}

/** The header of an answer that was given before. */
export function replayedHeader(replayed: boolean): Readonly<Record<string, string>> {
  return replayed ? { "idempotent-replayed": "true" } : {}
}

export interface Made<View> {
  readonly view: View
  /** The key had made the run before. */
  readonly replayed: boolean
}

/**
 * Makes a run, or answers with the one that the key made before. `prepare` refuses what can be refused, so that a refused
 * request does not use up its key, and gives what makes the run; that must do nothing when the run exists. `mark`: of the
 * new run's id, when its object has to be somewhere.
 */
export async function madeOnce<View extends RunView>(
  keyed: KeyedRequest | undefined,
  context: ApiContext,
  mark: string | undefined,
  prepare: (fresh: string) => Promise<(runId: string) => Promise<View>>,
): Promise<Made<View | RunView>> {
  const tenants = reach(context.env.TENANTS, context.tenant.id)
  const earlier = keyed && (await tenants.claimedBy(keyed))
  const found = earlier === undefined ? undefined : await existing(earlier, context)
  if (found) return { view: found, replayed: true }
  const fresh = newRunId(mark, systemClock, systemRandom)
  const make = await prepare(fresh)
  const { runId, replayed } = keyed
    ? await tenants.claim({ ...keyed, runId: fresh })
    : { runId: fresh, replayed: false }
  return { view: await make(runId), replayed }
}

/** The run that a key is bound to; undefined when its making was cut off before the run was created. */
async function existing(runId: string, { env }: ApiContext): Promise<RunView | undefined> {
  try {
    return await reach(env.RUNS, runId).view()
  } catch (thrown) {
    if (errorData(thrown).code === "run_not_found") return undefined
    throw thrown
  }
}
