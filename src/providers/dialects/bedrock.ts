/** The dialect of Amazon Bedrock's Converse API: exceptions named in a header, and binary event streams that end with `messageStop`. */
import type { Failure } from "../../model/failure.ts"
import type { Usage } from "../../model/result.ts"
import type { Dialect, ErrorAnswer } from "../dialect.ts"
import { at, countAt, documents, parseJson, textAt, type WireBody } from "../wire/body.ts"
import { codesOf, type ErrorRule, failureOf, NO_MONEY, PER_DAY, TOO_LONG, WRONG_KEY } from "../wire/error-rules.ts"
import { finishFailure, finishReader, finishWords } from "../wire/finish.ts"

const RULES: readonly ErrorRule[] = [
  { class: "provider.quota", code: /^ServiceQuotaExceeded/i },
  PER_DAY,
  { class: "provider.rate_limited", code: /^(?:Throttling|TooManyRequests)/i },
  { class: "provider.overloaded", code: /^(?:ModelNotReady|ServiceUnavailable)/i },
  { class: "provider.timeout", code: /^ModelTimeout/i },
  { class: "provider.outage", code: /^(?:ModelError|ModelStreamError|InternalServer|InternalFailure)/i },
  { class: "provider.quota", message: /INVALID_PAYMENT_INSTRUMENT/ },
  {
    class: "provider.auth",
    code: /^(?:AccessDenied|UnrecognizedClient|InvalidSignature|ExpiredToken|MissingAuthenticationToken|IncompleteSignature|NotAuthorized|OptInRequired|FTUFormNotFilled)/i,
  },
  { class: "provider.auth", message: /use case details have not been submitted/i },
  { class: "provider.model_gone", code: /^ResourceNotFound/i },
  {
    class: "provider.model_gone",
    message: /model identifier is invalid|on-demand throughput isn.t supported|end of its life|model access is denied/i,
  },
  { class: "request.unsupported", message: /doesn.t support|does not support|isn.t supported|not supported/i },
  TOO_LONG,
  NO_MONEY,
  WRONG_KEY,
  { class: "request.invalid", code: /^Validation/i },
]

const EXCEPTION = /(?:Exception|Error|Failure|FormNotFilled)$/i
const FINISHES = finishWords({
  whole: ["end_turn", "tool_use", "stop_sequence"],
  "output.truncated": ["max_tokens", "model_context_window_exceeded"],
  "output.refusal": ["refusal"],
  "output.invalid_json": ["malformed_model_output", "malformed_tool_use"],
  "request.content_blocked": ["guardrail_intervened", "content_filtered"],
})

const finishOf = finishReader("stopReason", (document) => [document])

export const bedrockDialect: Dialect = {
  id: "bedrock",
  classify,
  ended(body) {
    if (body.kind === "json") return at(body.value, "output") === undefined || finishOf(body) !== undefined
    return finishOf(body) !== undefined
  },
  hidden(body, answer) {
    if (body.kind === "events") {
      const failed = body.events.find((event) => EXCEPTION.test(event.event ?? ""))
      if (failed !== undefined) {
        const headers = { ...answer.headers, "x-amzn-errortype": failed.event ?? "" }
        return classify({ ...answer, headers, body: failed.data })
      }
    }
    const finish = finishOf(body)
    return finish && finishFailure(FINISHES, [finish.word], answer.status)
  },
  usage: readUsage,
}

function classify(answer: ErrorAnswer): Failure {
  const document = parseJson(answer.body)
  // `ThrottlingException:http://internal.amazon.com/…` and `com.amazon.coral.service#ThrottlingException` are one name.
  const name = (answer.headers["x-amzn-errortype"] ?? textAt(document, "__type") ?? textAt(document, "code") ?? "")
    .split(":")[0]
    ?.split("#")
    .at(-1)
  const message = textAt(document, "message") ?? textAt(document, "Message")
  return failureOf(answer, { codes: codesOf(name), message }, RULES)
}

function readUsage(body: WireBody): Usage | undefined {
  const usage = at(documents(body, /"usage"/).at(-1), "usage")
  if (typeof usage !== "object" || usage === null) return undefined
  const cacheReadTokens = countAt(usage, "cacheReadInputTokens")
  const cacheWriteTokens = countAt(usage, "cacheWriteInputTokens")
  return {
    inputTokens: countAt(usage, "inputTokens") + cacheReadTokens + cacheWriteTokens,
    outputTokens: countAt(usage, "outputTokens"),
    cacheReadTokens,
    cacheWriteTokens,
    reasoningTokens: 0,
  }
}
