/**
 * How an error document becomes a failure class: the dialect reads out codes and message, then the first rule that fits
 * decides, then the status. Rules exist only where the status alone would mislead: money behind 429 or 400, an
 * over-long prompt behind 400, a wrong key behind 400. Lists are ordered, special before general.
 */
import type { FailureClass } from "../../lib/failure-classes.ts"
import type { Failure } from "../../model/failure.ts"
import type { ErrorAnswer } from "../dialect.ts"
import { longerWait, messageWaitMs, retryAfterMs } from "./retry-after.ts"

/** What a dialect read out of an error document. */
export interface ErrorFacts {
  /** The provider's codes and types, the most telling first. */
  readonly codes: readonly string[]
  readonly message: string | undefined
  /** A wait that the document itself asks for. */
  readonly waitMs?: number | undefined
}

/** All that is given must hold. */
export interface ErrorRule {
  readonly class: FailureClass
  /** An error told inside a 2xx has no status of its own: there, code and message decide alone. */
  readonly status?: readonly number[]
  /** Tested against each code. */
  readonly code?: RegExp
  readonly message?: RegExp
}

// Messages that mean the same wherever a model is served; for wires whose codes do not say it.

export const TOO_LONG: ErrorRule = {
  class: "request.too_long",
  status: [400, 403, 413, 422, 429, 500],
  message:
    /maximum (?:context|prompt) length|context[ _]length[ _]exceeded|exceeds?(?: the)?(?: model'?s?| available)? (?:maximum )?context|context (?:window|limit)|(?:prompt|input)(?: is)? too long|exceeded max context|too many (?:input )?tokens[.:]|token count .*exceeds|input tokens exceeded|request too large|reduce the length|longer than the model's context|longer than the maximum model length|`inputs` tokens \+ .* must be <=/i,
}

export const NO_MONEY: ErrorRule = {
  class: "provider.quota",
  status: [400, 401, 402, 403, 412, 429],
  message:
    /insufficient (?:balance|credits?|funds|quota)|credit balance is too low|credits? (?:are|is) (?:depleted|exhausted)|(?:doesn't|does not) have any credits|out of credits|exceeded your current quota|spend(?:ing)? limit|budget has been exceeded|specified (?:workspace )?api usage limits|unpaid|past invoices|payment (?:required|method)|billing (?:details|limit|information)/i,
}

/** What a day allows is used up: like money, it does not come back by waiting. */
export const PER_DAY: ErrorRule = { class: "provider.quota", status: [429], message: /\bper[ -]day\b|\b[RT]PD\b/i }

export const WRONG_KEY: ErrorRule = {
  class: "provider.auth",
  status: [400, 401, 403],
  message:
    /(?:incorrect|invalid|missing|no|not valid).{0,20}api[ _-]?key|api[ _-]?key.{0,20}(?:not valid|invalid|expired)/i,
}

export const NOT_SUPPORTED: ErrorRule = {
  class: "request.unsupported",
  status: [400, 422],
  message: /(?:does not|doesn.t) support|(?:is not|isn.t|are not|not) supported (?:with|by|for|on|in)\b/i,
}

const BY_STATUS: Readonly<Record<number, FailureClass>> = {
  400: "request.invalid",
  401: "provider.auth",
  402: "provider.quota",
  403: "provider.auth",
  404: "provider.model_gone",
  405: "request.unsupported",
  408: "provider.timeout",
  409: "provider.overloaded",
  410: "provider.model_gone",
  413: "request.too_long",
  415: "request.unsupported",
  422: "request.invalid",
  425: "provider.overloaded",
  429: "provider.rate_limited",
  451: "request.content_blocked",
  501: "request.unsupported",
  503: "provider.overloaded",
  504: "provider.timeout",
  524: "provider.timeout",
  529: "provider.overloaded",
}

/** The class that a status alone stands for; a failure told inside a 2xx is the provider's own. */
export function classOfStatus(status: number): FailureClass {
  if (isInside(status)) return "provider.outage"
  return (
    BY_STATUS[status] ??
    (status >= 500 ? "provider.outage" : status >= 400 ? "request.invalid" : "provider.bad_response")
  )
}

/** The first rule that fits. */
export function ruleFor(
  { status }: Pick<ErrorAnswer, "status">,
  facts: ErrorFacts,
  rules: readonly ErrorRule[],
): ErrorRule | undefined {
  return rules.find((rule) => fits(rule, status, facts))
}

/** The failure that `facts` and the answer's head amount to. */
export function failureOf(answer: ErrorAnswer, facts: ErrorFacts, rules: readonly ErrorRule[]): Failure {
  const rule = ruleFor(answer, facts, rules)
  const wait = longerWait(
    retryAfterMs(answer.headers, answer.nowMs),
    facts.waitMs ?? messageWaitMs(facts.message ?? ""),
  )
  const providerCode = facts.codes[0]
  return {
    class: rule?.class ?? classOfStatus(answer.status),
    message: shorten(facts.message ?? (answer.body.trim() || `HTTP ${answer.status} without a body`)),
    status: answer.status,
    ...(providerCode === undefined ? {} : { providerCode }),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  }
}

/** A failure that was told inside a 200, with a status of its own, keeps the one that was on the wire. */
export function inside(failure: Failure, status: number): Failure {
  return { ...failure, status }
}

function isInside(status: number): boolean {
  return status >= 200 && status < 300
}

function fits(rule: ErrorRule, status: number, facts: ErrorFacts): boolean {
  const { code, message } = rule
  const tellsMore = code !== undefined || message !== undefined
  return (
    (rule.status === undefined || (isInside(status) ? tellsMore : rule.status.includes(status))) &&
    (code === undefined || facts.codes.some((candidate) => code.test(candidate))) &&
    (message === undefined || message.test(facts.message ?? ""))
  )
}

const MAX_MESSAGE_CHARS = 500

/** A message as it may stand in a log: at most 500 characters. */
export function shorten(message: string): string {
  return message.length > MAX_MESSAGE_CHARS ? `${message.slice(0, MAX_MESSAGE_CHARS)}…` : message
}

/** Codes as text, empty ones left out: wires give them as text, numbers or null. */
export function codesOf(...candidates: readonly unknown[]): string[] {
  return candidates.flatMap((code) =>
    (typeof code === "string" && code !== "") || typeof code === "number" ? [String(code)] : [],
  )
}
