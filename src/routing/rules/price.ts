/** `prefer: "price"` puts the cheapest first; `maxUsd` strikes what could cost more, or costs nobody knows what. */
import { factsOf, orderBy, type RoutingRule } from "./rule.ts"

export const price: RoutingRule = {
  name: "price",
  arrange(ballot, { route, facts }) {
    if (route.prefer !== "price") return ballot
    return orderBy(ballot, (candidate) => factsOf(candidate, facts).costNanoUsd, "cheapest first", "prefer")
  },
  strike(candidate, { route, facts }) {
    if (route.maxNanoUsd === undefined) return undefined
    const worst = factsOf(candidate, facts).costNanoUsd ?? Number.POSITIVE_INFINITY
    return worst > route.maxNanoUsd ? { reason: "price", path: "maxUsd" } : undefined
  },
}
