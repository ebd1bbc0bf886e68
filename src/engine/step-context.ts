/** What a step kind is handed to act with, made anew for each attempt. Everything durable goes through the session's log. */
import type { Operation } from "../model/operation.ts"
import type { ResultOf } from "../model/result.ts"
import type { RunScope, StepContext } from "../steps/step-kind.ts"
import { startChild } from "./children.ts"
import { operate } from "./operate.ts"
import type { Session } from "./session.ts"
import { runAll } from "./side-by-side.ts"
import type { StepRun } from "./step-run.ts"
import { wait } from "./wait.ts"

export function makeContext(session: Session, run: StepRun): StepContext {
  let operations = 0
  const runScopeUnder =
    (signal: AbortSignal): RunScope =>
    (suffix, scope, locals) =>
      session.walkScope(session, `${run.path}${suffix}`, scope, session.values.inner(run.values, locals), signal)
  return {
    path: run.path,
    attempt: run.attempt,
    node: run.node,
    values: run.values,
    signal: run.signal,
    // Made when it is asked for: most steps never ask, and a digest per step is not free.
    get idempotencyKey() {
      return session.idempotencyKey(run.path)
    },
    secrets: session.host.secrets,
    fetch: session.host.fetch,
    nowMs: () => session.nowMs(),
    operate: <Asked extends Operation>(operation: Asked) => {
      const index = operations
      operations += 1
      return operate(session, run, operation, index) as Promise<ResultOf<Asked["type"]>>
    },
    wait: (waiting) => wait(session, run, waiting),
    runScope: runScopeUnder(run.signal),
    all: (tasks, options) => runAll(session, tasks, options, run.signal, runScopeUnder),
    evaluate: (closure, locals) =>
      session.values.evaluate(closure, locals ? session.values.inner(run.values, locals) : run.values, run.signal),
    startChild: (request) => startChild(session, run, request),
  }
}
