/** Strikes candidates whose breaker is open. One that may be probed again is not struck. */
import { factsOf, type RoutingRule } from "./rule.ts"

export const health: RoutingRule = {
  name: "health",
  strike: (candidate, { facts }) =>
    factsOf(candidate, facts).openUntilMs === undefined ? undefined : { reason: "breaker_open" },
}
