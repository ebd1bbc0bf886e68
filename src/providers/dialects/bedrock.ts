/** The dialect of Amazon Bedrock's Converse API: exceptions named in a header, and binary event streams that end with `messageStop`. */
import type { Failure } from "../../model/failure.ts"
import type { Usage } from "../../model/result.ts"
import type { Dialect, ErrorAnswer } from "../dialect.ts"
import { at, countAt, documents, parseJson, textAt, type WireBody } from "../wire/body.ts"
import { codesOf, type ErrorRule, failureOf, inside, NO_MONEY, TOO_LONG, WRONG_KEY } from "../wire/error-rules.ts"

const RULES: readonly ErrorRule[] = [
  { class: "provider.quota", code: /^ServiceQuotaExceeded/i },
  { class: "provider.quota", code: /^Throttling/i, message: /per day/i },
  { class: "provider.rate_limited", code: /^(?:Throttling|TooManyRequests)/i },
  { class: "provider.overloaded", code: /^(?:ModelNotReady|ServiceUnavailable)/i },
  { class: "provider.timeout", code: /^ModelTimeout/i },
  { class: "provider.outage", code: /^(?:ModelError|ModelStreamError|InternalServer|InternalFailure)/i },
  {
    class: "provider.auth",
    code: /^(?:AccessDenied|UnrecognizedClient|InvalidSignature|ExpiredToken|MissingAuthenticationToken|IncompleteSignature|NotAuthorized|OptInRequired|FTUFormNotFilled)/i,
  },
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
const STOPPED = /^(?:guardrail_intervened|content_filtered)$/

export const bedrockDialect: Dialect = {
  id: "bedrock",
  classify,
  ended(body) {
    return (
      body.kind === "json" || (body.kind === "events" && body.events.some((event) => event.event === "messageStop"))
    )
  },
  hidden(body, answer) {
    if (body.kind === "events") {
      const failed = body.events.find((event) => EXCEPTION.test(event.event ?? ""))
      if (failed !== undefined) {
        const headers = { ...answer.headers, "x-amzn-errortype": failed.event ?? "" }
        return inside(classify({ ...answer, status: 500, headers, body: failed.data }), answer.status)
      }
    }
    const stop = documents(body, /"stopReason"/)
      .map((document) => textAt(document, "stopReason"))
      .find((reason) => STOPPED.test(reason ?? ""))
    if (stop === undefined) return undefined
    return {
      class: "request.content_blocked",
      message: `The answer was stopped: ${stop}.`,
      providerCode: stop,
      status: answer.status,
    }
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
