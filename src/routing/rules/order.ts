/** The route's `try` list, in its order; what cannot serve the operation at all is struck. */
import { factsOf, type RoutingRule } from "./rule.ts"

export const order: RoutingRule = {
  name: "order",
  arrange: (ballot, { route }) => ({ ...ballot, entries: route.try.map((candidate) => ({ candidate })) }),
  strike(candidate, { facts }) {
    const { unfit } = factsOf(candidate, facts)
    return unfit === undefined ? undefined : { reason: unfit }
  },
}
