/**
 * The spans of one operation: itself, with how its model was chosen, and one CLIENT span per call to a provider.
 * Usage and cost are on the calls alone, so that a backend which adds them up counts nothing twice.
 */
import { isBlobRef } from "../lib/blob-ref.ts"
import type { Operation } from "../model/operation.ts"
import type { Attempt, OperationRecord } from "../model/record.ts"
import type { OperationResult } from "../model/result.ts"
import type { EventOf } from "../run/event.ts"
import { requestContent, responseContent } from "./content.ts"
import {
  costAttributes,
  GEN_AI,
  GUARDRAIL_RESULT,
  guardrailAttributes,
  operationName,
  providerName,
  usageAttributes,
  WAYBILL,
} from "./conventions.ts"
import { type Attributes, double, type Span, type SpanEvent } from "./otlp.ts"
import { makeSpan, spanEvent, spanId, type TraceContext } from "./span.ts"

type OperationEvent = EventOf<"operation.completed">

/** `input`: the recorded input of the step, which is the request when the event does not carry one. */
export function operationSpans(context: TraceContext, event: OperationEvent, input: unknown): readonly Span[] {
  const { index, record, error, replayed } = event.data
  const id = [event.path, event.attempt, index]
  const operation = makeSpan(context, {
    spanId: spanId(context.runId, "operation", ...id),
    parentSpanId: spanId(context.runId, "step", event.path, event.attempt),
    name: `${record.type} ${record.decision.route}`,
    startMs: record.startedAtMs,
    endMs: record.startedAtMs + record.durationMs,
    attributes: {
      [WAYBILL.operationIndex]: index,
      [WAYBILL.operationType]: record.type,
      [WAYBILL.requestDigest]: record.requestDigest,
      [WAYBILL.replayed]: replayed,
      [WAYBILL.cache]: record.cache,
      [WAYBILL.redactions]: record.redactions,
      ...decisionAttributes(record),
    },
    error: error && { type: error.code, message: error.message },
  })
  if (replayed) return [operation]
  const request = operationOf(event.data.request) ?? operationOf(input)
  return [operation, ...record.attempts.map((attempt) => attemptSpan(context, event, attempt, request))]
}

function decisionAttributes({ decision }: OperationRecord): Attributes {
  const named = (verdicts: readonly string[]) =>
    decision.candidates
      .filter(({ verdict }) => verdicts.includes(verdict))
      .map(({ provider, model, verdict, reason }) => `${provider}/${model}: ${verdict}, ${reason}`)
  return {
    [WAYBILL.route]: decision.route,
    [WAYBILL.routeVersion]: decision.routingVersion,
    [WAYBILL.decisionReason]: decision.reason,
    [WAYBILL.candidates]: named(["served", "failed", "spare"]),
    [WAYBILL.skipped]: named(["skipped"]),
    [WAYBILL.rules]: decision.rules.length > 0 ? decision.rules : undefined,
    [WAYBILL.experiment]: decision.experiment?.name,
    [WAYBILL.arm]: decision.experiment?.arm,
  }
}

function attemptSpan(
  context: TraceContext,
  event: OperationEvent,
  attempt: Attempt,
  request: Operation | undefined,
): Span {
  const { index, record, response } = event.data
  const result = attempt.outcome === "succeeded" && !isBlobRef(response) ? response : undefined
  const operation = operationName(record.type, context.conventions)
  const target = operation === "apply_guardrail" ? `${attempt.provider}/${attempt.model}` : attempt.model
  const endMs = attempt.startedAtMs + attempt.durationMs
  return makeSpan(context, {
    spanId: spanId(context.runId, "attempt", event.path, event.attempt, index, attempt.attempt),
    parentSpanId: spanId(context.runId, "operation", event.path, event.attempt, index),
    name: `${operation} ${target}`,
    kind: "client",
    startMs: attempt.startedAtMs,
    endMs,
    attributes: {
      [GEN_AI.operation]: operation,
      [GEN_AI.provider]: providerName(attempt.provider),
      [GEN_AI.requestModel]: attempt.model,
      ...requestAttributes(request),
      ...attemptAttributes(context, attempt, record.attempts.length),
      ...resultAttributes(result),
      ...(context.content && request ? requestContent(request) : {}),
      ...(context.content && result ? responseContent(result) : {}),
    },
    events: operation === "apply_guardrail" ? guardrailEvents(target, result, endMs) : [],
    error: attempt.failure && { type: attempt.failure.class, message: attempt.failure.message },
  })
}

function attemptAttributes({ conventions }: TraceContext, attempt: Attempt, of: number): Attributes {
  const { finishReason, firstTokenMs } = attempt
  return {
    [GEN_AI.stream]: firstTokenMs === undefined ? undefined : true,
    [GEN_AI.timeToFirstChunk]: firstTokenMs === undefined ? undefined : double(firstTokenMs / 1000),
    [GEN_AI.responseId]: attempt.responseId,
    [GEN_AI.responseModel]: attempt.responseModel,
    [GEN_AI.finishReasons]: finishReason && [finishReason.raw ?? finishReason.unified],
    ...usageAttributes(attempt.usage, conventions),
    ...costAttributes(attempt.costNanoUsd, attempt.priced, conventions),
    [WAYBILL.estimated]: attempt.estimated,
    [GEN_AI.httpStatus]: attempt.status,
    [WAYBILL.attempt]: attempt.attempt,
    [WAYBILL.attemptOf]: of,
    [WAYBILL.attemptOutcome]: attempt.outcome,
    [WAYBILL.waitedMs]: attempt.waitedMs,
    [WAYBILL.purpose]: attempt.purpose,
    [WAYBILL.repaired]: attempt.repaired,
    [WAYBILL.residency]: attempt.region,
    [WAYBILL.providerCode]: attempt.failure?.providerCode,
    [WAYBILL.providerRequestId]: attempt.requestId,
    ...headerAttributes(attempt.gateway),
  }
}

function headerAttributes(headers: Readonly<Record<string, string>> = {}): Attributes {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [`${GEN_AI.responseHeader}.${name}`, [value]]),
  )
}

function requestAttributes(request: Operation | undefined): Attributes {
  if (request?.type !== "generate") return {}
  const { output, maxOutputTokens, temperature } = request
  return {
    [GEN_AI.outputType]: output ? "json" : "text",
    [GEN_AI.maxTokens]: maxOutputTokens,
    [GEN_AI.temperature]: temperature === undefined ? undefined : double(temperature),
  }
}

function resultAttributes(result: OperationResult | undefined): Attributes {
  if (result?.type === "embed") return { [GEN_AI.dimensions]: result.embeddings[0]?.length }
  if (result?.type === "generate") return { [WAYBILL.method]: result.method }
  return {}
}

function guardrailEvents(component: string, result: OperationResult | undefined, atMs: number): readonly SpanEvent[] {
  if (result?.type !== "moderate") return []
  return result.results.map(({ flagged }) => spanEvent(GUARDRAIL_RESULT, atMs, guardrailAttributes(component, flagged)))
}

/** `value`, when it is an operation whose lists are all here: of a large one, parts may lie in the blob store. */
function operationOf(value: unknown): Operation | undefined {
  if (typeof value !== "object" || value === null || !("type" in value)) return undefined
  const { type, messages, tools = [], texts, audio } = value as Readonly<Record<string, unknown>>
  const whole =
    (type === "generate" && Array.isArray(messages) && messages.every(hasContent) && Array.isArray(tools)) ||
    ((type === "embed" || type === "moderate") && Array.isArray(texts)) ||
    (type === "transcribe" && isBlobRef(audio))
  return whole ? (value as Operation) : undefined
}

function hasContent(message: unknown): boolean {
  if (typeof message !== "object" || message === null || !("content" in message)) return false
  return typeof message.content === "string" || Array.isArray(message.content)
}
