/** A candidate's own `when`: struck while it does not hold. */
import { holds } from "../condition.ts"
import type { RoutingRule } from "./rule.ts"

export const when: RoutingRule = {
  name: "when",
  strike: ({ when }, { facts }) => (when && !holds(when, facts.values) ? { reason: "when" } : undefined),
}
