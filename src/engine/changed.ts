/** What a new deployment may not change under a run: the steps that it executed, and those that it is in the middle of. */
import type { StepNode } from "../graph/node.ts"
import { WaybillError } from "../lib/errors.ts"
import { isOpen, type StepState } from "../run/run-state.ts"
import { nodeAt } from "./locate.ts"
import type { Session } from "./session.ts"

/**
 * Throws `workflow_changed` for a step that is under way and that today's code does not have, or has as another one. Nobody
 * can go on with it, and to go on without it would be to do what comes after an approval that nobody gave.
 */
export function checkUnderWay({ log, workflow, host }: Session): void {
  for (const step of log.state.steps.values()) {
    if (!isOpen(step)) continue
    const { path, digest, kind } = step
    const node = nodeAt(workflow.scope, path, host.kinds)
    if (!node) {
      const message = `${path}: today's code has no such step, in the middle of which this run is (${kind}).`
      throw new WaybillError("workflow_changed", message, { path, recorded: digest })
    }
    checkUnchanged(node, step)
  }
}

/** A step whose kind or output schema is not what was recorded cannot be continued; a changed prompt can. */
export function checkUnchanged(node: StepNode, known: StepState): void {
  if (known.digest === "" || known.digest.split(".")[0] === node.shape) return
  throw new WaybillError(
    "workflow_changed",
    `${known.path}: the code's kind or output schema is not the one that this run recorded (${known.kind}).`,
    { path: known.path, recorded: known.digest, found: `${node.shape}.${node.digest}` },
  )
}
