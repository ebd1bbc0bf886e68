/**
 * Where a run's object lives. A run whose region is a jurisdiction of the platform has its object there, and bears the
 * jurisdiction in its id: whoever knows the id finds the object (see `reach`), and nobody needs a directory. Every other run says why not.
 */
import type { Clock } from "../lib/clock.ts"
import { markedId, markOf, newId } from "../lib/id.ts"
import type { Random } from "../lib/random.ts"
import type { RunHeader } from "../run/event.ts"
import { type Namespace, within } from "./remote.ts"

/** The mark that ids of new runs bear; undefined when their objects may be anywhere. */
export function markFor<Rpc>(runs: Namespace<Rpc>, region: string | undefined): string | undefined {
  return region !== undefined && "namespace" in within(runs, region) ? region : undefined
}

/** The id of a new run. */
export function newRunId(mark: string | undefined, clock: Clock, random: Random): string {
  return markedId(newId("run", clock, random), mark)
}

/** What run `runId` says about where it is; undefined when it may be anywhere. */
export function jurisdictionOf<Rpc>(
  runs: Namespace<Rpc>,
  { runId, region }: Pick<RunHeader, "runId" | "region">,
): RunHeader["jurisdiction"] {
  if (region === undefined) return undefined
  if (markOf(runId) === region) return { asked: region, applied: true }
  const inside = within(runs, region)
  const reason = "reason" in inside ? inside.reason : "The run had its id before its region was known."
  return { asked: region, applied: false, reason }
}

/** `header` with what is so of this run, whatever it was made of. */
export function placed<Rpc, Header extends Pick<RunHeader, "runId" | "region" | "jurisdiction">>(
  runs: Namespace<Rpc>,
  header: Header,
): Header {
  const { jurisdiction: _, ...rest } = header
  const jurisdiction = jurisdictionOf(runs, header)
  return { ...rest, ...(jurisdiction ? { jurisdiction } : {}) } as Header
}
