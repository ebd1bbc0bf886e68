/** What an operation gives back, and what it used. Provider-neutral, plain JSON. */
import type { Json } from "../lib/json.ts"
import type { ReasoningPart, ToolCallPart } from "./message.ts"

/**
 * Tokens of one attempt, or the sum over several. `inputTokens` is the total: cached reads and writes are parts of it,
 * as `reasoningTokens` are part of `outputTokens`.
 */
export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadTokens: number
  readonly cacheWriteTokens: number
  readonly reasoningTokens: number
  /** Of the cache writes, those that are kept for an hour; only where they cost more. */
  readonly cacheWrite1hTokens?: number
  /** Sound listened to, milliseconds; only where sound is what is paid for. */
  readonly audioMs?: number
}

export const NO_USAGE: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
}

export function addUsage(left: Usage, right: Usage): Usage {
  return {
    inputTokens: left.inputTokens + right.inputTokens,
    outputTokens: left.outputTokens + right.outputTokens,
    cacheReadTokens: left.cacheReadTokens + right.cacheReadTokens,
    cacheWriteTokens: left.cacheWriteTokens + right.cacheWriteTokens,
    reasoningTokens: left.reasoningTokens + right.reasoningTokens,
    ...added("cacheWrite1hTokens", left, right),
    ...added("audioMs", left, right),
  }
}

function added(name: "cacheWrite1hTokens" | "audioMs", { [name]: left }: Usage, { [name]: right }: Usage) {
  return left === undefined && right === undefined ? {} : { [name]: (left ?? 0) + (right ?? 0) }
}

/** Why a model stopped: our word, and the provider's own beside it. */
export interface FinishReason {
  readonly unified: "stop" | "length" | "content-filter" | "tool-calls" | "error" | "other"
  readonly raw?: string
}

export interface GenerateResult {
  readonly type: "generate"
  readonly text: string
  /** The parsed answer, valid against the operation's output schema. Present exactly when a schema was asked for. */
  readonly value?: Json
  readonly toolCalls: readonly ToolCallPart[]
  readonly reasoning: readonly ReasoningPart[]
  readonly finishReason: FinishReason
  /** How a model that is not a language model made this answer (`extractive`, `template`, …); absent for language models. */
  readonly method?: string
}

export interface EmbedResult {
  readonly type: "embed"
  readonly embeddings: readonly (readonly number[])[]
}

/** Scores of one text: category name to probability in [0, 1], and whether the provider itself flagged it. */
export interface ModerationScores {
  readonly flagged: boolean
  readonly scores: Readonly<Record<string, number>>
}

export interface ModerateResult {
  readonly type: "moderate"
  /** One entry per text, in order. */
  readonly results: readonly ModerationScores[]
}

export interface TranscribeResult {
  readonly type: "transcribe"
  readonly text: string
  readonly language?: string
  readonly durationMs?: number
}

export type OperationResult = GenerateResult | EmbedResult | ModerateResult | TranscribeResult

/** The result that answers an operation of the given type. */
export type ResultOf<Type extends OperationResult["type"]> = Extract<OperationResult, { type: Type }>
