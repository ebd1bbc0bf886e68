/** Which breakpoints a run of a workflow can meet, it or the runs below it. */
import type { Scope } from "../graph/node.ts"
import type { Workflow } from "../graph/workflow.ts"
import { WaybillError } from "../lib/errors.ts"
import type { Breakpoint } from "../run/event.ts"
import type { StepKind } from "../steps/step-kind.ts"
import { allNodes, isStepOf, nodeAt } from "./locate.ts"
import { pathsAround } from "./order.ts"

type Kinds = Readonly<Record<string, StepKind>>

/** A breakpoint that can never be met would let the run do what it was to be kept from. Throws `request_invalid`. */
export function checkBreakpoints(breakpoints: readonly Breakpoint[], { name, scope }: Workflow, kinds: Kinds): void {
  for (const [index, breakpoint] of breakpoints.entries()) {
    const path = `body.breakpoints[${index}]`
    if ("step" in breakpoint && !isKnown(scope, breakpoint.step, kinds))
      throw unmet(`${path}.step`, breakpoint.step, `the path or the name of a step of ${name}`)
    if ("kind" in breakpoint && !Object.hasOwn(kinds, breakpoint.kind))
      throw unmet(`${path}.kind`, breakpoint.kind, `one of: ${Object.keys(kinds).join(", ")}`)
  }
}

/**
 * What of a run's breakpoints holds for the child that its step at `path` starts: kinds, names, and what names a step of the
 * child by `path` and the path in there. What names no step of the child is never met there.
 */
export function breakpointsBelow(breakpoints: readonly Breakpoint[], path: string): readonly Breakpoint[] {
  return breakpoints.flatMap((breakpoint): readonly Breakpoint[] => {
    if ("kind" in breakpoint) return [breakpoint]
    if (!("step" in breakpoint)) return []
    const { step } = breakpoint
    if (step.startsWith(`${path}.`)) return [{ step: step.slice(path.length + 1) }]
    return /[.[]/.test(step) ? [] : [breakpoint]
  })
}

/** Whether `step` is a step of a child run, at its path behind that of the step which starts the child, or by its name. */
function isStepOfChild(scope: Scope, step: string, kinds: Kinds): boolean {
  for (const around of pathsAround(step)) {
    const node = nodeAt(scope, around, kinds)
    const child = node && kinds[node.kind]?.starts?.(node.config)
    if (child) return isKnown(child.scope, step.slice(around.length + 1), kinds)
  }
  if (/[.[]/.test(step)) return false
  return [...allNodes(scope)].some((node) => {
    const child = kinds[node.kind]?.starts?.(node.config)
    return child !== undefined && isKnown(child.scope, step, kinds)
  })
}

function isKnown(scope: Scope, step: string, kinds: Kinds): boolean {
  return isStepOf(scope, step, kinds) || isStepOfChild(scope, step, kinds)
}

function unmet(path: string, found: string, expected: string): WaybillError {
  return new WaybillError("request_invalid", `${path}: found ${JSON.stringify(found)}, expected ${expected}.`, { path })
}
