/** What today's routing would do with the operations of a recording. Nobody is called: the routing is asked, and the price list. */

import { errorData } from "../lib/errors.ts"
import { canonicalJson, toJson } from "../lib/json.ts"
import type { Forecaster } from "../model/client.ts"
import { operationDigest } from "../model/operation.ts"
import type { CandidateVerdict, Decision, OperationRecord } from "../model/record.ts"
import type { Usage } from "../model/result.ts"
import { hasStoredParts } from "../store/values.ts"
import type { AnsweredOperation } from "./playback.ts"

/** What the routing would decide on a recorded operation now, and what that would cost. */
export interface RoutingForecast {
  /** 0-based place of the operation in its attempt of the step. */
  readonly operation: number
  /** `provider/model` that answered in the recording; absent when nobody did. */
  readonly recorded?: string
  /** `provider/model` that would be asked first now; absent when nobody could be. */
  readonly today?: string
  readonly changed: boolean
  /** Why that one, or why nobody. */
  readonly reason: string
  readonly recordedNanoUsd: number
  /** At the recorded usage, with its input as much longer or shorter as the request is now; absent when no price is known. */
  readonly estimatedNanoUsd?: number
}

export function forecast(forecaster: Forecaster, answered: AnsweredOperation): RoutingForecast {
  const { operation, context, recorded } = answered
  const { record, index } = recorded
  const served = servedBy(record)
  const base = {
    operation: index,
    ...(served === undefined ? {} : { recorded: served }),
    recordedNanoUsd: record.costNanoUsd,
  }
  try {
    const decision = forecaster.explain(context, operation)
    const today = firstChoice(decision)
    const estimate = today === undefined ? undefined : forecaster.estimateNanoUsd(today, usageNow(answered))
    return {
      ...base,
      ...(today === undefined ? {} : { today }),
      changed: today !== served,
      reason: decision.reason,
      ...(estimate === undefined ? {} : { estimatedNanoUsd: estimate }),
    }
  } catch (thrown) {
    return { ...base, changed: served !== undefined, reason: errorData(thrown).message }
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

function firstChoice({ candidates }: Decision): string | undefined {
  return nameOf(candidates.find(({ verdict }) => verdict === "spare"))
}

function nameOf(one: Pick<CandidateVerdict, "provider" | "model"> | undefined): string | undefined {
  return one && `${one.provider}/${one.model}`
}
