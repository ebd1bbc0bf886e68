/**
 * Decides who serves an operation: a pure function of the facts and the routing, with no clock, network or randomness.
 * The same facts and the same version give the same ranking for ever; that is what makes a decision explainable.
 */
import type { CompiledCandidate, CompiledModel, CompiledRoute, CompiledRouting } from "./compiled.ts"
import type { RoutingFacts } from "./facts.ts"
import { modelNamed } from "./model-named.ts"
import { routingRules } from "./rules/index.ts"
import type { Ballot, RuleInput, Struck } from "./rules/rule.ts"

export interface RankedCandidate {
  readonly candidate: CompiledCandidate
  /** Why it is not tried; absent: it is in. */
  readonly struck?: string
  readonly note?: string
}

export interface Ranking {
  readonly routeName: string
  readonly route: CompiledRoute
  /** In the order in which they are tried, struck ones included. */
  readonly candidates: readonly RankedCandidate[]
  /** Paths of what in the configuration changed the list. */
  readonly rules: readonly string[]
  readonly experiment?: { readonly name: string; readonly arm: string; readonly key: string }
}

/** The ranking, or undefined when no route fits the situation at all. */
export function decide(facts: RoutingFacts, routing: CompiledRouting): Ranking | undefined {
  const found = findRoute(facts, routing)
  if (!found) return undefined
  const input: RuleInput = { routing, facts, ...found }
  const start: Ballot = { entries: [], applied: [] }
  const ballot = routingRules.reduce((current, rule) => rule.arrange?.(current, input) ?? current, start)
  const applied = [...ballot.applied]
  const candidates = ballot.entries.map(({ candidate, note }) => {
    const struck = firstStrike(candidate, input)
    if (struck?.path !== undefined && !applied.includes(struck.path)) applied.push(struck.path)
    return { candidate, ...(struck ? { struck: struck.reason } : {}), ...(note === undefined ? {} : { note }) }
  })
  return {
    routeName: found.routeName,
    route: found.route,
    candidates,
    rules: applied,
    ...(ballot.experiment ? { experiment: ballot.experiment } : {}),
  }
}

function firstStrike(candidate: CompiledCandidate, input: RuleInput): Struck | undefined {
  for (const rule of routingRules) {
    const struck = rule.strike?.(candidate, input)
    if (struck) return struck
  }
  return undefined
}

type Found = Pick<RuleInput, "routeName" | "route" | "pinned">

/** The step's own wish, else `<workflow>.<step>`, else the step's kind, else `default`. */
function findRoute({ route: wish, values }: RoutingFacts, routing: CompiledRouting): Found | undefined {
  const { routes } = routing
  const usual = [`${values.workflow}.${values["step.name"]}`, values["step.kind"] ?? "", "default"]
  const named = (names: readonly string[]): Found | undefined => {
    const routeName = names.find((name) => Object.hasOwn(routes, name))
    const route = routeName === undefined ? undefined : routes[routeName]
    return routeName === undefined || !route ? undefined : { routeName, route, pinned: false }
  }
  if (wish === undefined) return named(usual)
  const exact = named([wish])
  const model = modelNamed(wish, routing)
  if (exact || !model) return exact
  const base = named(usual)
  return base && { routeName: wish, route: pin(base.route, model), pinned: true }
}

/** A step that names a model gets that one and no other, with the settings of the route that it would have taken. */
function pin({ split: _, prefer: __, ...route }: CompiledRoute, model: CompiledModel): CompiledRoute {
  const listed = route.try.find((candidate) => candidate.model.key === model.key)
  const { when: ___, ...candidate } = listed ?? { model, attempts: 2 }
  return { ...route, try: [candidate] }
}

/** Every model that `decide` may come up with for these facts: whose `CandidateFacts` it needs. */
export function reachableModels(
  facts: Omit<RoutingFacts, "candidates">,
  routing: CompiledRouting,
): readonly CompiledModel[] {
  const found = findRoute({ ...facts, candidates: {} }, routing)
  if (!found) return []
  const { route, pinned } = found
  const chosen = facts.model === undefined ? undefined : modelNamed(facts.model, routing)
  const models = [
    ...(chosen ? [chosen] : []),
    ...route.try.map(({ model }) => model),
    ...(route.split?.arms.map(({ model }) => model) ?? []),
    ...(pinned ? [] : routing.rules.flatMap((rule) => rule.use ?? [])),
  ]
  return [...new Map(models.map((model) => [model.key, model])).values()]
}
