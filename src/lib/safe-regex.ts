/**
 * Whether a regular expression from configuration may be run on text that a stranger wrote. A backtracking matcher needs
 * exponential time on a pattern when some text can go round a loop in two ways, and polynomial time when the same text can go
 * round one loop, lead on to a second one, and go round that. Both are found in the pattern's automaton, by
 * walking several copies of it in step. What cannot be checked is refused.
 */
import { type Automaton, automataOf } from "./regex-automaton.ts"

/** State sets visited before a pattern counts as too large to check. */
const MAX_WORK = 2_000_000

/** Why `source` (to be compiled with the `u` flag) must not be used, or undefined when it may. */
export function unsafeRegexReason(source: string): string | undefined {
  try {
    new RegExp(source, "u")
  } catch (error) {
    return `not a regular expression: ${error instanceof Error ? error.message : String(error)}`
  }
  const automata = automataOf(source)
  if ("reason" in automata) return `cannot be checked for catastrophic backtracking: it holds ${automata.reason}`
  const budget = { work: MAX_WORK }
  for (const automaton of automata) {
    const reason = exponential(automaton, budget) ?? polynomial(automaton, budget)
    if (reason) return reason
    if (budget.work <= 0) return "cannot be checked for catastrophic backtracking: it is too large"
  }
  return undefined
}

interface Budget {
  work: number
}

const EXPONENTIAL = "may take exponential time: some text can go round one of its repetitions in two ways"
const POLYNOMIAL = "may take quadratic time: some text can be divided between two of its repetitions in many ways"

/** Two ways round a loop: from a state, in step, by different states (or by one doubled edge) and back. */
function exponential({ sets, next }: Automaton, budget: Budget): string | undefined {
  const loops = loopsOf(next)
  for (const start of sets.keys()) {
    const loop = loops[start]
    if (loop === undefined) continue
    const inLoop = (state: number) => loops[state] === loop
    if (hasDoubledEdge(next[start], inLoop)) return EXPONENTIAL
    // A pair that parted; when both meet again in `start`, two ways led round.
    const parted = walk([start, start], [inLoop, inLoop], sets, next, budget)
    if (
      parted.some(
        ([left, right]) =>
          left !== right && reaches([left, right], [start, start], [inLoop, inLoop], sets, next, budget),
      )
    )
      return EXPONENTIAL
    if (budget.work <= 0) return undefined
  }
  return undefined
}

/** One text that goes round `p`, leads from `p` to `q`, and goes round `q`. */
function polynomial({ sets, next }: Automaton, budget: Budget): string | undefined {
  const loops = loopsOf(next)
  const looping = [...sets.keys()].filter((state) => loops[state] !== undefined)
  for (const p of looping) {
    for (const q of looping) {
      if (loops[p] === loops[q]) continue
      const guards = [
        (state: number) => loops[state] === loops[p],
        () => true,
        (state: number) => loops[state] === loops[q],
      ]
      if (reaches([p, p, q], [p, q, q], guards, sets, next, budget)) return POLYNOMIAL
      if (budget.work <= 0) return undefined
    }
  }
  return undefined
}

function hasDoubledEdge(successors: readonly number[] = [], inLoop: (state: number) => boolean): boolean {
  const inside = successors.filter(inLoop)
  return new Set(inside).size < inside.length
}

type Guard = (state: number) => boolean

/** Every tuple of states that copies of the automaton reach together, reading the same text, in one or more steps. */
function walk(
  start: readonly number[],
  guards: readonly Guard[],
  sets: readonly bigint[],
  next: Automaton["next"],
  budget: Budget,
  target?: string,
): (readonly [number, number])[] {
  const seen = new Set<string>()
  const found: (readonly [number, number])[] = []
  const queue = [start]
  for (let tuple = queue.pop(); tuple && budget.work > 0; tuple = queue.pop()) {
    for (const successor of steps(tuple, guards, sets, next)) {
      budget.work -= 1
      const key = successor.join()
      if (seen.has(key)) continue
      seen.add(key)
      found.push([successor[0] ?? 0, successor[1] ?? 0])
      if (key === target) return found
      queue.push(successor)
    }
  }
  return target === undefined ? found : []
}

function reaches(
  start: readonly number[],
  goal: readonly number[],
  guards: readonly Guard[],
  sets: readonly bigint[],
  next: Automaton["next"],
  budget: Budget,
): boolean {
  return walk(start, guards, sets, next, budget, goal.join()).length > 0
}

/** Tuples one character further: all copies move, over a character that all of their new states consume. */
function steps(
  tuple: readonly number[],
  guards: readonly Guard[],
  sets: readonly bigint[],
  next: Automaton["next"],
): number[][] {
  let partial: { readonly states: number[]; readonly common: bigint }[] = [{ states: [], common: -1n }]
  for (const [index, state] of tuple.entries()) {
    const successors = [...new Set(next[state])].filter((successor) => guards[index]?.(successor))
    partial = partial.flatMap(({ states, common }) =>
      successors
        .map((successor) => ({ states: [...states, successor], common: common & (sets[successor] ?? 0n) }))
        .filter(({ common: left }) => left !== 0n),
    )
  }
  return partial.map(({ states }) => states)
}

/** The loop (strongly connected component) of each state; undefined for a state that cannot come back to itself. */
function loopsOf(next: Automaton["next"]): (number | undefined)[] {
  const reach = next.map((_, state) => reachable(state, next))
  return next.map((_, state) => {
    if (!reach[state]?.has(state)) return undefined
    return next.findIndex((__, other) => reach[state]?.has(other) && reach[other]?.has(state))
  })
}

function reachable(start: number, next: Automaton["next"]): Set<number> {
  const seen = new Set<number>()
  const queue = [start]
  for (let state = queue.pop(); state !== undefined; state = queue.pop())
    for (const successor of next[state] ?? [])
      if (!seen.has(successor)) {
        seen.add(successor)
        queue.push(successor)
      }
  return seen
}
