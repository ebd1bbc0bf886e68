/**
 * What today's routing would do with the operations of a recording. Nobody is called: the routing is asked, and the price list.
 *
 * Invariant: first choices are compared, in the health of then. Who was ill, or failed and left the answer to another, is no
 * part of the routing.
 */

import type { AnsweredOperation } from "../engine/playback.ts"
import { errorData } from "../lib/errors.ts"
import { canonicalJson, isJsonObject, toJson } from "../lib/json.ts"
import type { Forecaster, HealthOf } from "../model/client.ts"
import { operationDigest } from "../model/operation.ts"
import type { CandidateVerdict, Decision, OperationRecord } from "../model/record.ts"
import type { Usage } from "../model/result.ts"
import { hasStoredParts } from "../store/values.ts"

/** What the routing would decide on a recorded operation now, and what that would cost. */
export interface RoutingForecast {
  /** 0-based place of the operation in its attempt of the step. */
  readonly operation: number
  /** `provider/model` that was to be asked first; absent when nobody could be. */
  readonly recorded?: string
  /** `provider/model` that answered; absent when nobody did. */
  readonly served?: string
  /** `provider/model` that would be asked first now; absent when nobody could be. */
  readonly today?: string
  /** Whether somebody else would be asked first. */
  readonly changed: boolean
  /** The route that applied and the one that applies, where they are not the same. */
  readonly route?: { readonly recorded: string; readonly today: string }
  /** Why that one, or why nobody. */
  readonly reason: string
  readonly recordedNanoUsd: number
  /** At the recorded usage, with its input as much longer or shorter as the request is now; absent when no price is known. */
  readonly estimatedNanoUsd?: number
}

export function forecast(forecaster: Forecaster, answered: AnsweredOperation): RoutingForecast {
  const { operation, context, recorded } = answered
  const { record, index } = recorded
  const [first, served] = [firstChoice(record.decision), servedBy(record)]
  const base = {
    operation: index,
    ...(first === undefined ? {} : { recorded: first }),
    ...(served === undefined ? {} : { served }),
    recordedNanoUsd: record.costNanoUsd,
  }
  try {
    const decision = forecaster.explain(context, operation, healthThen(record.decision))
    const today = firstChoice(decision)
    const estimate = today === undefined ? undefined : forecaster.estimateNanoUsd(today, usageNow(answered))
    const route = { recorded: record.decision.route, today: decision.route }
    return {
      ...base,
      ...(today === undefined ? {} : { today }),
      changed: today !== first,
      ...(route.recorded === route.today ? {} : { route }),
      reason: decision.reason,
      ...(estimate === undefined ? {} : { estimatedNanoUsd: estimate }),
    }
  } catch (thrown) {
    return { ...base, changed: first !== undefined, reason: errorData(thrown).message }
  }
}

/** The health that `decision` was made in, as far as its record tells. */
function healthThen({ candidates, facts }: Decision): HealthOf {
  const ill = new Set(candidates.filter(({ reason }) => reason === "breaker_open").map(nameOf))
  const known = isJsonObject(facts) && isJsonObject(facts.candidates) ? facts.candidates : {}
  return (model) => {
    const of = known[model]
    const latencyMs = isJsonObject(of) ? of.latencyMs : undefined
    return {
      ...(ill.has(model) ? { openUntilMs: Number.MAX_SAFE_INTEGER } : {}),
      ...(typeof latencyMs === "number" ? { latencyMs } : {}),
    }
  }
}

/** A request that is the same used what it used; of one with parts in the blob store nobody knows the length here. */
function usageNow({ operation, recorded, recordedInput }: AnsweredOperation): Usage {
  const { request, record } = recorded
  const before = request ? toJson(request) : recordedInput
  if (before === undefined || hasStoredParts(before) || record.requestDigest === operationDigest(operation))
    return record.usage
  const ratio = canonicalJson(operation).length / canonicalJson(before).length
  return { ...record.usage, inputTokens: Math.round(record.usage.inputTokens * ratio) }
}

/** Who answered, be it from a cache. */
export function servedBy({ decision, attempts }: OperationRecord): string | undefined {
  const candidate = decision.candidates.find(({ verdict }) => verdict === "served")
  return nameOf(candidate ?? attempts.find(({ outcome }) => outcome === "succeeded"))
}

/** Whom the routing put first of those that could be asked, whatever came of it. */
function firstChoice({ candidates }: Decision): string | undefined {
  return nameOf(candidates.find(({ verdict }) => verdict !== "skipped"))
}

function nameOf(one: Pick<CandidateVerdict, "provider" | "model"> | undefined): string | undefined {
  return one && `${one.provider}/${one.model}`
}
