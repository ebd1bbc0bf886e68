/**
 * What Cloudflare itself says: the error codes of Workers AI, and those of AI Gateway, which may stand in front of any
 * provider and answer in its place. Whoever asks through the gateway asks `gatewayFailure` first.
 */
import type { Failure } from "../../model/failure.ts"
import type { Dialect, ErrorAnswer } from "../dialect.ts"
import { at, parseJson, textAt } from "../wire/body.ts"
import { codesOf, type ErrorRule, failureOf, ruleFor, shorten } from "../wire/error-rules.ts"
import { openaiDialect } from "./openai.ts"

const GATEWAY_RULES: readonly ErrorRule[] = [
  { class: "own_code.config", code: /^(?:2001|2002)$/ },
  { class: "provider.quota", code: /^2003$/, message: /spend/i },
  { class: "provider.rate_limited", code: /^2003$/ },
  { class: "provider.outage", code: /^2005$/ },
  { class: "provider.auth", code: /^(?:2009|10000)$/ },
  { class: "policy.guardrail", code: /^(?:2016|2017|2029|2030)$/ },
  { class: "policy.guardrail", status: [403], message: /\bpolic(?:y|ies)\b/i },
  { class: "provider.quota", code: /^2021$/ },
  { class: "provider.model_gone", code: /^7003$/ },
  { class: "provider.overloaded", code: /^7013$/ },
]

/** The failure, when AI Gateway itself answered and not the provider behind it. */
export function gatewayFailure(answer: ErrorAnswer): Failure | undefined {
  const document = parseJson(answer.body)
  if (answer.status === 429 && at(document, "bucket") !== undefined && at(document, "limit") !== undefined)
    return failureOf(answer, { codes: ["spend_limit"], message: spendMessage(document) }, [{ class: "provider.quota" }])
  if (at(document, "success") !== false && at(document, "name") !== "AiGatewayError") return undefined
  const error = at(document, "error", 0) ?? at(document, "errors", 0)
  const facts = { codes: codesOf(at(error, "code")), message: textAt(error, "message") }
  // Workers AI has the same envelope and codes of its own: what is not on the gateway's list is not the gateway's.
  return ruleFor(answer, facts, GATEWAY_RULES) && failureOf(answer, facts, GATEWAY_RULES)
}

function spendMessage(document: unknown): string {
  return `AI Gateway's spend limit: bucket ${String(at(document, "bucket"))} spent ${String(at(document, "spent"))} of ${String(at(document, "limit"))}.`
}

const workersAi = openaiDialect({
  id: "workers-ai",
  endsAtDone: true,
  rules: [
    { class: "provider.quota", code: /^(?:3036|4006)$/ },
    { class: "provider.overloaded", code: /^3040$/ },
    { class: "provider.timeout", code: /^(?:300[78]|3046)$/ },
    { class: "request.too_long", code: /^3006$/ },
    { class: "provider.model_gone", code: /^(?:5007|3042|7003)$/ },
    { class: "provider.auth", code: /^(?:5016|5018|3023|3041|9109|10000|10001)$/ },
    { class: "request.unsupported", code: /^(?:5005|5019)$/ },
    { class: "output.invalid_json", code: /^5024$/ },
    { class: "request.invalid", code: /^(?:50\d\d|3003|3039|8001)$/ },
  ],
})

/**
 * Workers AI speaks OpenAI's chat completions, and has numbered errors of its own. Its binding throws them, and those of
 * AI Gateway, with the number in the message: "3040: Capacity temporarily exceeded, please try again."
 */
export const workersAiDialect: Dialect = {
  ...workersAi,
  hidden(body, answer) {
    const told = workersAi.hidden(body, answer)
    if (told !== undefined || body.kind !== "events") return told
    // The package passes over an event that it cannot read, and with it a piece of the answer.
    const garbled = body.events.find((event) => event.data !== "[DONE]" && event.json() === undefined)
    if (garbled === undefined) return undefined
    const message = shorten(`An event of the stream is not JSON: ${garbled.data}`)
    return { class: "provider.bad_response", message, status: answer.status }
  },
  thrown(error, nowMs) {
    const message = textAt(error, "message")
    const code = /\b(\d{4,5}): /.exec(message ?? "")?.[1]
    if (message === undefined || code === undefined) return undefined
    const answer = {
      status: 500,
      headers: {},
      body: JSON.stringify({ success: false, errors: [{ code, message }] }),
      nowMs,
    }
    const { status: _, ...failure } = gatewayFailure(answer) ?? workersAi.classify(answer)
    return failure
  },
}
