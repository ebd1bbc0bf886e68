/**
 * From what a model decided to what is done. Safety lives here and not in the model: whatever a model says, and whatever
 * it read that told it to say so, money moves only for a duplicate in the billing system's own records.
 */
import type { Facts, RefundDue } from "./facts.ts"
import { type Action, MIN_CONFIDENCE, type Topic, WAYS, type Way } from "./rules.ts"
import type { Decision, Screen } from "./schemas.ts"

export interface Verdict {
  readonly action: Action
  readonly way: Way
  readonly reason: string
  /** Why the decision was not followed; null when it was. */
  readonly overruled: string | null
  /** There exactly when the action is `refund`. */
  readonly due: RefundDue | null
}

/** What a way tells the customer about the case, which must then be so. */
const CLAIMS: Partial<Record<Way, (found: Found) => boolean>> = {
  "duplicate-charge": ({ facts }) => facts.billing === "one duplicate",
  "refunded-before": ({ facts }) => facts.billing === "refunded before",
  "no-duplicate": ({ facts }) => facts.billing === "no duplicate",
  "known-error": ({ screen }) => screen.advice !== null,
}

interface Found {
  readonly facts: Facts
  readonly screen: Screen
  readonly issue: { readonly topic: Topic }
}

export function settle(decision: Decision, found: Found): Verdict {
  const objection = objectionTo(decision, found)
  if (objection !== undefined)
    return { action: "escalate", way: "unclear", reason: objection, overruled: objection, due: null }
  const { action, way, reason } = decision
  return { action, way, reason, overruled: null, due: action === "refund" ? found.facts.due : null }
}

function objectionTo({ action, way, confidence }: Decision, found: Found): string | undefined {
  if (action === "escalate") return undefined
  const { topic } = found.issue
  const { identity, billing, due } = found.facts
  if (topic === "abuse" || topic === "other") return `Found ${action} decided on a request whose topic is ${topic}.`
  if (WAYS[way].action !== action)
    return `Found ${action} decided on the way ${way}, which leads to ${WAYS[way].action}.`
  if (confidence < MIN_CONFIDENCE)
    return `Found ${action} decided with a confidence of ${confidence}, expected ${MIN_CONFIDENCE}.`
  if (identity === "conflict") return `Found ${action} decided, and the request names somebody else than the account.`
  if (CLAIMS[way]?.(found) === false) return `Found the way ${way} decided, which is not so; billing: ${billing}.`
  if (action !== "refund") return undefined
  if (identity !== "known" || !due) return `Found a refund decided without a known customer or an amount due.`
  return undefined
}
