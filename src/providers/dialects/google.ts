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
import { finishFailure, finishReader, finishWords } from "../wire/finish.ts"
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

const FINISHES = finishWords({
  // `FUNCTION_CALL` is undocumented, and says what the parts say as well.
  whole: ["STOP", "FUNCTION_CALL"],
  "output.truncated": ["MAX_TOKENS"],
  "output.invalid_json": ["MALFORMED_FUNCTION_CALL", "MALFORMED_RESPONSE", "UNEXPECTED_TOOL_CALL"],
  "request.invalid": ["MISSING_THOUGHT_SIGNATURE"],
  "request.content_blocked": [
    "SAFETY",
    "RECITATION",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "LANGUAGE",
    "MODEL_ARMOR",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
  ],
})

/** The candidate that says why it ended: with it the answer ends. */
const finishOf = finishReader("finishReason", (document) => [at(document, "candidates", 0)])

export const googleDialect: Dialect = {
  id: "google",
  classify,
  ended(body) {
    if (body.kind === "json" && at(body.value, "candidates") === undefined) return true
    return finishOf(body) !== undefined || blockOf(body) !== undefined
  },
  hidden(body, answer) {
    const failed = documents(body, /"error"/).find((document) => at(document, "error") !== undefined)
    if (failed !== undefined) {
      const status = countAt(failed, "error", "code") || answer.status
      return inside(classify({ ...answer, status, body: JSON.stringify(failed) }), answer.status)
    }
    const block = blockOf(body)
    if (block !== undefined) return blockedPrompt(block, answer.status)
    const finish = finishOf(body)
    return finish && finishFailure(FINISHES, [finish.word], answer.status, textAt(finish.holder, "finishMessage"))
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

function blockOf(body: WireBody): string | undefined {
  return documents(body, /"blockReason"/)
    .map((chunk) => textAt(chunk, "promptFeedback", "blockReason"))
    .find((reason) => reason !== undefined)
}

function blockedPrompt(reason: string, status: number): Failure {
  return {
    class: "request.content_blocked",
    message: `The prompt was blocked: ${reason}.`,
    providerCode: reason,
    status,
  }
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
