/** How long a step and its attempts may take. */
import type { StepNode } from "../graph/node.ts"
import { durationMs } from "../lib/duration.ts"
import type { StepKind } from "../steps/step-kind.ts"

/** Milliseconds of a step's timeouts, from its options or its kind. */
export function timeoutsOf(kind: StepKind, node: StepNode): { readonly attemptMs?: number; readonly totalMs?: number } {
  const own = node.options.timeout ?? kind.timeout?.(node.config)
  if (own === undefined) return {}
  if (typeof own !== "object") return { attemptMs: durationMs(own, `${node.name}.timeout`) }
  return {
    ...(own.attempt === undefined ? {} : { attemptMs: durationMs(own.attempt, `${node.name}.timeout.attempt`) }),
    ...(own.total === undefined ? {} : { totalMs: durationMs(own.total, `${node.name}.timeout.total`) }),
  }
}
