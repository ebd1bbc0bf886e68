/** Which breakpoints a run of a workflow can meet. */
import type { Workflow } from "../graph/workflow.ts"
import { WaybillError } from "../lib/errors.ts"
import type { Breakpoint } from "../run/event.ts"
import type { StepKind } from "../steps/step-kind.ts"
import { isStepOf } from "./locate.ts"

/** A breakpoint that can never be met would let the run do what it was to be kept from. Throws `request_invalid`. */
export function checkBreakpoints(
  breakpoints: readonly Breakpoint[],
  { name, scope }: Workflow,
  kinds: Readonly<Record<string, StepKind>>,
): void {
  for (const [index, breakpoint] of breakpoints.entries()) {
    const path = `body.breakpoints[${index}]`
    if ("step" in breakpoint && !isStepOf(scope, breakpoint.step, kinds))
      throw unmet(`${path}.step`, breakpoint.step, `the path or the name of a step of ${name}`)
    if ("kind" in breakpoint && !Object.hasOwn(kinds, breakpoint.kind))
      throw unmet(`${path}.kind`, breakpoint.kind, `one of: ${Object.keys(kinds).join(", ")}`)
  }
}

function unmet(path: string, found: string, expected: string): WaybillError {
  return new WaybillError("request_invalid", `${path}: found ${JSON.stringify(found)}, expected ${expected}.`, { path })
}
