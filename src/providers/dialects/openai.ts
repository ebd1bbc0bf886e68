/**
 * The dialect of OpenAI (chat completions, responses, embeddings) and of the many who speak it. Who departs from it says
 * so in `Quirks`. Error documents are read in all the shapes this family uses: `{error: {...}}`, `{error: "text", code}`,
 * `{message, type, code}`, `{detail}`, `{errors: [...]}`.
 */
import type { Failure } from "../../model/failure.ts"
import type { Usage } from "../../model/result.ts"
import type { Dialect, ErrorAnswer } from "../dialect.ts"
import { at, countAt, documents, listAt, parseJson, textAt, type WireBody } from "../wire/body.ts"
import {
  codesOf,
  type ErrorFacts,
  type ErrorRule,
  failureOf,
  inside,
  NO_MONEY,
  NOT_SUPPORTED,
  PER_DAY,
  TOO_LONG,
  WRONG_KEY,
} from "../wire/error-rules.ts"
import { finishFailure, finishWords } from "../wire/finish.ts"

export interface Quirks {
  readonly id: string
  /** Asked before the family's own rules. */
  readonly rules?: readonly ErrorRule[]
  /** The documentation promises no `data: [DONE]`: a finish reason alone ends a stream. */
  readonly endsAtFinishReason?: boolean
  /** Some of its streams know no finish reason at all: `data: [DONE]` alone ends a stream in which none is so much as named. */
  readonly endsAtDone?: boolean
  /** `completion_tokens` leaves out the reasoning tokens. */
  readonly reasoningApart?: boolean
  /** More codes out of the error document, tested before its own. */
  readonly codes?: (document: unknown) => readonly unknown[]
  /** A wait that stands in the error document. */
  readonly waitMs?: (document: unknown, nowMs: number) => number | undefined
}

const RULES: readonly ErrorRule[] = [
  {
    class: "provider.quota",
    code: /^(?:insufficient_quota|credit_balance_exhausted|(?:organization|project)_(?:spend|usage)_limit_exceeded|billing_(?:hard_limit_reached|not_active)|access_terminated|budget_exceeded)$/i,
  },
  {
    class: "request.too_long",
    code: /^(?:context_length_exceeded|exceed_context_size_error|too_many_prompt_tokens|string_above_max_length|request_too_large)$/i,
  },
  {
    class: "request.content_blocked",
    code: /^(?:content_policy_violation|content_filter|moderation_blocked|invalid_prompt)$/i,
  },
  {
    class: "provider.model_gone",
    code: /^(?:model_not_found|model_not_available|model_deprecated|model_decommissioned|model_terms_required|DeploymentNotFound|invalid_model)$/i,
  },
  {
    class: "provider.auth",
    code: /^(?:invalid_api_key|wrong_api_key|authentication_error|invalid_authentication|permission_denied|unsupported_country_region_territory)$/i,
  },
  { class: "request.unsupported", code: /^unsupported_(?!country)/i },
  { class: "output.invalid_json", code: /^(?:json_validate_failed|tool_use_failed)$/i },
  TOO_LONG,
  PER_DAY,
  { class: "provider.rate_limited", code: /rate_limit|slow_down/i },
  NO_MONEY,
  WRONG_KEY,
  { class: "provider.overloaded", code: /overloaded|capacity|queue_exceeded|service_unavailable/i },
  { class: "provider.rate_limited", code: /too_many_requests/i },
  { class: "provider.timeout", code: /timeout/i },
  NOT_SUPPORTED,
]

/** Only events that match are parsed when a stream is searched for a failure, or for its end. */
const SUSPICIOUS =
  /"error"\s*:\s*[^n\s]|"refusal"\s*:\s*"[^"]|"error"\s*}|response\.failed|"(?:type|object)"\s*:\s*"(?:error|refusal)"|^error:/m
const FINAL = /"finish_reason"\s*:\s*"|"response\.(?:completed|incomplete|failed)"/
const FINAL_TYPES: ReadonlySet<string> = new Set(["response.completed", "response.incomplete", "response.failed"])

/** The family's words, and those of its members' engines that come through unchanged. */
const FINISHES = finishWords({
  // Ollama says nothing at all when an answer ended by itself and its engine did not say why.
  whole: [
    "stop",
    "tool_calls",
    "function_call",
    "completed",
    "complete",
    "eos",
    "eos_token",
    "stop_sequence",
    "end_turn",
    "",
  ],
  "output.truncated": ["length", "max_tokens", "max_output_tokens", "model_length"],
  "request.content_blocked": ["content_filter"],
  "provider.overloaded": ["insufficient_system_resource"],
  "provider.outage": ["error", "failed"],
  "provider.timeout": ["timeout"],
  "provider.stream_cut": ["incomplete", "cancelled", "in_progress", "queued", "abort"],
})

export function openaiDialect(quirks: Quirks): Dialect {
  const rules = [...(quirks.rules ?? []), ...RULES]
  const classify = (answer: ErrorAnswer): Failure => {
    const document = parseJson(answer.body)
    const facts = readFacts(document)
    const codes = [...codesOf(...(quirks.codes?.(document) ?? [])), ...facts.codes]
    return failureOf(answer, { codes, message: facts.message, waitMs: quirks.waitMs?.(document, answer.nowMs) }, rules)
  }
  return {
    id: quirks.id,
    classify,
    ended: (body) => ended(body, quirks),
    hidden(body, answer) {
      for (const document of documents(body, SUSPICIOUS)) {
        const found = errorInside(document)
        if (found !== undefined)
          return inside(classify({ ...answer, ...found, status: found.status ?? answer.status }), answer.status)
        const told = refusalInside(document)
        if (told !== undefined) return { ...told, status: answer.status }
      }
      return finishFailure(FINISHES, finishOf(body) ?? [], answer.status)
    },
    usage: (body) => lastUsage(body, quirks.reasoningApart === true),
  }
}

function ended(body: WireBody, { endsAtFinishReason, endsAtDone }: Quirks): boolean {
  if (body.kind === "other") return false
  const finished = finishOf(body) !== undefined
  if (body.kind === "json") return finished || !isAnswer(body.value)
  const done = body.events.findLast(({ data }) => data === "[DONE]") !== undefined
  if (!finished) return done && endsAtDone === true && !body.text.includes('"finish_reason"')
  return done || endsAtFinishReason === true || documents(body, FINAL).some(isFinalEvent)
}

/** The answer in a document: itself, or what an event of the Responses API or Cloudflare's REST envelope holds. */
function answerIn(document: unknown): unknown {
  return at(document, "response") ?? at(document, "result") ?? document
}

/** Whether the document is a model's answer, and not embeddings, scores or an error. */
function isAnswer(document: unknown): boolean {
  const answer = answerIn(document)
  return at(answer, "choices") !== undefined || at(answer, "output") !== undefined
}

function isFinalEvent(event: unknown): boolean {
  return FINAL_TYPES.has(textAt(event, "type") ?? "")
}

/** The words with which the answer ended, the most telling first; `undefined` when it does not say that it ended. */
function finishOf(body: WireBody): readonly string[] | undefined {
  return documents(body, FINAL)
    .map(finishIn)
    .findLast((words) => words !== undefined)
}

function finishIn(document: unknown): readonly string[] | undefined {
  const answer = answerIn(document)
  const status = textAt(answer, "status")
  if (status !== undefined && at(answer, "output") !== undefined)
    return codesOf(at(answer, "incomplete_details", "reason"), status)
  const reasons = listAt(answer, "choices").map((choice) => at(choice, "finish_reason"))
  const told = reasons.filter((reason) => typeof reason === "string")
  return told.length === 0 ? undefined : told
}

function readFacts(document: unknown): ErrorFacts {
  const value = Array.isArray(document) ? document[0] : document
  const error = at(value, "error", 0) ?? at(value, "error") ?? at(value, "errors", 0) ?? value
  const type = textAt(error, "type")
  const code = at(error, "code") ?? at(value, "code")
  // OpenRouter says "Provider returned error", and what that was in `metadata.raw`.
  const raw = textAt(error, "metadata", "raw")
  const message =
    textAt(error, "message") ??
    textAt(error, "message", "detail", 0, "msg") ??
    textAt(value, "error") ??
    textAt(value, "message") ??
    textAt(value, "detail") ??
    textAt(value, "detail", 0, "msg")
  const named = typeof code === "string" && !/^\d+$/.test(code)
  const word = typeof error === "string" && /^\w+$/.test(error) ? error : undefined
  return {
    codes: named ? codesOf(code, type) : codesOf(type, word, code),
    message: raw === undefined ? message : `${message ?? "The provider behind it failed"}: ${raw}`,
  }
}

/** An error told in a 2xx document or event, as the error answer it should have been; its status, when it tells one. */
function errorInside(document: unknown): { readonly status?: number; readonly body: string } | undefined {
  const type = textAt(document, "type")
  const error =
    at(document, "error") ??
    (type === "response.failed" ? at(document, "response", "error") : undefined) ??
    (type === "error" || at(document, "object") === "error" ? document : undefined) ??
    at(document, "choices", 0, "error") ??
    at(document, "x_groq", "error")
  if (!saysSomething(error)) return undefined
  const body = JSON.stringify({ error })
  const told = [at(error, "status_code"), at(error, "code"), at(error, "status"), at(document, "code")]
  const status = told.map(Number).find((code) => code >= 400 && code < 600)
  return { body, ...(status === undefined ? {} : { status }) }
}

/** Some servers put an empty error into every answer. */
function saysSomething(error: unknown): boolean {
  return typeof error === "string"
    ? error !== ""
    : typeof error === "object" && error !== null && Object.keys(error).length > 0
}

function refusalInside(document: unknown): Failure | undefined {
  const answer = answerIn(document)
  const choice = at(answer, "choices", 0)
  const refusal =
    textAt(choice, "message", "refusal") ??
    textAt(choice, "delta", "refusal") ??
    listAt(answer, "output")
      .flatMap((item) => listAt(item, "content"))
      .map((part) => textAt(part, "refusal"))
      .find((text) => text !== undefined)
  return refusal === undefined
    ? undefined
    : { class: "output.refusal", message: `The model refused: ${refusal}`, providerCode: "refusal" }
}

function lastUsage(body: WireBody, reasoningApart: boolean): Usage | undefined {
  for (const document of [...documents(body, /"usage"\s*:\s*\{/)].reverse()) {
    const usage = at(document, "usage") ?? at(answerIn(document), "usage") ?? at(document, "x_groq", "usage")
    if (typeof usage === "object" && usage !== null) return readUsage(usage, reasoningApart)
  }
  return undefined
}

function readUsage(usage: object, reasoningApart: boolean): Usage {
  const input =
    at(usage, "prompt_tokens_details") ?? at(usage, "input_tokens_details") ?? at(usage, "prompt_token_details")
  const output = at(usage, "completion_tokens_details") ?? at(usage, "output_tokens_details")
  const inputTokens = countAt(usage, "prompt_tokens") || countAt(usage, "input_tokens")
  const outputTokens = countAt(usage, "completion_tokens") || countAt(usage, "output_tokens")
  const reasoningTokens = countAt(output, "reasoning_tokens") || countAt(usage, "reasoning_tokens")
  const cacheReadTokens =
    countAt(input, "cached_tokens") ||
    countAt(usage, "num_cached_tokens") ||
    countAt(usage, "cached_tokens") ||
    countAt(usage, "prompt_cache_hit_tokens")
  const apart = reasoningApart || countAt(usage, "total_tokens") === inputTokens + outputTokens + reasoningTokens
  return {
    inputTokens: inputTokens + (cacheReadTokens > inputTokens ? cacheReadTokens : 0),
    outputTokens: outputTokens + (apart ? reasoningTokens : 0),
    cacheReadTokens,
    cacheWriteTokens: countAt(input, "cache_write_tokens"),
    reasoningTokens,
  }
}
