/**
 * Rules with `use`: their model goes first, the rest stay as fallbacks. Of several that match, the first one listed wins.
 * A model that somebody chose by hand for this very attempt goes before even that.
 */
import type { CompiledModel } from "../compiled.ts"
import { holds } from "../condition.ts"
import { modelNamed } from "../model-named.ts"
import { type Ballot, front, type RoutingRule, type RuleInput } from "./rule.ts"

export const use: RoutingRule = {
  name: "use",
  arrange(ballot, input) {
    const { facts, routing, pinned } = input
    const ruled = pinned ? ballot : applyRule(ballot, input)
    const chosen = facts.model === undefined ? undefined : modelNamed(facts.model, routing)
    return chosen ? prefer(ruled, [chosen], "chosen by hand", "model") : ruled
  },
}

function applyRule(ballot: Ballot, { routing, facts }: RuleInput): Ballot {
  const index = routing.rules.findIndex((rule) => rule.use && (!rule.when || holds(rule.when, facts.values)))
  const models = routing.rules[index]?.use
  const path = `rules[${index}].use`
  return models ? prefer(ballot, models, path, path) : ballot
}

/** Whoever is sent elsewhere was not exposed to the experiment. */
function prefer(ballot: Ballot, models: readonly CompiledModel[], note: string, path: string): Ballot {
  const { experiment: _, ...preferred } = front(ballot, models, note, path)
  return preferred
}
