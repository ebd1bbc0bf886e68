/**
 * The verdict on one exchange, from its bytes: what failed, in our words, or nothing. The gateway asks here first and
 * looks at the package's result only when the wire is in order; whether an orderly answer is too short, empty or off its
 * schema is for the gateway to say.
 */
import type { FailureClass } from "../../lib/failure-classes.ts"
import type { Failure } from "../../model/failure.ts"
import type { Usage } from "../../model/result.ts"
import { gatewayFailure } from "../dialects/cloudflare.ts"
import type { Provider } from "../provider.ts"
import type { Exchange } from "../transport.ts"
import { at, isCutJson, readBody, textAt, type WireBody, type WireEvent } from "./body.ts"
import { shorten } from "./error-rules.ts"

/**
 * Why the exchange failed; `undefined` when the wire shows a whole, orderly answer, or one that we ourselves stopped reading.
 * `thrown` is what the package threw or put into its stream, when it did; it decides only where the wire cannot.
 */
export function wireFailure(
  provider: Provider,
  exchange: Exchange | undefined,
  thrown: unknown,
  nowMs: number,
): Failure | undefined {
  if (exchange === undefined) return thrown === undefined ? undefined : failureOfPackage(thrown)
  const { status, headers } = exchange
  if (status === undefined) return failureOfConnection(provider, exchange, nowMs)
  const answer = { status, headers, nowMs }
  if (status < 200 || status >= 300) {
    const error = { ...answer, body: exchange.text() }
    return gatewayFailure(error) ?? provider.dialect.classify(error)
  }
  const body = bodyOf(exchange)
  const hidden = provider.dialect.hidden(body, answer)
  if (hidden !== undefined) return hidden
  if (exchange.body === "dropped" || exchange.body === "open") return undefined
  if (provider.dialect.ended(body)) return thrown === undefined ? undefined : badResponse(status, messageOf(thrown))
  if (exchange.body === "broken") return streamCut(status, `The connection broke: ${messageOf(exchange.error)}`)
  if (body.kind === "other" && !isCutJson(body.text))
    return badResponse(status, `Expected JSON or events, found: ${body.text.trim().slice(0, 200)}`)
  return streamCut(status, "The answer ended without its terminator.")
}

/** What the provider says was used, also by an answer that failed; `undefined` when it said nothing. */
export function wireUsage(provider: Provider, exchange: Exchange | undefined): Usage | undefined {
  if (exchange?.status === undefined || exchange.status >= 300) return undefined
  return provider.dialect.usage(bodyOf(exchange))
}

/** The answer's own id and the model that it says wrote it; also of an answer that failed, and where the package drops them. */
export function wireResponse(exchange: Exchange | undefined): {
  readonly responseId?: string
  readonly responseModel?: string
} {
  if (exchange?.status === undefined || exchange.status >= 300) return {}
  const body = bodyOf(exchange)
  const heads = body.kind === "json" ? [body.value] : body.kind === "events" ? firstDocuments(body.events) : []
  const parts = heads.flatMap((head) => [head, at(head, "response"), at(head, "message"), at(head, "result")])
  const responseId = firstText(parts, ["id", "responseId"])
  const responseModel = firstText(parts, ["model", "modelVersion"])
  return {
    ...(responseId === undefined ? {} : { responseId }),
    ...(responseModel === undefined ? {} : { responseModel }),
  }
}

/** Ids stand in the first events of a stream; behind them ids are those of parts. */
const HEAD_EVENTS = 2

function firstDocuments(events: readonly WireEvent[]): unknown[] {
  return events.slice(0, HEAD_EVENTS).map((event) => event.json())
}

function firstText(parts: readonly unknown[], names: readonly string[]): string | undefined {
  return parts.flatMap((part) => names.map((name) => textAt(part, name))).find((text) => text !== undefined)
}

/** Headers by which providers name a request, the most telling first. */
const REQUEST_ID_HEADERS = [
  "request-id",
  "x-request-id",
  "x-amzn-requestid",
  "apim-request-id",
  "x-groq-request-id",
  "x-debug-trace-id",
  "x-goog-request-id",
  "cf-aig-request-id",
  "cf-ray",
]

/** The id to quote to the provider's support, when the answer bore one. */
export function requestIdOf(exchange: Exchange | undefined): string | undefined {
  return REQUEST_ID_HEADERS.map((name) => exchange?.headers[name]).find((id) => id !== undefined)
}

/** The `cf-aig-*` headers of an answer that came through Cloudflare's AI Gateway. */
export function gatewayHeadersOf(exchange: Exchange | undefined): Readonly<Record<string, string>> | undefined {
  const entries = Object.entries(exchange?.headers ?? {}).filter(([name]) => name.startsWith("cf-aig-"))
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

/** A finished body is cut into events once, however many questions are asked of it. */
const bodies = new WeakMap<Exchange, WireBody>()

function bodyOf(exchange: Exchange): WireBody {
  const known = bodies.get(exchange)
  if (known !== undefined) return known
  const body = readBody(exchange)
  if (exchange.body !== "open") bodies.set(exchange, body)
  return body
}

function failureOfConnection(provider: Provider, exchange: Exchange, nowMs: number): Failure | undefined {
  const { error } = exchange
  if (error === undefined) return undefined
  if (isAbort(error)) return { class: "cancelled", message: "The call was aborted." }
  const told = provider.dialect.thrown?.(error, nowMs)
  if (told !== undefined) return told
  return { class: "provider.outage", message: `No answer: ${messageOf(error)}` }
}

/** Nothing was sent: the package itself refused the request. Errors are told by name, for they may come from another copy of the package. */
function failureOfPackage(thrown: unknown): Failure {
  if (isAbort(thrown)) return { class: "cancelled", message: "The call was aborted." }
  const ours = at(thrown, "code") === "provider_not_configured"
  return { class: ours ? "own_code.config" : classOfPackageError(nameOf(thrown)), message: messageOf(thrown) }
}

function classOfPackageError(name: string): FailureClass {
  if (/UnsupportedFunctionality|NoSuchModel|TooManyEmbeddingValues/.test(name)) return "request.unsupported"
  if (/InvalidPrompt|InvalidArgument|TypeValidation|InvalidResponseData/.test(name)) return "request.invalid"
  if (/LoadAPIKey|LoadSetting/.test(name)) return "own_code.config"
  return "own_code.exception"
}

function badResponse(status: number, message: string): Failure {
  return { class: "provider.bad_response", message, status }
}

function streamCut(status: number, message: string): Failure {
  return { class: "provider.stream_cut", message, status }
}

function isAbort(error: unknown): boolean {
  return /^(?:AbortError|ResponseAborted|TimeoutError)$/.test(nameOf(error))
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : ""
}

/** Packages put whole answers and schema trees into their messages. */
function messageOf(error: unknown): string {
  return shorten(error instanceof Error ? error.message : String(error))
}
