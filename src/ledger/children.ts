/** What a run's children cost, as its log tells it. What they paid for is in their own ledgers, entry by entry, and in no other. */
import type { RunEvent } from "../run/event.ts"

export interface ChildCost {
  readonly runId: string
  readonly workflow: string
  /** Of the step that started it. */
  readonly path: string
  /** How it ended; absent while it has not. */
  readonly status?: "succeeded" | "failed" | "cancelled"
  /** Of the child and all runs below it; 0 until it has ended. */
  readonly costNanoUsd: number
}

/** Takes one event into `children`, which are by their ids. */
export function applyToChildren(children: Map<string, ChildCost>, event: RunEvent): void {
  if (event.type === "child.started") {
    const { runId, workflow } = event.data
    children.set(runId, { runId, workflow, path: event.path, costNanoUsd: 0 })
  } else if (event.type === "child.ended") {
    const { runId, status, costNanoUsd } = event.data
    const child = children.get(runId)
    if (child) children.set(runId, { ...child, status, costNanoUsd })
  } else if (event.type === "child.charged") {
    const { runId, costNanoUsd } = event.data
    const child = children.get(runId)
    if (child) children.set(runId, { ...child, costNanoUsd })
  }
}
