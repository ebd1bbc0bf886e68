/** The dialect of Anthropic's Messages API: `{type: "error", error: {...}}` and named SSE events that end with `message_stop`. */
import type { Failure } from "../../model/failure.ts"
import type { Usage } from "../../model/result.ts"
import type { Dialect, ErrorAnswer } from "../dialect.ts"
import { at, countAt, documents, parseJson, textAt, type WireBody } from "../wire/body.ts"
import {
  codesOf,
  type ErrorRule,
  failureOf,
  NO_MONEY,
  NOT_SUPPORTED,
  TOO_LONG,
  WRONG_KEY,
} from "../wire/error-rules.ts"
import { finishFailure, finishReader, finishWords } from "../wire/finish.ts"

const RULES: readonly ErrorRule[] = [
  { class: "provider.quota", code: /^(?:enforced_spend_limit_reached|billing_error)$/ },
  { class: "provider.quota", message: /extra usage is required/i },
  { class: "request.content_blocked", message: /blocked by content filtering policy/i },
  TOO_LONG,
  NO_MONEY,
  WRONG_KEY,
  NOT_SUPPORTED,
  { class: "provider.rate_limited", code: /^rate_limit_error$/ },
  { class: "provider.overloaded", code: /^overloaded_error$/ },
  { class: "provider.overloaded", code: /^conflict_error$/ },
  { class: "provider.timeout", code: /^timeout_error$/ },
  { class: "provider.auth", code: /^(?:authentication_error|permission_error)$/ },
  { class: "provider.model_gone", code: /^not_found_error$/ },
  { class: "request.too_long", code: /^request_too_large$/ },
  { class: "request.invalid", code: /^invalid_request_error$/ },
  { class: "provider.outage", code: /^api_error$/ },
]

const FINISHES = finishWords({
  whole: ["end_turn", "tool_use", "stop_sequence"],
  // `pause_turn` and `compaction` ask for the turn to be sent back and gone on with: what is there is half an answer.
  "output.truncated": ["max_tokens", "model_context_window_exceeded", "pause_turn", "compaction"],
  "output.refusal": ["refusal"],
})

const finishOf = finishReader("stop_reason", (document) => [document, at(document, "delta")])

export const anthropicDialect: Dialect = {
  id: "anthropic",
  classify,
  ended(body) {
    if (body.kind === "json") return at(body.value, "content") === undefined || finishOf(body) !== undefined
    const stopped = documents(body, /"message_stop"/).some((event) => at(event, "type") === "message_stop")
    return stopped && finishOf(body) !== undefined
  },
  hidden(body, answer) {
    const error = documents(body, /"type"\s*:\s*"error"/).find((document) => at(document, "type") === "error")
    if (error !== undefined) return classify({ ...answer, body: JSON.stringify(error) })
    const finish = finishOf(body)
    const why = textAt(finish?.holder, "stop_details", "explanation")
    const failure = finish && finishFailure(FINISHES, [finish.word], answer.status, why && `The model refused: ${why}`)
    const category = textAt(finish?.holder, "stop_details", "category")
    return failure && category !== undefined ? { ...failure, providerCode: category } : failure
  },
  usage: readUsage,
}

function classify(answer: ErrorAnswer): Failure {
  const error = at(parseJson(answer.body), "error")
  const facts = {
    codes: codesOf(at(error, "details", "error_code"), at(error, "type")),
    message: textAt(error, "message"),
  }
  return failureOf(answer, facts, RULES)
}

/**
 * `message_start` tells the input, `message_delta` the running totals: of each count the last word stands. A count that is
 * left out, `null` or 0 takes nothing back, for proxies put such into their last event.
 */
function readUsage(body: WireBody): Usage | undefined {
  const reports = documents(body, /"usage"/)
    .map((document) => at(document, "usage") ?? at(document, "message", "usage"))
    .filter((usage) => typeof usage === "object" && usage !== null)
  if (reports.length === 0) return undefined
  const last = (...path: readonly string[]) =>
    reports.map((report) => countAt(report, ...path)).findLast((count) => count > 0) ?? 0
  const cacheReadTokens = last("cache_read_input_tokens")
  const cacheWriteTokens = last("cache_creation_input_tokens")
  const cacheWrite1hTokens = last("cache_creation", "ephemeral_1h_input_tokens")
  return {
    inputTokens: last("input_tokens") + cacheReadTokens + cacheWriteTokens,
    outputTokens: last("output_tokens"),
    cacheReadTokens,
    cacheWriteTokens,
    reasoningTokens: last("output_tokens_details", "thinking_tokens"),
    ...(cacheWrite1hTokens === 0 ? {} : { cacheWrite1hTokens }),
  }
}
