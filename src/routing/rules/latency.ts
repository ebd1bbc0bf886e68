/** `prefer: "latency"`: the quickest of late goes first; those nobody has timed yet keep their order behind. */
import { factsOf, orderBy, type RoutingRule } from "./rule.ts"

export const latency: RoutingRule = {
  name: "latency",
  arrange(ballot, { route, facts }) {
    if (route.prefer !== "latency") return ballot
    return orderBy(ballot, (candidate) => factsOf(candidate, facts).latencyMs, "quickest first", "prefer")
  },
}
