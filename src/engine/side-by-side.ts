/**
 * Tasks of one run side by side, at most so many at once.
 *
 * Invariants:
 * 1. A task that fails never re-runs a sibling, and under `collect` never stops one.
 * 2. Under `fail-fast` the siblings in flight are stopped and have ended before the failure goes on upwards.
 * 3. What is collected are failures of the tasks themselves; being stopped from above is none.
 */
import { type Follower, follow } from "../lib/abort.ts"
import { must } from "../lib/assert.ts"
import { type ErrorData, errorData } from "../lib/errors.ts"
import { MAX_CONCURRENT_STEPS } from "../lib/limits.ts"
import type { AllOptions, RunScope, ScopeTask, Settled } from "../steps/step-kind.ts"
import { plainError } from "./failure.ts"
import type { Session } from "./session.ts"

/** `runScopeUnder` gives the `runScope` whose steps stop when the signal aborts. */
export async function runAll(
  session: Session,
  tasks: readonly ScopeTask[],
  options: AllOptions,
  parent: AbortSignal,
  runScopeUnder: (signal: AbortSignal) => RunScope,
): Promise<readonly Settled[]> {
  const group = follow(parent)
  try {
    const settled = await runLanes(session, tasks, options, { group, parent }, runScopeUnder(group.signal))
    if (parent.aborted) throw parent.reason
    const failures = settled.filter((one) => one.status === "failed")
    if (options.onError === "fail-fast" && failures.length > 0) throw firstCause(failures)
    return settled.map((one) => (one.status === "failed" ? { status: "failed", error: one.error } : one))
  } finally {
    group.release()
  }
}

type Ended = Extract<Settled, { status: "completed" }> | Failure

interface Failure {
  readonly status: "failed"
  readonly error: ErrorData
  readonly thrown: unknown
}

/**
 * Lanes take the tasks in order, each the next one as soon as it is free. Tasks that a stop left out have no entry. After a
 * crash the first that ends may be one that was stopped before it: the others are gone through, stopped, for what stopped it.
 */
async function runLanes(
  session: Session,
  tasks: readonly ScopeTask[],
  options: AllOptions,
  { group, parent }: { readonly group: Follower; readonly parent: AbortSignal },
  runScope: RunScope,
): Promise<Ended[]> {
  const ended: Ended[] = []
  let isCauseKnown = false
  const lanes = Math.min(tasks.length, options.concurrency, MAX_CONCURRENT_STEPS)
  if (lanes === 0) return ended
  // This task's token becomes the first lane's; the last lane to end gives it back.
  session.pulse.add(lanes - 1)
  let open = lanes
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < tasks.length && !parent.aborted && !isCauseKnown) {
      const index = next
      next += 1
      const task = must(tasks[index], `there is no task ${index}`)
      try {
        ended[index] = { status: "completed", output: await task(runScope) }
      } catch (thrown) {
        ended[index] = { status: "failed", error: plainError(errorData(thrown, "step_failed")), thrown }
        if (options.onError !== "fail-fast") continue
        isCauseKnown ||= errorData(thrown).code !== "run_cancelled"
        group.abort(thrown)
      }
    }
    open -= 1
    if (open > 0) session.pulse.remove()
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return ended
}

/** Why the group failed: not the siblings that were stopped for it, and the same after a crash as before it. */
function firstCause(failures: readonly Failure[]): unknown {
  const cause = failures.find(({ error }) => error.code !== "run_cancelled") ?? failures[0]
  return cause?.thrown
}
