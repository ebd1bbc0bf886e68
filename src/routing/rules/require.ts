/**
 * Hard requirements. They fail closed: a candidate whose regions are unknown, and a requirement whose placeholder has
 * no value, meet nothing. Every matching requirement must be met, so a further rule can only make it stricter.
 */
import type { CompiledCandidate, CompiledRule } from "../compiled.ts"
import { holds } from "../condition.ts"
import type { RoutingFacts } from "../facts.ts"
import { fillPlaceholders } from "../fields.ts"
import { factsOf, type RoutingRule } from "./rule.ts"

/** What never leaves the machine is in every region. */
const THIS_MACHINE = "*"

export const require: RoutingRule = {
  name: "require",
  strike(candidate, { routing, facts }) {
    for (const [index, rule] of routing.rules.entries()) {
      if (!rule.require || (rule.when && !holds(rule.when, facts.values))) continue
      const reason = unmet(candidate, rule.require, facts)
      if (reason) return { reason, path: `rules[${index}].require` }
    }
    return undefined
  },
}

function unmet(
  candidate: CompiledCandidate,
  { region, provider }: NonNullable<CompiledRule["require"]>,
  facts: RoutingFacts,
): string | undefined {
  if (provider && !provider.includes(candidate.model.provider)) return "provider"
  if (!region) return undefined
  const allowed = region.map((text) => fillPlaceholders(text, facts.values))
  const served = factsOf(candidate, facts).regions ?? []
  // Served from several places, a candidate may use any of them: all must be allowed.
  const met = served.length > 0 && served.every((place) => place === THIS_MACHINE || allowed.includes(place))
  return met ? undefined : "region"
}
