/**
 * One try at one candidate, from the reservation to what is learnt: the bridge between the session, which decides, and the
 * attempt, which calls. Every call that leaves the gateway goes through `tryCandidate`, so requirements, budgets and
 * redaction hold for retries, hedges, repairs and re-asks alike.
 */
import { must } from "../lib/assert.ts"
import type { Failure } from "../model/failure.ts"
import type { Attempt } from "../model/record.ts"
import type { OperationResult } from "../model/result.ts"
import type { Capabilities } from "../providers/provider.ts"
import type { CompiledCandidate } from "../routing/compiled.ts"
import type { Ranking } from "../routing/decide.ts"
import { type AttemptInput, keptAnswer, runAttempt } from "./attempt.ts"
import type { Reply } from "./call.ts"
import type { Pick } from "./candidates.ts"
import type { CatalogueEntry } from "./catalogue.ts"
import { gatewayMetadata } from "./catalogue.ts"
import type { DeltaSource } from "./delta-gate.ts"
import { FAILURE_POLICIES } from "./failure-policy.ts"
import type { PreparedRequest } from "./request.ts"
import { resultOf } from "./result.ts"
import { costOf } from "./services.ts"
import type { Session } from "./session.ts"

export interface Try extends Pick {
  readonly waitedMs: number
  readonly signal: AbortSignal
}

export interface Tried {
  readonly candidate: CompiledCandidate
  /** Absent: the attempt failed, and the session has learnt why. `show` hands the answer to the subscriber. */
  readonly served?: {
    readonly result: OperationResult
    readonly reply: Reply
    /** The attempt's, in the record. */
    readonly number: number
    readonly show: () => void
  }
}

/** Rejects only for faults of our own. */
export async function tryCandidate(session: Session, ranking: Ranking, attempt: Try): Promise<Tried> {
  const { candidate } = attempt
  const { health, schemas } = session.services
  const ready = await makeReady(session, ranking, attempt)
  if (!ready) return { candidate }
  const { entry, capabilities, request, settle } = ready
  const deltas = session.deltas.source()
  const number = session.nextNumber()
  const speech = restoring(request, deltas)
  const input = attemptInput({ session, ranking, attempt, entry, capabilities, request, speech, number })
  const { record, reply } = await runAttempt(input)
  const repair = ranking.route.onInvalid.includes("repair")
  const judged = reply && resultOf(reply, request.operation, repair, request.placeholders)
  if (reply && judged && "result" in judged) {
    const { result, repaired } = judged
    finish(session, { ...record, ...(repaired ? { repaired } : {}) }, settle)
    health.succeeded(candidate.model.key, record.durationMs)
    const show = () => {
      speech.end()
      deltas.won(result.type === "generate" ? result.text : "")
    }
    return { candidate, served: { result, reply, number, show } }
  }
  const bad = judged && "failure" in judged ? judged : undefined
  const failed: Attempt = bad ? { ...record, outcome: "failed", failure: bad.failure, ...keptAnswer(bad.text) } : record
  finish(session, failed, settle)
  deltas.failed()
  if (failed.outcome === "aborted") health.abandoned(candidate.model.key)
  if (failed.failure && failed.outcome === "failed") {
    noteHealth(session, entry, input, failed.failure)
    const problem = request.conceal(failed.failure.message)
    const sentSchema = capabilities.structuredOutput === "native"
    const inWords = sentSchema && schemas.refused(candidate.model, request.operation, failed.failure)
    session.learn(candidate, ranking, failed.failure, { text: bad?.text ?? "", problem, inWords })
  }
  return { candidate }
}

interface Ready {
  readonly entry: CatalogueEntry
  readonly capabilities: Capabilities
  readonly request: PreparedRequest
  readonly settle: Settle
}

/** All that must be so before a call is made; undefined when it is not, and the session knows why. */
async function makeReady(session: Session, ranking: Ranking, attempt: Try): Promise<Ready | undefined> {
  const { candidate } = attempt
  const { candidates, requests } = session
  const { catalogue, health, schemas } = session.services
  const entry = must(catalogue.entry(candidate.model.provider), `a candidate of no provider: ${candidate.model.key}`)
  candidates.begin()
  const wired = catalogue.capabilities(entry, candidate.model)
  const capabilities = schemas.corrected(wired, candidate.model, session.operation)
  const prepared = await requests.prepare(entry, capabilities)
  if ("failure" in prepared) {
    candidates.ruleOut(candidate, prepared.failure)
    return undefined
  }
  const settle = await reserve(session, attempt)
  if (!settle) return undefined
  // Last, for a probe is taken by it. Somebody else may have taken it since the ranking: then the loop decides anew.
  if (health.begin(candidate.model.key, ranking.route.timeout.attemptMs))
    return { entry, capabilities, request: prepared.request, settle }
  settle(0)
  candidates.withdraw()
  return undefined
}

/** Tells the breaker, and puts another key forward where the failure was the key's. */
function noteHealth(session: Session, entry: CatalogueEntry, { call, header }: AttemptInput, failure: Failure): void {
  const { health, keys, routing, clock } = session.services
  const { unhealthy, otherKey } = FAILURE_POLICIES[failure.class]
  if (unhealthy) health.failed(call.model.key, routing.breaker)
  else health.answered(call.model.key)
  const key = (header.key ?? 1) - 1
  if (failure.retryAfterMs !== undefined) keys.rest(call.model, key, clock.nowMs() + failure.retryAfterMs)
  if (otherKey && header.key !== undefined) keys.rotate(entry.provider.id, key, entry.keys.length)
}

type Settle = (costNanoUsd: number) => void

function finish(session: Session, record: Attempt, settle: Settle): void {
  session.attempts.push(record)
  settle(record.costNanoUsd)
}

/** Reserves the worst case; undefined when the budget refuses. */
async function reserve(session: Session, { candidate }: Try): Promise<Settle | undefined> {
  const { services, context, inputTokens } = session
  const worst = session.worstNanoUsd(candidate.model)
  const grant = await services.purse.reserve({
    context,
    model: candidate.model.key,
    inputTokens,
    ...(worst === undefined ? {} : { worstNanoUsd: worst }),
  })
  if (grant.status === "granted") return (cost) => (cost > 0 ? grant.settle(cost) : grant.release())
  session.candidates.refused(candidate, grant.failure, grant.use)
  return undefined
}

interface Prepared extends Omit<Ready, "settle"> {
  readonly session: Session
  readonly ranking: Ranking
  readonly attempt: Try
  readonly speech: Speech
  readonly number: number
}

function attemptInput(prepared: Prepared): AttemptInput {
  const { session, ranking, attempt, entry, capabilities, request, speech, number } = prepared
  const { services, context } = session
  const { catalogue, clock, transport } = services
  const { candidate, turns, waitedMs, purpose, signal } = attempt
  const { timeout } = ranking.route
  const timed = timeout.firstTokenMs !== undefined || timeout.idleMs !== undefined
  const streams = capabilities.streaming && request.operation.type === "generate" && (timed || session.deltas.wanted)
  const keyIndex = services.keys.choose(candidate.model, entry.keys.length)
  const apiKey = entry.keys[keyIndex]
  const [region] = catalogue.regions(entry, candidate.model)
  return {
    call: {
      operation: request.operation,
      provider: entry.provider,
      model: candidate.model,
      capabilities,
      media: request.media,
      turns,
      settings: {
        ...entry.setup,
        ...(apiKey === undefined ? {} : { apiKey }),
        ...(entry.headers ? { headers: entry.headers } : {}),
        ...(entry.setup.gateway ? { gateway: { ...entry.setup.gateway, metadata: gatewayMetadata(context) } } : {}),
      },
    },
    transport,
    limits: {
      attemptMs: Math.max(0, Math.min(timeout.attemptMs, session.deadlineMs(ranking.route) - clock.nowMs())),
      ...(streams && timeout.firstTokenMs !== undefined ? { firstTokenMs: timeout.firstTokenMs } : {}),
      ...(streams && timeout.idleMs !== undefined ? { idleMs: timeout.idleMs } : {}),
    },
    signal,
    header: {
      attempt: number,
      waitedMs,
      ...(purpose === undefined ? {} : { purpose }),
      ...(region === undefined ? {} : { region }),
      ...(entry.keys.length > 1 ? { key: keyIndex + 1 } : {}),
    },
    ...(streams ? { onText: speech.push } : {}),
    inputTokens: session.inputTokens,
    clock,
    cost: (usage, atMs) => costOf(candidate.model, usage, atMs, services),
  }
}

interface Speech {
  readonly push: (text: string) => void
  readonly end: () => void
}

/** Pieces as the subscriber may see them: placeholders that were split over pieces are put together and restored. */
function restoring({ operation, placeholders }: PreparedRequest, deltas: DeltaSource): Speech {
  const restorer = placeholders.stream(operation.type === "generate" && operation.output !== undefined)
  return {
    push: (text) => deltas.push(restorer.push(text)),
    end: () => deltas.push(restorer.end()),
  }
}
