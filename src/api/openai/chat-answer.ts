/** From the result of an operation to a chat completion on OpenAI's wire, whole or in chunks. Pure. */
import type { OperationRecord } from "../../model/record.ts"
import type { GenerateResult, Usage } from "../../model/result.ts"
import { NO_USAGE } from "../../model/result.ts"
import type { Waybill } from "../../protocol/openai.ts"

/** What all pieces of one answer have in common. */
export interface Envelope {
  readonly id: string
  /** Seconds since the epoch. */
  readonly created: number
  readonly model: string
}

const FINISH_REASONS = {
  stop: "stop",
  length: "length",
  "content-filter": "content_filter",
  "tool-calls": "tool_calls",
  error: "stop",
  other: "stop",
} as const

export function completion(envelope: Envelope, result: GenerateResult, record: OperationRecord, waybill: Waybill) {
  const { text, toolCalls, reasoning } = result
  const message = {
    role: "assistant",
    content: text === "" && toolCalls.length > 0 ? null : text,
    refusal: null,
    ...(reasoning.length > 0 ? { reasoning_content: reasoning.map((part) => part.text).join("") } : {}),
    ...(toolCalls.length > 0 ? { tool_calls: toolCalls.map(wireCall) } : {}),
  }
  return {
    ...envelope,
    object: "chat.completion",
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason(result) }],
    usage: chatUsage(record),
    waybill,
  }
}

export function textChunk(envelope: Envelope, content: string) {
  return chunk(envelope, { content })
}

/** A stream begins by saying who speaks. */
export function firstChunk(envelope: Envelope) {
  return chunk(envelope, { role: "assistant", content: "" })
}

/** What follows the text: the calls, then the reason for the end, with how the answer came about. */
export function lastChunks(envelope: Envelope, result: GenerateResult, waybill: Waybill) {
  const calls = result.toolCalls.map((call, index) => ({ index, ...wireCall(call) }))
  return [
    ...(calls.length > 0 ? [chunk(envelope, { tool_calls: calls })] : []),
    { ...chunk(envelope, {}, finishReason(result)), waybill },
  ]
}

export function usageChunk(envelope: Envelope, record: OperationRecord) {
  return { ...envelope, object: "chat.completion.chunk", choices: [], usage: chatUsage(record) }
}

function chunk(envelope: Envelope, delta: object, finish: string | null = null) {
  const choice = { index: 0, delta, logprobs: null, finish_reason: finish }
  return { ...envelope, object: "chat.completion.chunk", choices: [choice] }
}

function wireCall({ id, name, input, metadata }: GenerateResult["toolCalls"][number]) {
  return {
    id,
    type: "function",
    function: { name, arguments: JSON.stringify(input) },
    ...(metadata === undefined ? {} : { extra_content: metadata }),
  }
}

function finishReason({ toolCalls, finishReason: { unified } }: GenerateResult): string {
  return toolCalls.length > 0 ? "tool_calls" : FINISH_REASONS[unified]
}

/** What the attempt that answered used; what others used is in the cost. */
export function usageOf(record: OperationRecord): Usage {
  return record.attempts.find(({ outcome }) => outcome === "succeeded")?.usage ?? NO_USAGE
}

function chatUsage(record: OperationRecord) {
  const { inputTokens, outputTokens, cacheReadTokens, reasoningTokens } = usageOf(record)
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cacheReadTokens },
    completion_tokens_details: { reasoning_tokens: reasoningTokens },
  }
}
