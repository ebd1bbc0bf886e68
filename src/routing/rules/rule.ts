/**
 * The contract of a routing rule. A rule may do two things: `arrange` the list of candidates (add, order), and `strike`
 * a candidate with a reason. All rules arrange first, in the order of `index.ts`; only then does every rule look at every
 * candidate to strike it. Invariants: nothing can add a candidate after a strike, so no preference gets round a
 * requirement; a rule reads only its arguments, so a decision can be replayed from its record.
 */
import type { CompiledCandidate, CompiledModel, CompiledRoute, CompiledRouting } from "../compiled.ts"
import type { CandidateFacts, RoutingFacts } from "../facts.ts"

export interface Entry {
  readonly candidate: CompiledCandidate
  /** For people: what put it where it is. */
  readonly note?: string
}

export interface Ballot {
  /** In the order in which they would be tried. */
  readonly entries: readonly Entry[]
  /** Paths, in the configuration, of what changed the ballot. */
  readonly applied: readonly string[]
  readonly experiment?: { readonly name: string; readonly arm: string; readonly key: string }
}

export interface RuleInput {
  readonly routing: CompiledRouting
  readonly routeName: string
  readonly route: CompiledRoute
  readonly facts: RoutingFacts
  /** The step asked for this very model: preferences do not apply, requirements do. */
  readonly pinned: boolean
}

export interface Struck {
  /** A code such as `not_configured`, `region`, `breaker_open`. */
  readonly reason: string
  /** Path of what demanded it, when the configuration did. */
  readonly path?: string
}

export interface RoutingRule {
  readonly name: string
  arrange?(ballot: Ballot, input: RuleInput): Ballot
  strike?(candidate: CompiledCandidate, input: RuleInput): Struck | undefined
}

export function factsOf(candidate: CompiledCandidate, facts: RoutingFacts): CandidateFacts {
  return facts.candidates[candidate.model.key] ?? { unfit: "unknown" }
}

/** Puts `models` before all others, in their order; one that was not on the ballot joins it. */
export function front(ballot: Ballot, models: readonly CompiledModel[], note: string, path: string): Ballot {
  const chosen = models.map((model): Entry => {
    const entry = ballot.entries.find(({ candidate }) => candidate.model.key === model.key)
    return { candidate: entry?.candidate ?? { model, attempts: 2 }, note }
  })
  const keys = new Set(models.map((model) => model.key))
  const rest = ballot.entries.filter(({ candidate }) => !keys.has(candidate.model.key))
  return { ...ballot, entries: [...chosen, ...rest], applied: [...ballot.applied, path] }
}

/** Orders the ballot by ascending `rank`; equal ranks keep their order, unknown ones go last. */
export function orderBy(
  ballot: Ballot,
  rank: (candidate: CompiledCandidate) => number | undefined,
  note: string,
  path: string,
): Ballot {
  const value = (entry: Entry) => rank(entry.candidate) ?? Number.POSITIVE_INFINITY
  const entries = [...ballot.entries]
    .sort((left, right) => (value(left) === value(right) ? 0 : value(left) - value(right)))
    .map((entry) => ({ ...entry, note }))
  return { ...ballot, entries, applied: [...ballot.applied, path] }
}
