/**
 * What a run tells others about itself: its tenant's index, and its parent when it has ended. At least once: what was told
 * last is remembered in storage, the receivers take a repetition for nothing, and the driver repeats what did not get through.
 */
import type { Engine } from "../engine/engine.ts"
import type { ChildEnd } from "../engine/host.ts"
import type { Json } from "../lib/json.ts"
import { runSummary } from "../protocol/summary.ts"
import type { Env } from "./environment.ts"
import { reach } from "./remote.ts"

/** The synchronous key-value part of an object's storage. */
export interface Memory {
  get<Value>(key: string): Value | undefined
  put<Value>(key: string, value: Value): void
}

const TOLD_SEQ = "told-seq"

/** Tells whoever has to know how the run stands. Rejects when somebody could not be told. */
export async function report(engine: Engine, env: Env, memory: Memory): Promise<void> {
  const { header, seq, ended, outputSeq, error } = engine.state
  if (!header || (memory.get<number>(TOLD_SEQ) ?? 0) >= seq) return
  await reach(env.TENANTS, header.tenant.id).record(runSummary(engine.state))
  if (ended && header.parent) {
    const output = outputSeq === undefined ? undefined : ((await engine.value(outputSeq)) as Json)
    const end: ChildEnd = {
      runId: header.runId,
      status: ended,
      costNanoUsd: engine.state.costNanoUsd,
      ...(output === undefined ? {} : { output }),
      ...(error ? { error } : {}),
    }
    await reach(env.RUNS, header.parent.runId).childEnded(header.parent.path, end)
  }
  memory.put(TOLD_SEQ, seq)
}
