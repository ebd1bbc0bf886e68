/**
 * What comes after a step, as a matter of the graph and not of time. In a sequence it is every later step; branches of a
 * `parallel` and items of a `map` stand side by side, so none of them comes after another; later rounds of a loop and later
 * turns of an agent come after earlier ones. Only inside one turn, where the graph says nothing, time decides.
 */
import type { Scope, StepNode } from "../graph/node.ts"

/** When the step at a path first started, as any number that grows with time. */
export type StartOf = (path: string) => number

/** Whether the execution at `path` is `at` itself, inside it, or after it. */
export function isRedone(scope: Scope, path: string, at: string, startOf: StartOf): boolean {
  const [mine, forkPoint] = [segments(path), segments(at)]
  const depth = sharedDepth(mine, forkPoint)
  if (depth === forkPoint.length) return true
  // `path` holds the fork point: it goes on, it is not done again.
  if (depth === mine.length) return false
  const { parent, siblings } = standsIn(scope, mine.slice(0, depth))
  const [here, there] = [mine[depth] ?? "", forkPoint[depth] ?? ""]
  if (here.startsWith("[")) return parent?.kind !== "map" && Number(here.slice(1, -1)) > Number(there.slice(1, -1))
  if (siblings) return placeIn(siblings, here) > placeIn(siblings, there)
  const isDynamic = parent !== undefined && Object.keys(parent.scopes).length === 0
  return isDynamic && startOf(path) > startOf(at)
}

/** Whether the step at `path` holds the one at `at`, at whatever depth. */
export function holds(path: string, at: string): boolean {
  return at.startsWith(path) && /^[.[]/.test(at.slice(path.length))
}

/** Where the steps that hold the one at `path` may stand, innermost first: `a.yes.b` has `a.yes` and `a`. */
export function pathsAround(path: string): string[] {
  const ends = [...path.matchAll(/[.[]/g)].map(({ index }) => path.slice(0, index))
  return ends.reverse()
}

/** The steps that come after the one at `path` in its own sequence, and what their paths begin with; none in an agent. */
export function sequenceAfter(
  scope: Scope,
  path: string,
): { readonly prefix: string; readonly later: readonly StepNode[] } {
  const all = segments(path)
  const name = all.at(-1) ?? ""
  const { siblings } = standsIn(scope, all.slice(0, -1))
  const prefix = path.slice(0, path.length - name.length)
  return { prefix, later: siblings ? siblings.steps.slice(placeIn(siblings, name) + 1) : [] }
}

/** The scope whose steps stand right inside `path`, such as `items[3]` or `outcome.refund`; the whole graph's for the empty path. */
export function scopeAt(scope: Scope, path: string): Scope | undefined {
  return path === "" ? scope : standsIn(scope, segments(path)).siblings
}

/** What a scope gives is made when all its steps have ended; no step has that name. */
const OUTPUT = "output"

function placeIn({ steps }: Scope, name: string): number {
  return name === OUTPUT ? steps.length : steps.findIndex((step) => step.name === name)
}

function sharedDepth(left: readonly string[], right: readonly string[]): number {
  let depth = 0
  while (depth < right.length && left[depth] === right[depth]) depth += 1
  return depth
}

/** `items[3].extract` as `items`, `[3]`, `extract`. */
function segments(path: string): readonly string[] {
  return path.replaceAll("[", ".[").split(".")
}

/** Where a path stands: in a sequence of steps (`siblings`), or between the scopes of the step `parent`. */
function standsIn(scope: Scope, path: readonly string[]): { readonly parent?: StepNode; readonly siblings?: Scope } {
  let siblings: Scope | undefined = scope
  let parent: StepNode | undefined
  for (const segment of path) {
    if (siblings) {
      parent = siblings.steps.find(({ name }) => name === segment)
      siblings = undefined
    } else {
      siblings = segment.startsWith("[") ? Object.values(parent?.scopes ?? {})[0] : parent?.scopes[segment]
    }
  }
  return { ...(parent ? { parent } : {}), ...(siblings ? { siblings } : {}) }
}
