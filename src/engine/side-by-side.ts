/**
 * Tasks of one run side by side, at most so many at once.
 *
 * Invariants:
 * 1. A task that fails never re-runs a sibling, and under `collect` never stops one.
 * 2. Under `fail-fast` the siblings in flight are stopped and have ended before the failure goes on upwards.
 */
import { errorData } from "../lib/errors.ts"
import { type Json, toJson } from "../lib/json.ts"
import { MAX_CONCURRENT_STEPS } from "../lib/limits.ts"
import type { AllOptions, RunScope, ScopeTask, Settled } from "../steps/step-kind.ts"
import type { Session } from "./session.ts"

/** `runScopeUnder` gives the `runScope` whose steps stop when the signal aborts. */
export async function runAll(
  session: Session,
  tasks: readonly ScopeTask[],
  options: AllOptions,
  parent: AbortSignal,
  runScopeUnder: (signal: AbortSignal) => RunScope,
): Promise<readonly Settled[]> {
  const group = new AbortController()
  const runScope = runScopeUnder(AbortSignal.any([parent, group.signal]))
  const settled: Settled[] = []
  const errors: unknown[] = []
  let next = 0
  const lanes = Math.min(tasks.length, options.concurrency, MAX_CONCURRENT_STEPS)
  if (lanes === 0) return []
  // This task's token becomes the first lane's; the last lane to end gives it back.
  session.pulse.add(lanes - 1)
  let open = lanes
  const lane = async (): Promise<void> => {
    while (next < tasks.length && (errors.length === 0 || options.onError === "collect")) {
      const index = next
      next += 1
      try {
        settled[index] = { status: "completed", output: await tasks[index]?.(runScope) }
      } catch (thrown) {
        settled[index] = { status: "failed", error: toJson(errorData(thrown)) satisfies Json }
        errors.push(thrown)
        if (options.onError === "fail-fast") group.abort(thrown)
      }
    }
    open -= 1
    if (open > 0) session.pulse.remove()
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  if (errors.length > 0 && (options.onError === "fail-fast" || session.log.state.ended)) throw errors[0]
  return settled
}
