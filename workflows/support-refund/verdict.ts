/**
 * From what a model decided to what is done. Safety lives here and not in the model: whatever a model says, and whatever
 * it read that told it to say so, money moves only for a duplicate in the billing system's own records.
 */
import type { Facts, RefundDue } from "./facts.ts"
import { type Action, MIN_CONFIDENCE, type Topic, WAYS, type Way } from "./rules.ts"
import type { Decision } from "./schemas.ts"

export interface Verdict {
  readonly action: Action
  readonly way: Way
  readonly reason: string
  /** Why the decision was not followed; null when it was. */
  readonly overruled: string | null
  /** There exactly when the action is `refund`. */
  readonly due: RefundDue | null
}

export function settle(decision: Decision, facts: Facts, topic: Topic): Verdict {
  const objection = objectionTo(decision, facts, topic)
  if (objection !== undefined)
    return { action: "escalate", way: "unclear", reason: objection, overruled: objection, due: null }
  const { action, way, reason } = decision
  return { action, way, reason, overruled: null, due: action === "refund" ? facts.due : null }
}

function objectionTo(decision: Decision, facts: Facts, topic: Topic): string | undefined {
  const { action, way, confidence } = decision
  if (action === "escalate") return undefined
  if (topic === "abuse") return `Found an abusive request decided as ${action}: a person has to look at it.`
  if (topic === "other") return `Found a request that fits no topic decided as ${action}.`
  if (WAYS[way].action !== action)
    return `Found the action ${action} on the way ${way}, which leads to ${WAYS[way].action}.`
  if (confidence < MIN_CONFIDENCE)
    return `Found a decision with a confidence of ${confidence}, expected ${MIN_CONFIDENCE}.`
  if (facts.identity === "conflict")
    return `Found a ${action} decided, and a customer who is not whom the request names.`
  if (action !== "refund") return undefined
  if (facts.identity !== "confirmed")
    return `Found a refund decided for a customer whose identity is ${facts.identity}.`
  if (!facts.due) return `Found a refund decided, and in billing: ${facts.billing}.`
  return undefined
}
