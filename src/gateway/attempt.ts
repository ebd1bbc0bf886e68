/**
 * One attempt: one call to one provider under its time limits, judged and recorded. Never throws: whatever happens becomes
 * an `Attempt` with a failure. What follows from it (again, next, stop) is the loop's decision.
 */

import { type Cost, FREE } from "../ledger/price.ts"
import type { Clock } from "../lib/clock.ts"
import { MAX_KEPT_ANSWER_CHARS } from "../lib/limits.ts"
import type { Failure } from "../model/failure.ts"
import type { Operation } from "../model/operation.ts"
import type { Attempt } from "../model/record.ts"
import { NO_USAGE, type Usage } from "../model/result.ts"
import type { Exchange, Tape, Transport } from "../providers/transport.ts"
import { recordTransport } from "../providers/wire/tape.ts"
import { gatewayHeadersOf, requestIdOf, wireFailure, wireResponse, wireUsage } from "../providers/wire/verdict.ts"
import { type Call, callProvider, type Reply } from "./call.ts"
import { withoutSecrets } from "./finders.ts"
import { type Limits, TimeLimit } from "./time-limit.ts"
import { addUsed, charsOf, isCached, isCut, NOTHING, type Used, usedBy } from "./used.ts"

export interface AttemptInput {
  readonly call: Omit<Call, "settings" | "signal" | "watcher" | "onBatch"> & {
    readonly settings: Omit<Call["settings"], "transport">
  }
  readonly transport: Transport
  readonly limits: Limits
  readonly signal: AbortSignal
  /** What the record says about this attempt before it is made. */
  readonly header: Pick<Attempt, "attempt" | "waitedMs" | "purpose" | "region" | "key">
  /** Streams when given. */
  readonly onText?: (text: string) => void
  /** Our estimate of the question, for a call whose provider did not count it. Default 0. */
  readonly inputTokens?: number
  readonly clock: Clock
  readonly cost: (usage: Usage, atMs: number) => Cost
}

export interface AttemptOutcome {
  readonly record: Attempt
  /** Present exactly when the attempt succeeded. */
  readonly reply?: Reply
}

export async function runAttempt(input: AttemptInput): Promise<AttemptOutcome> {
  const { clock, signal } = input
  const startedAtMs = clock.nowMs()
  const limit = new TimeLimit(clock, input.limits, signal)
  const tape = recordTransport(input.transport)
  const run: Run = { input, tape, limit, startedAtMs, firstTokenMs: undefined, streamedChars: 0, batches: undefined }
  try {
    const told = await limit.race(callProvider(callOf(run)))
    const exchange = tape.last()
    const found = wireFailure(input.call.provider, exchange, undefined, clock.nowMs()) ?? replyFailure(run, told)
    const { reply, failure } = takenAsAsked(told, found, input.call.operation)
    const unusable = failure && reply.type === "generate" ? keptAnswer(reply.answer.text) : {}
    const record = { ...recordOf(run, failure, reply), ...responseOf(reply), ...unusable }
    return failure ? { record } : { record, reply }
  } catch (thrown) {
    const { failure, aborted } = thrownFailure(run, thrown)
    const record = recordOf(run, failure, undefined)
    return { record: aborted ? { ...record, outcome: "aborted" } : record }
  } finally {
    limit.end()
  }
}

/** What is kept of an answer that cannot be used, for whoever is to mend it. */
export function keptAnswer(text: string): Pick<Attempt, "answer"> {
  if (text === "") return {}
  return { answer: text.length > MAX_KEPT_ANSWER_CHARS ? `${text.slice(0, MAX_KEPT_ANSWER_CHARS)}…` : text }
}

interface Run {
  readonly input: AttemptInput
  readonly tape: Tape
  readonly limit: TimeLimit
  readonly startedAtMs: number
  firstTokenMs: number | undefined
  streamedChars: number
  /** What the batches of an embedding used that were answered. */
  batches: Used | undefined
}

function callOf(run: Run): Call {
  const { input, tape, limit } = run
  const settings = { ...input.call.settings, transport: tape.transport }
  const onBatch = (used: Used) => {
    run.batches = addUsed(run.batches, used)
  }
  const call = { ...input.call, settings, signal: limit.signal, onBatch }
  const { onText } = input
  if (!onText) return call
  const onPart = (chars: number | undefined) => {
    const output = chars !== undefined
    if (output) run.firstTokenMs ??= input.clock.nowMs() - run.startedAtMs
    run.streamedChars += chars ?? 0
    limit.progress(output)
  }
  // A stream that outlives its attempt has lost the right to speak.
  const watcher = { onPart, onText: (text: string) => (limit.signal.aborted ? undefined : onText(text)) }
  return { ...call, watcher }
}

/** A limit that expired outweighs what the abort made the package throw; so does the caller's abort; else the wire decides. */
function thrownFailure({ input, tape, limit }: Run, thrown: unknown): { failure: Failure; aborted: boolean } {
  const exchange = tape.last()
  if (limit.expired !== undefined) {
    const status = exchange?.status
    return {
      failure: { class: "provider.timeout", message: limit.expired, ...(status === undefined ? {} : { status }) },
      aborted: false,
    }
  }
  if (input.signal.aborted) return { failure: { class: "cancelled", message: "The call was aborted." }, aborted: true }
  const failure = wireFailure(input.call.provider, exchange, thrown, input.clock.nowMs())
  if (failure) return { failure, aborted: false }
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return { failure: { class: "provider.bad_response", message }, aborted: false }
}

/** Where the operation takes an answer that is not whole, that is how it ended, by whatever name its package calls it. */
function takenAsAsked(reply: Reply, failure: Failure | undefined, operation: Operation) {
  const wanted = operation.type === "generate" && operation.onTruncated === "answer"
  if (!wanted || failure?.class !== "output.truncated" || reply.type !== "generate") return { reply, failure }
  const { answer } = reply
  return {
    reply: { ...reply, answer: { ...answer, finishReason: { ...answer.finishReason, unified: "length" as const } } },
  }
}

/** What an orderly answer lacks. */
function replyFailure({ input, tape }: Run, reply: Reply): Failure | undefined {
  const failure = reply.type === "generate" ? answerFailure(reply.answer) : countFailure(reply, input.call.operation)
  const status = tape.last()?.status
  return failure && { ...failure, ...(status === undefined ? {} : { status }) }
}

function countFailure(reply: Reply, operation: Operation): Failure | undefined {
  const asked = operation.type === "embed" || operation.type === "moderate" ? operation.texts.length : undefined
  const got =
    reply.type === "embed" ? reply.embeddings.length : reply.type === "moderate" ? reply.results.length : undefined
  if (asked === got) return undefined
  return { class: "provider.bad_response", message: `Asked about ${asked} texts, got ${got} results.` }
}

function answerFailure({
  text,
  toolCalls,
  finishReason,
  brokenToolInput,
}: Extract<Reply, { type: "generate" }>["answer"]) {
  const { unified, raw } = finishReason
  const why = raw === undefined ? "" : ` (${raw})`
  const failure = (failureClass: Failure["class"], message: string): Failure => ({ class: failureClass, message })
  if (unified === "content-filter") return failure("output.refusal", `The model refused to answer${why}.`)
  if (unified === "length") return failure("output.truncated", `The answer hit its token limit${why}.`)
  if (unified === "error") return failure("provider.bad_response", `The model ended with an error${why}.`)
  if (brokenToolInput !== undefined)
    return failure("output.invalid_json", `A tool call's arguments are not JSON: ${brokenToolInput.slice(0, 200)}`)
  if (text.trim() === "" && toolCalls.length === 0) return failure("output.empty", `The answer was empty${why}.`)
  return undefined
}

/** The wire's own count goes before the package's, which drops parts of some. An embedding may take several exchanges. */
function usedOf(run: Run, failure: Failure | undefined, reply: Reply | undefined): Used {
  const { input, tape, batches } = run
  const { operation, model } = input.call
  const exchange = tape.last()
  if (batches !== undefined) return batches
  const told = wireUsage(input.call.provider, exchange)
  if (reply && reply.type !== "generate")
    return { usage: (reply.type === "embed" ? undefined : reply.usage) ?? told ?? NO_USAGE }
  // Nobody counts in half a document: one that counts is whole, and so is its count.
  const documentTold = told !== undefined && input.onText === undefined
  return usedBy({
    told: told ?? reply?.answer.usage,
    inputTokens: input.inputTokens ?? 0,
    maxOutputTokens: operation.type === "generate" ? (operation.maxOutputTokens ?? model.maxOutputTokens) : undefined,
    outputChars: documentTold ? 0 : reply ? charsOf(reply.answer) : arrivedChars(run, failure),
    exchange,
    ...(failure ? { failure: failure.class } : {}),
  })
}

/** How much of an answer had come when the call ended: as the stream told it, or of its document what there is. */
function arrivedChars({ input, tape, streamedChars }: Run, failure: Failure | undefined): number {
  if (input.onText !== undefined || input.call.operation.type !== "generate") return streamedChars
  return failure && isCut(failure.class) ? (tape.last()?.text().length ?? 0) : 0
}

function responseOf(reply: Reply): Pick<Attempt, "finishReason" | "responseId" | "responseModel"> {
  if (reply.type !== "generate" && reply.type !== "moderate") return {}
  const { responseId, responseModel } = reply.type === "generate" ? reply.answer : reply
  return {
    ...(reply.type === "generate" ? { finishReason: reply.answer.finishReason } : {}),
    ...(responseId === undefined ? {} : { responseId }),
    ...(responseModel === undefined ? {} : { responseModel }),
  }
}

function recordOf(run: Run, failure: Failure | undefined, reply: Reply | undefined): Attempt {
  const { input, startedAtMs, firstTokenMs } = run
  const { provider, model } = input.call
  const exchange: Exchange | undefined = run.tape.last()
  const requestId = requestIdOf(exchange)
  const gateway = gatewayHeadersOf(exchange)
  const cached = isCached(run.tape.exchanges)
  const { usage, estimated } = cached ? NOTHING : usedOf(run, failure, reply)
  return {
    ...input.header,
    provider: provider.id,
    model: model.model,
    startedAtMs,
    durationMs: input.clock.nowMs() - startedAtMs,
    ...(firstTokenMs === undefined ? {} : { firstTokenMs }),
    outcome: failure ? "failed" : "succeeded",
    ...(failure ? { failure: { ...failure, message: withoutSecrets(failure.message) } } : {}),
    usage,
    ...(cached ? FREE : input.cost(usage, startedAtMs)),
    ...(estimated ? { estimated } : {}),
    ...(cached ? { cached } : {}),
    ...(exchange?.status === undefined ? {} : { status: exchange.status }),
    ...(requestId === undefined ? {} : { requestId }),
    ...wireResponse(exchange),
    ...(gateway ? { gateway } : {}),
  }
}
