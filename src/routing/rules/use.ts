/** Rules with `use`: their model goes first, the rest stay as fallbacks. Of several that match, the first one listed wins. */
import { holds } from "../condition.ts"
import { front, type RoutingRule } from "./rule.ts"

export const use: RoutingRule = {
  name: "use",
  arrange(ballot, { routing, facts, pinned }) {
    const index = routing.rules.findIndex((rule) => rule.use && (!rule.when || holds(rule.when, facts.values)))
    const models = routing.rules[index]?.use
    if (!models || pinned) return ballot
    const path = `rules[${index}].use`
    // Whoever is sent elsewhere by a rule was not exposed to the experiment.
    const { experiment: _, ...overridden } = front(ballot, models, path, path)
    return overridden
  },
}
