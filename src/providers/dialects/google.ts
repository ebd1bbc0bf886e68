/**
 * The dialect of Gemini, on Google AI and on Vertex: `google.rpc.Status` errors, whose details tell money from haste and
 * how long to wait, and streams without a terminator of their own: the last chunk is the one with a finish reason.
 */
import type { Failure } from "../../model/failure.ts"
import type { Usage } from "../../model/result.ts"
import type { Dialect, ErrorAnswer } from "../dialect.ts"
import { at, countAt, documents, listAt, parseJson, textAt, type WireBody } from "../wire/body.ts"
import {
  codesOf,
  type ErrorRule,
  failureOf,
  inside,
  NO_MONEY,
  NOT_SUPPORTED,
  TOO_LONG,
  WRONG_KEY,
} from "../wire/error-rules.ts"
import { durationTextMs } from "../wire/retry-after.ts"

const RULES: readonly ErrorRule[] = [
  { class: "provider.quota", status: [402] },
  { class: "provider.auth", code: /^(?:invalid_grant|invalid_client|unauthorized_client|access_denied)$/ },
  { class: "provider.auth", code: /^(?:API_KEY_INVALID|API_KEY_SERVICE_BLOCKED|SERVICE_DISABLED|CONSUMER_SUSPENDED)$/ },
  { class: "provider.quota", code: /PerDay|^BILLING_DISABLED$/ },
  { class: "provider.quota", message: /prepayment credits|spend(?:ing)? (?:cap|limit)|enable billing/i },
  { class: "provider.rate_limited", code: /^RESOURCE_EXHAUSTED$/ },
  { class: "provider.auth", message: /user location is not supported/i },
  { class: "request.too_long", message: /token count .{0,40}exceeds|exceeds the (?:maximum|model's)/i },
  TOO_LONG,
  NO_MONEY,
  WRONG_KEY,
  NOT_SUPPORTED,
  { class: "provider.overloaded", code: /^UNAVAILABLE$/ },
  { class: "provider.timeout", code: /^(?:DEADLINE_EXCEEDED|CANCELLED)$/ },
  { class: "provider.auth", code: /^(?:UNAUTHENTICATED|PERMISSION_DENIED)$/ },
  { class: "provider.model_gone", code: /^NOT_FOUND$/ },
  { class: "request.invalid", code: /^(?:INVALID_ARGUMENT|FAILED_PRECONDITION|OUT_OF_RANGE)$/ },
  { class: "provider.outage", code: /^(?:INTERNAL|UNKNOWN|ABORTED|DATA_LOSS)$/ },
]

/** Finish reasons that stand for a blocked answer, and for a tool call that the model garbled. */
const BLOCKED = /^(?:SAFETY|RECITATION|BLOCKLIST|PROHIBITED_CONTENT|SPII|LANGUAGE|IMAGE_SAFETY|MODEL_ARMOR)$/
const GARBLED = /^(?:MALFORMED_FUNCTION_CALL|UNEXPECTED_TOOL_CALL)$/

export const googleDialect: Dialect = {
  id: "google",
  classify,
  ended(body) {
    if (body.kind === "json") return true
    return documents(body, /"finishReason"|"blockReason"/).some(
      (chunk) => finishReason(chunk) !== undefined || blockReason(chunk) !== undefined,
    )
  },
  hidden(body, answer) {
    for (const document of documents(body, /"error"|"blockReason"|"finishReason"/)) {
      if (at(document, "error") !== undefined) {
        const status = countAt(document, "error", "code") || 500
        return inside(classify({ ...answer, status, body: JSON.stringify(document) }), answer.status)
      }
      const told = blockedInside(document)
      if (told !== undefined) return { ...told, status: answer.status }
    }
    return undefined
  },
  usage: readUsage,
}

function classify(answer: ErrorAnswer): Failure {
  const document = parseJson(answer.body)
  const error = at(Array.isArray(document) ? document[0] : document, "error")
  const details = listAt(error, "details")
  const quotas = details.flatMap((detail) => listAt(detail, "violations")).map((violation) => at(violation, "quotaId"))
  const reasons = details.map((detail) => at(detail, "reason"))
  const delay = details.map((detail) => textAt(detail, "retryDelay")).find((text) => text !== undefined)
  const facts = {
    codes: codesOf(error, at(error, "status"), ...reasons, ...quotas),
    message: textAt(error, "message"),
    waitMs: durationTextMs(delay),
  }
  return failureOf(answer, facts, RULES)
}

function finishReason(document: unknown): string | undefined {
  return textAt(document, "candidates", 0, "finishReason")
}

function blockReason(document: unknown): string | undefined {
  return textAt(document, "promptFeedback", "blockReason")
}

function blockedInside(document: unknown): Failure | undefined {
  const prompt = blockReason(document)
  if (prompt !== undefined)
    return { class: "request.content_blocked", message: `The prompt was blocked: ${prompt}.`, providerCode: prompt }
  const finish = finishReason(document) ?? ""
  const told = textAt(document, "candidates", 0, "finishMessage") ?? `The answer was stopped: ${finish}.`
  if (BLOCKED.test(finish)) return { class: "request.content_blocked", message: told, providerCode: finish }
  if (GARBLED.test(finish)) return { class: "output.invalid_json", message: told, providerCode: finish }
  return undefined
}

function readUsage(body: WireBody): Usage | undefined {
  const usage = at(documents(body, /"usageMetadata"/).at(-1), "usageMetadata")
  if (typeof usage !== "object" || usage === null) return undefined
  const reasoningTokens = countAt(usage, "thoughtsTokenCount")
  return {
    inputTokens: countAt(usage, "promptTokenCount") + countAt(usage, "toolUsePromptTokenCount"),
    outputTokens: countAt(usage, "candidatesTokenCount") + reasoningTokens,
    cacheReadTokens: countAt(usage, "cachedContentTokenCount"),
    cacheWriteTokens: 0,
    reasoningTokens,
  }
}
