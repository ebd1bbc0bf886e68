/**
 * Rules with `use`: their model goes first, the rest stay as fallbacks. Of several that match, the first one listed wins.
 * A model that somebody chose by hand for this very attempt goes before even that.
 */
import { holds } from "../condition.ts"
import { modelNamed } from "../model-named.ts"
import { type Ballot, front, type RoutingRule } from "./rule.ts"

export const use: RoutingRule = {
  name: "use",
  arrange(ballot, { routing, facts, pinned }) {
    const chosen = facts.model === undefined ? undefined : modelNamed(facts.model, routing)
    if (chosen) return withoutExperiment(front(ballot, [chosen], "chosen by hand", "model"))
    const index = routing.rules.findIndex((rule) => rule.use && (!rule.when || holds(rule.when, facts.values)))
    const models = routing.rules[index]?.use
    if (!models || pinned) return ballot
    const path = `rules[${index}].use`
    return withoutExperiment(front(ballot, models, path, path))
  },
}

/** Whoever is sent elsewhere was not exposed to the experiment. */
function withoutExperiment({ experiment: _, ...ballot }: Ballot): Ballot {
  return ballot
}
