/** The way to a run: only its own tenant gets there. To everybody else it looks as if it did not exist. */
import { WaybillError } from "../lib/errors.ts"
import { isId } from "../lib/id.ts"
import { type Reached, reach } from "../objects/remote.ts"
import type { RunObjectRpc } from "../objects/rpc.ts"
import type { RunView } from "../protocol/run-view.ts"
import type { ApiContext } from "./resource.ts"

/** A run's object. */
export type RunStub = Reached<RunObjectRpc>

/** Whose a run is never changes, so each isolate asks once. */
const owners = new Map<string, string>()
const MAX_OWNERS = 10_000

/** The object of run `id`. Throws `run_not_found`, also for a run of another tenant. */
export async function ownRun(id: string, context: ApiContext): Promise<RunStub> {
  if (owners.get(id) !== context.tenant.id) await ownRunView(id, context)
  return reach(context.env.RUNS, id)
}

/** How run `id` stands. Throws as `ownRun` does. */
export async function ownRunView(id: string, context: ApiContext): Promise<RunView> {
  // Asking an object that never was would make it.
  if (!isId("run", id)) throw notFound(id)
  const view = await reach(context.env.RUNS, id).view()
  if (view.tenant !== context.tenant.id) throw notFound(id)
  if (owners.size >= MAX_OWNERS) owners.clear()
  owners.set(id, view.tenant)
  return view
}

function notFound(id: string): WaybillError {
  return new WaybillError("run_not_found", `There is no run ${id}.`)
}
