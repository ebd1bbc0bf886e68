/** From a path in a run (`outcome.refund.charge`, `items[3].extract`) to the step of the graph that it is an execution of. */
import type { Scope, StepNode } from "../graph/node.ts"
import type { StepKind } from "../steps/step-kind.ts"

type Kinds = Readonly<Record<string, StepKind>>

/** The node at `path`, or undefined when the graph has none. */
export function nodeAt(scope: Scope, path: string, kinds: Kinds): StepNode | undefined {
  const [, name = "", inside = ""] = /^([^.[]+)(.*)$/.exec(path) ?? []
  const node = scope.steps.find((step) => step.name === name)
  if (!node || inside === "") return node
  const { scope: inner, rest } = innerScope(node, inside)
  if (inner) return nodeAt(inner, rest, kinds)
  return kinds[node.kind]?.nodeInside?.(node.config, inside, node)
}

/** Whether `step` is the path of a step, or the name of one wherever it stands: what breakpoints and `run-to` go by. */
export function isStepOf(scope: Scope, step: string, kinds: Kinds): boolean {
  return nodeAt(scope, step, kinds) !== undefined || [...allNodes(scope)].some(({ name }) => name === step)
}

/** `[3].` leads into the one scope of a map or a loop, `.refund.` into the scope of that name. */
function innerScope(node: StepNode, inside: string): { readonly scope?: Scope | undefined; readonly rest: string } {
  const [all = "", index, key = ""] = /^(?:(\[\d+\])|\.([^.]+))\./.exec(inside) ?? []
  const named = Object.hasOwn(node.scopes, key) ? node.scopes[key] : undefined
  const scope = index === undefined ? named : Object.values(node.scopes)[0]
  return { scope, rest: inside.slice(all.length) }
}

/** Every node of a scope and of the scopes inside it. */
export function* allNodes(scope: Scope): Generator<StepNode> {
  for (const node of scope.steps) {
    yield node
    for (const inner of Object.values(node.scopes)) yield* allNodes(inner)
  }
}
