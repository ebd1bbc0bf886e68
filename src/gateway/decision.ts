/**
 * Explains: turns rankings and what became of each candidate into the decision record, and a dead end into an error that
 * says what to do. Pure.
 */
import type { ErrorData } from "../lib/errors.ts"
import type { Json } from "../lib/json.ts"
import type { OperationContext } from "../model/client.ts"
import type { Failure } from "../model/failure.ts"
import type { Attempt, CandidateVerdict, Decision } from "../model/record.ts"
import type { Ranking } from "../routing/decide.ts"
import type { RoutingFacts } from "../routing/facts.ts"
import type { Catalogue } from "./catalogue.ts"
import type { Blocked } from "./redaction.ts"

export interface Explained {
  /** The first ranking: what was known before anything was tried. */
  readonly ranking: Ranking
  readonly facts: RoutingFacts
  readonly routingVersion: string
  /** By candidate key, in the order in which they were looked at: one of the words below, or the failure class of the last attempt. */
  readonly tried: ReadonlyMap<string, string>
}

export const SERVED = "served"
/** Served by an answer that it gave before. */
export const CACHED = "cached"
/** Passed over: its provider asked to be left alone for longer than it was worth waiting. */
export const LIMITED = "rate_limited"
/** Passed over: the request was too long for a model whose context is at least as large. */
export const TOO_SMALL = "context_too_small"
const PASSED_OVER: ReadonlySet<string> = new Set([LIMITED, TOO_SMALL])

export function explainDecision({ ranking, facts, routingVersion, tried }: Explained): Decision {
  const listed = ranking.candidates.map(({ candidate, struck }): CandidateVerdict => {
    const { key, provider, model } = candidate.model
    const fate = tried.get(key)
    if (fate !== undefined) return triedVerdict(provider, model, fate)
    if (struck !== undefined) return { provider, model, verdict: "skipped", reason: struck }
    return { provider, model, verdict: "spare", reason: "not_needed" }
  })
  const keys = new Set(ranking.candidates.map(({ candidate }) => candidate.model.key))
  const joined = [...tried].filter(([key]) => !keys.has(key)).map(([key, fate]) => triedVerdict(...splitKey(key), fate))
  const candidates = [...listed, ...joined]
  return {
    routingVersion,
    route: ranking.routeName,
    reason: reasonOf(ranking, candidates),
    candidates,
    rules: ranking.rules,
    ...(ranking.experiment ? { experiment: ranking.experiment } : {}),
    facts,
  }
}

function triedVerdict(provider: string, model: string, fate: string): CandidateVerdict {
  const verdict = fate === SERVED || fate === CACHED ? "served" : PASSED_OVER.has(fate) ? "skipped" : "failed"
  return { provider, model, verdict, reason: fate }
}

function splitKey(key: string): [string, string] {
  const slash = key.indexOf("/")
  return [key.slice(0, slash), key.slice(slash + 1)]
}

/** Such as "local/extract: openai/gpt-5 is not_configured, anthropic/claude failed (provider.overloaded)". */
function reasonOf({ candidates: ranked, routeName }: Ranking, candidates: readonly CandidateVerdict[]): string {
  const chosen =
    candidates.find(({ verdict }) => verdict === "served") ?? candidates.find(({ verdict }) => verdict === "spare")
  const before = candidates
    .slice(0, chosen ? candidates.indexOf(chosen) : undefined)
    .map(({ provider, model, verdict, reason }) =>
      verdict === "failed" ? `${provider}/${model} failed (${reason})` : `${provider}/${model} was skipped (${reason})`,
    )
  const name = chosen ? `${chosen.provider}/${chosen.model}` : "no candidate"
  const note = ranked.find(({ candidate }) => candidate.model.key === name)?.note
  if (before.length > 0) return `${name}: ${before.join(", ")}.`
  return `${name}: first on route ${routeName}${note === undefined ? "" : ` (${note})`}.`
}

export interface DeadEnd {
  readonly error: ErrorData
  readonly failure: Failure
}

/** Such as "Found private-key in messages[0].content[0].text, which the routing blocks (redact[1]).": never the value. */
export function blockedFailure({ detector, path, rule }: Blocked): Failure {
  return {
    class: "policy.redaction",
    message: `Found ${detector} in ${path}, which the routing blocks (redact[${rule}]).`,
  }
}

/** Nobody could be tried: why, and what the person at the keyboard can do about it. */
export function nobodyCouldServe(
  decision: Decision,
  context: OperationContext,
  catalogue: Catalogue,
  blockedFor: (provider: string) => Blocked | undefined,
): DeadEnd {
  const { candidates } = decision
  const blocked = candidates
    .filter(({ reason }) => reason === "redaction")
    .map(({ provider }) => blockedFor(provider))[0]
  if (blocked) {
    const failure = blockedFailure(blocked)
    const { detector, path } = blocked
    return {
      error: {
        code: "redaction_blocked",
        message: failure.message,
        path: context.step.path,
        details: { failureClass: failure.class, detector, at: path },
      },
      failure,
    }
  }
  const reasons = new Set(candidates.map(({ reason }) => reason))
  const only = (...codes: string[]) => candidates.length > 0 && [...reasons].every((reason) => codes.includes(reason))
  const skipped = candidates.map(({ provider, model, reason }) => `${provider}/${model} (${reason})`).join(", ")
  const remedies = [...new Set(candidates.flatMap((candidate) => remedyFor(candidate, catalogue)))]
  const step = `${context.workflow}.${context.step.path} (${context.step.kind})`
  const message = [
    `No candidate of route ${decision.route} can serve ${step}: ${skipped || "none is listed"}.`,
    ...remedies,
  ].join(" ")
  const failureClass = reasons.has("region")
    ? "policy.residency"
    : only("breaker_open", "when")
      ? "provider.outage"
      : reasons.has("not_configured")
        ? "own_code.config"
        : "request.unsupported"
  const details: Json = {
    failureClass,
    route: decision.route,
    candidates: candidates.map(({ provider, model, reason }) => ({ model: `${provider}/${model}`, reason })),
  }
  return {
    error: { code: "no_candidate", message, path: context.step.path, details },
    failure: { class: failureClass, message },
  }
}

function remedyFor({ provider, reason }: CandidateVerdict, catalogue: Catalogue): string[] {
  const configuration = catalogue.entry(provider)?.configuration
  if (reason === "not_configured" && configuration?.status === "not_configured")
    return [`For ${provider}: ${configuration.remedy}`]
  if (reason === "no_template") return ["Or give the step a `template` closure, which local/template answers with."]
  return []
}

export function noRoute(context: OperationContext): DeadEnd {
  const { workflow, step, route } = context
  const wanted = route === undefined ? `"${workflow}.${step.name}", "${step.kind}" or "default"` : JSON.stringify(route)
  const message = `The routing has no route ${wanted} for step ${step.path}.`
  return {
    error: { code: "no_route", message, path: step.path, details: { failureClass: "own_code.config" } },
    failure: { class: "own_code.config", message },
  }
}

/** Attempts were made, or time ran out, and the last word was a failure. */
export function operationFailed(
  failure: Failure,
  record: { readonly attempts: readonly Attempt[] },
  context: OperationContext,
): DeadEnd {
  const tried = record.attempts.map(({ provider, model, failure: why }) => `${provider}/${model}: ${why?.class}`)
  const count = tried.length === 1 ? "1 attempt" : `${tried.length} attempts`
  const history = tried.length > 1 ? ` (${tried.join("; ")})` : ""
  const message =
    tried.length === 0
      ? failure.message
      : `Step ${context.step.path} got no answer in ${count}. ${failure.message}${history}`
  const details = {
    failureClass: failure.class,
    attempts: tried.length,
    ...(failure.status === undefined ? {} : { status: failure.status }),
    ...(failure.providerCode === undefined ? {} : { providerCode: failure.providerCode }),
  }
  const code = failure.class === "policy.redaction" ? "redaction_blocked" : "operation_failed"
  return { error: { code, message, path: context.step.path, details }, failure }
}
