/** The dialect of Cohere's v2 API: errors of `{id, message}` without codes, and typed events that end with `message-end`. */
import type { Failure } from "../../model/failure.ts"
import type { Usage } from "../../model/result.ts"
import type { Dialect, ErrorAnswer } from "../dialect.ts"
import { at, countAt, documents, parseJson, textAt, type WireBody } from "../wire/body.ts"
import { type ErrorRule, failureOf, NO_MONEY, NOT_SUPPORTED, TOO_LONG, WRONG_KEY } from "../wire/error-rules.ts"
import { finishFailure, finishReader, finishWords } from "../wire/finish.ts"

const RULES: readonly ErrorRule[] = [
  { class: "provider.quota", status: [429], message: /\/ ?month|per month|monthly/i },
  { class: "request.too_long", status: [400, 413, 422], message: /too many tokens|size limit exceeded/i },
  { class: "request.content_blocked", status: [498] },
  { class: "provider.timeout", status: [499] },
  {
    class: "provider.model_gone",
    status: [400, 404],
    message: /model '?.*'? (?:not found|was (?:removed|deprecated))/i,
  },
  TOO_LONG,
  NO_MONEY,
  WRONG_KEY,
  NOT_SUPPORTED,
]

const FINISHES = finishWords({
  whole: ["COMPLETE", "STOP_SEQUENCE", "TOOL_CALL"],
  "output.truncated": ["MAX_TOKENS", "ERROR_LIMIT"],
  "request.content_blocked": ["ERROR_TOXIC"],
  "provider.timeout": ["TIMEOUT"],
  "provider.outage": ["ERROR", "USER_CANCEL"],
})

const finishOf = finishReader("finish_reason", (document) => [document, at(document, "delta")])

export const cohereDialect: Dialect = {
  id: "cohere",
  classify,
  ended(body) {
    if (body.kind === "json") return at(body.value, "message") === undefined || finishOf(body) !== undefined
    const isEnd = (event: unknown) => at(event, "type") === "message-end"
    return documents(body, /"message-end"/).some(isEnd) && finishOf(body) !== undefined
  },
  hidden(body, answer) {
    const finish = finishOf(body)
    return finish && finishFailure(FINISHES, [finish.word], answer.status, textAt(finish.holder, "error"))
  },
  usage: readUsage,
}

function classify(answer: ErrorAnswer): Failure {
  return failureOf(answer, { codes: [], message: textAt(parseJson(answer.body), "message") }, RULES)
}

/**
 * Billed units, where given: `tokens` counts the chat template too, which nobody pays for. `cached_tokens` is a part of
 * `tokens` and may exceed what is billed, so it counts only beside them.
 */
function readUsage(body: WireBody): Usage | undefined {
  const document = documents(body, /"usage"|"meta"/).at(-1)
  const usage = at(document, "usage") ?? at(document, "delta", "usage") ?? at(document, "meta")
  const billed = at(usage, "billed_units")
  const units = billed ?? at(usage, "tokens")
  if (typeof units !== "object" || units === null) return undefined
  return {
    inputTokens: countAt(units, "input_tokens"),
    outputTokens: countAt(units, "output_tokens"),
    cacheReadTokens: billed === undefined ? countAt(usage, "cached_tokens") : 0,
    cacheWriteTokens: 0,
    reasoningTokens: 0,
  }
}
