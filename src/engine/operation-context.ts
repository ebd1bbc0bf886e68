/** On whose behalf a step asks the gateway: what routing rules may look at. */
import type { OperationContext } from "../model/client.ts"
import type { Session } from "./session.ts"
import type { StepRun } from "./step-run.ts"

type Asking = Pick<StepRun, "node" | "path" | "attempt" | "route" | "model" | "deadlineMs">

export function operationContext(session: Session, run: Asking): OperationContext {
  const { header } = session.log
  const { node } = run
  const route = run.route ?? node.options.route
  // The turns of an agent take the agent's routes: its author knows no other step.
  const { name, kind } = node.routeAs ?? node
  return {
    runId: header.runId,
    workflow: header.workflow,
    step: { path: run.path, name, kind, failures: session.log.step(run.path)?.failures ?? 0, attempt: run.attempt },
    tenant: header.tenant,
    ...(header.user ? { user: header.user } : {}),
    ...(header.region === undefined ? {} : { region: header.region }),
    tags: [...header.tags, ...(node.options.tags ?? [])],
    ...(route === undefined ? {} : { route }),
    ...(run.model === undefined ? {} : { model: run.model }),
    ...(run.deadlineMs === undefined ? {} : { deadlineMs: run.deadlineMs }),
  }
}
