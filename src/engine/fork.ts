/**
 * What a new run copies of an old one when it starts again from a step: everything that does not come after that step.
 *
 * What comes after is a matter of the graph, not of time. In a sequence it is every later step; branches of a `parallel` and
 * items of a `map` stand side by side, so none of them comes after another, and what they completed is kept; later rounds of
 * a loop come after earlier ones.
 *
 * Invariant: the original is only read.
 */
import type { Scope, StepNode } from "../graph/node.ts"
import { WaybillError } from "../lib/errors.ts"
import type { NewEvent, RunEvent } from "../run/event.ts"

/** Whether the execution at `path` is `at` itself, inside it, or after it. */
export function isRedone(scope: Scope, path: string, at: string): boolean {
  const [mine, forkPoint] = [segments(path), segments(at)]
  let depth = 0
  while (depth < forkPoint.length && mine[depth] === forkPoint[depth]) depth += 1
  if (depth === forkPoint.length) return true
  // `path` holds the fork point: it goes on, it is not done again.
  if (depth === mine.length) return false
  return comesAfter(scope, mine, forkPoint, depth)
}

/**
 * The step events that a run forked from `events` at step `at` begins with. Steps that hold the fork point are open, steps
 * before it are complete, and operations are marked as replayed, so that nobody pays for them again.
 * Throws `step_not_found` when the recording has no such step.
 */
export function* copiedEvents(events: Iterable<RunEvent>, scope: Scope, at: string): Generator<NewEvent> {
  let found = false
  const kept = new Map<string, boolean>()
  const isKept = (path: string): boolean => {
    const known = kept.get(path)
    if (known !== undefined) return known
    const keep = !isRedone(scope, path, at)
    kept.set(path, keep)
    return keep
  }
  for (const event of events) {
    if (event.path === at) found = true
    const copy = isStepEvent(event) && isKept(event.path) ? copyOf(event, holds(event.path, at)) : undefined
    if (copy) yield copy
  }
  if (!found) throw new WaybillError("step_not_found", `The recorded run has no step at "${at}".`, { path: at })
}

function copyOf(
  { seq: _seq, atMs: _atMs, hash: _hash, ...event }: RunEvent,
  holdsForkPoint: boolean,
): NewEvent | undefined {
  if (event.type === "operation.completed") return { ...event, data: { ...event.data, replayed: true } }
  if (holdsForkPoint) return event.type === "step.started" ? event : undefined
  return event
}

function isStepEvent(event: RunEvent): boolean {
  return event.path !== "" && !event.type.startsWith("compensation.") && event.type !== "signal.received"
}

function holds(path: string, at: string): boolean {
  return at.startsWith(path) && /^[.[]/.test(at.slice(path.length))
}

/** `items[3].extract` as `items`, `[3]`, `extract`. */
function segments(path: string): readonly string[] {
  return path.replaceAll("[", ".[").split(".")
}

/** Both paths are the same up to `depth`; there `mine` goes another way than the fork point. */
function comesAfter(scope: Scope, mine: readonly string[], forkPoint: readonly string[], depth: number): boolean {
  const { parent, siblings } = standsIn(scope, mine.slice(0, depth))
  const [here, there] = [mine[depth] ?? "", forkPoint[depth] ?? ""]
  if (here.startsWith("[")) return parent?.kind !== "map" && Number(here.slice(1, -1)) > Number(there.slice(1, -1))
  if (!siblings) return false
  const order = siblings.steps.map((step) => step.name)
  return order.indexOf(here) > order.indexOf(there)
}

/** Where a path stands: in a sequence of steps (`siblings`), or between the scopes of the step `parent`. */
function standsIn(scope: Scope, path: readonly string[]): { readonly parent?: StepNode; readonly siblings?: Scope } {
  let siblings: Scope | undefined = scope
  let parent: StepNode | undefined
  for (const segment of path) {
    if (siblings) {
      const name: string = segment
      parent = siblings.steps.find((step) => step.name === name)
      siblings = undefined
    } else {
      siblings = segment.startsWith("[") ? Object.values(parent?.scopes ?? {})[0] : parent?.scopes[segment]
    }
  }
  return { ...(parent ? { parent } : {}), ...(siblings ? { siblings } : {}) }
}
