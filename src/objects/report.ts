/**
 * What a run asks its tenant and tells others about itself: whether it may go, how it stands, and, to its parent, how it
 * ended. At least once: what was told last is remembered in storage, the receivers take a repetition for nothing, and the
 * driver repeats what did not get through.
 */
import type { Engine } from "../engine/engine.ts"
import type { Workflow } from "../graph/workflow.ts"
import type { UsageMeter } from "../ledger/usage.ts"
import { must } from "../lib/assert.ts"
import { runSummary } from "../protocol/summary.ts"
import type { RunStatus } from "../run/run-state.ts"
import type { Admitted } from "./admission.ts"
import type { Env } from "./environment.ts"
import { reach } from "./remote.ts"

/** The synchronous key-value part of an object's storage. */
export interface Memory {
  get<Value>(key: string): Value | undefined
  put<Value>(key: string, value: Value): void
}

/** What was told last. */
const TOLD = "told"
interface Told {
  readonly seq: number
  readonly status: RunStatus
  /** The newest charge that the tenant's usage report knows of. */
  readonly chargedSeq?: number
}
const NOTHING_TOLD: Told = { seq: 0, status: "running" }

/** Asks the tenant for a place. Rejects when it could not be asked. */
export async function askForPlace(
  engine: Engine,
  { concurrency }: Workflow,
  env: Env,
  memory: Memory,
): Promise<Admitted> {
  const { tenant, priority, parent } = must(engine.state.header, "only a run that was created asks for a place")
  const summary = runSummary(engine.state)
  const admitted = await reach(env.TENANTS, tenant.id).admit({
    summary,
    ...(priority === undefined ? {} : { priority }),
    ...(concurrency === undefined ? {} : { concurrency }),
    isChild: parent !== undefined,
  })
  // One that goes is running as far as its tenant knows, which is what nothing told means.
  if (admitted === "queued") memory.put<Told>(TOLD, { seq: summary.seq, status: summary.status })
  return admitted
}

/** Whether everybody was told how the run stands now. */
export function isTold(engine: Engine, memory: Memory): boolean {
  return (memory.get<Told>(TOLD) ?? NOTHING_TOLD).seq >= engine.state.seq
}

/**
 * Tells whoever has to know how the run stands; one that is under way only says so when its tenant takes it for something
 * else. Rejects when somebody could not be told.
 */
export async function report(engine: Engine, env: Env, memory: Memory, meter: UsageMeter): Promise<void> {
  const { header, seq, chargedSeq, ended } = engine.state
  const { status, busy } = engine
  const told = memory.get<Told>(TOLD) ?? NOTHING_TOLD
  if (!header || told.seq >= seq || (busy && told.status === status)) return
  // A step that fails throws away what it paid for, so all is told again when the run has ended.
  const isCharged = !busy && chargedSeq > 0 && (ended !== undefined || chargedSeq > (told.chargedSeq ?? 0))
  const usage = isCharged ? [meter.rows()] : []
  await reach(env.TENANTS, header.tenant.id).record(runSummary(engine.state), ...usage)
  // What follows is told when it is done.
  if (busy) return memory.put<Told>(TOLD, { ...told, status })
  const end = header.parent && (await engine.childEnd())
  if (end && header.parent) await reach(env.RUNS, header.parent.runId).childEnded(end)
  memory.put<Told>(TOLD, { seq, status, chargedSeq })
}
