/** From a path in a run (`outcome.refund.charge`, `items[3].extract`) to the step of the graph that it is an execution of. */
import type { Scope, StepNode } from "../graph/node.ts"

/** The node at `path`, or undefined when the graph has none (or the step was made at run time, as an agent's are). */
export function nodeAt(scope: Scope, path: string): StepNode | undefined {
  const parts = path.replace(/\[\d+\]/g, ".[]").split(".")
  return descend(scope, parts)
}

function descend(scope: Scope, parts: readonly string[]): StepNode | undefined {
  const node = scope.steps.find((step) => step.name === parts[0])
  if (!node || parts.length === 1) return node
  // `[]` stands for the one scope of a map or a loop, any other part for the scope of that name.
  const inner = parts[1] === "[]" ? Object.values(node.scopes)[0] : node.scopes[parts[1] ?? ""]
  return inner && parts.length > 2 ? descend(inner, parts.slice(2)) : undefined
}

/** Every node of a scope and of the scopes inside it. */
export function* allNodes(scope: Scope): Generator<StepNode> {
  for (const node of scope.steps) {
    yield node
    for (const inner of Object.values(node.scopes)) yield* allNodes(inner)
  }
}
