/**
 * Reads what the AI SDK's provider layer gives back, whole or streamed, into one provider-neutral `Answer`.
 * Nothing is judged here: an empty, refused or truncated answer is still an answer.
 */
import type {
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
  SharedV4ProviderMetadata,
} from "@ai-sdk/provider"
import { type Json, toJson } from "../lib/json.ts"
import type { ReasoningPart, ToolCallPart } from "../model/message.ts"
import type { FinishReason, Usage } from "../model/result.ts"

export interface Answer {
  readonly text: string
  readonly toolCalls: readonly ToolCallPart[]
  readonly reasoning: readonly ReasoningPart[]
  readonly finishReason: FinishReason
  readonly usage?: Usage
  readonly responseId?: string
  readonly responseModel?: string
  readonly metadata?: SharedV4ProviderMetadata
  /** Arguments of a tool call that were not JSON. */
  readonly brokenToolInput?: string
}

/** What the package put into its stream as an error; the wire says what it means. */
export class StreamError extends Error {
  override readonly name = "StreamError"
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : "The stream carried an error.", { cause })
  }
}

export function answerOf(result: LanguageModelV4GenerateResult): Answer {
  const { response, providerMetadata } = result
  return {
    ...contentOf(result.content),
    finishReason: finishReasonOf(result.finishReason),
    ...usageOf(result.usage),
    ...(response?.id === undefined ? {} : { responseId: response.id }),
    ...(response?.modelId === undefined ? {} : { responseModel: response.modelId }),
    ...(providerMetadata ? { metadata: providerMetadata } : {}),
  }
}

export interface StreamWatcher {
  /** A piece of text arrived. */
  onText(text: string): void
  /** Anything arrived: so many characters of the answer, thoughts and tool calls included; `undefined`: none of it. */
  onPart(outputChars: number | undefined): void
}

function outputChars(part: LanguageModelV4StreamPart): number | undefined {
  switch (part.type) {
    case "text-delta":
    case "reasoning-delta":
    case "tool-input-delta":
      return part.delta.length
    case "tool-input-start":
    case "tool-call":
      return 0
    default:
      return undefined
  }
}

/** Reads a stream to its end. Throws `StreamError` when it carries an error, and whatever the stream itself throws. */
export async function readStream(
  stream: ReadableStream<LanguageModelV4StreamPart>,
  watcher: StreamWatcher,
): Promise<Answer> {
  const draft = new Draft()
  for await (const part of stream) {
    watcher.onPart(outputChars(part))
    if (part.type === "error") throw new StreamError(part.error)
    if (part.type === "text-delta") watcher.onText(part.delta)
    draft.add(part)
  }
  return draft.answer()
}

/** Collects stream parts. Blocks keep the order in which they began. */
class Draft {
  readonly #blocks = new Map<
    string,
    { type: "text" | "reasoning"; text: string; providerMetadata?: SharedV4ProviderMetadata }
  >()
  readonly #content: LanguageModelV4Content[] = []
  #finishReason: LanguageModelV4FinishReason = { unified: "other", raw: undefined }
  #rest: Partial<Answer> = {}

  add(part: LanguageModelV4StreamPart): void {
    switch (part.type) {
      case "text-start":
      case "reasoning-start": {
        const block = { type: part.type === "text-start" ? ("text" as const) : ("reasoning" as const), text: "" }
        this.#blocks.set(`${block.type}:${part.id}`, block)
        this.#content.push(block)
        return this.#note(block.type, part)
      }
      case "text-delta":
      case "reasoning-delta": {
        const type = part.type === "text-delta" ? "text" : "reasoning"
        const block = this.#blocks.get(`${type}:${part.id}`)
        if (block) block.text += part.delta
        return this.#note(type, part)
      }
      case "text-end":
        return this.#note("text", part)
      case "reasoning-end":
        return this.#note("reasoning", part)
      case "tool-call":
        this.#content.push(part)
        return
      case "response-metadata":
        this.#rest = {
          ...this.#rest,
          ...(part.id === undefined ? {} : { responseId: part.id }),
          ...(part.modelId === undefined ? {} : { responseModel: part.modelId }),
        }
        return
      case "finish":
        this.#finishReason = part.finishReason
        this.#rest = {
          ...this.#rest,
          ...usageOf(part.usage),
          ...(part.providerMetadata ? { metadata: part.providerMetadata } : {}),
        }
    }
  }

  answer(): Answer {
    return { ...contentOf(this.#content), finishReason: finishReasonOf(this.#finishReason), ...this.#rest }
  }

  /** Signatures arrive with the start, the end or a delta of their block: the last one stands. */
  #note(
    type: "text" | "reasoning",
    part: { readonly id: string; readonly providerMetadata?: SharedV4ProviderMetadata },
  ): void {
    const block = this.#blocks.get(`${type}:${part.id}`)
    if (!block || !part.providerMetadata) return
    block.providerMetadata = mergeMetadata(block.providerMetadata, part.providerMetadata)
  }
}

function mergeMetadata(
  old: SharedV4ProviderMetadata | undefined,
  more: SharedV4ProviderMetadata,
): SharedV4ProviderMetadata {
  const merged = { ...old }
  for (const [provider, values] of Object.entries(more)) merged[provider] = { ...merged[provider], ...values }
  return merged
}

function contentOf(content: readonly LanguageModelV4Content[]) {
  let text = ""
  const toolCalls: ToolCallPart[] = []
  const reasoning: ReasoningPart[] = []
  let brokenToolInput: string | undefined
  for (const part of content) {
    if (part.type === "text") text += part.text
    else if (part.type === "reasoning") reasoning.push({ type: "reasoning", text: part.text, ...metadataOf(part) })
    else if (part.type === "tool-call" && !part.providerExecuted) {
      const input = parseInput(part.input)
      if (input === undefined) brokenToolInput ??= part.input
      else toolCalls.push({ type: "tool-call", id: part.toolCallId, name: part.toolName, input, ...metadataOf(part) })
    }
  }
  return { text, toolCalls, reasoning, ...(brokenToolInput === undefined ? {} : { brokenToolInput }) }
}

function metadataOf(part: { readonly providerMetadata?: SharedV4ProviderMetadata }) {
  return part.providerMetadata ? { metadata: toJson(part.providerMetadata, "providerMetadata") } : {}
}

/** A call without arguments is often sent as an empty text. */
function parseInput(input: string): Json | undefined {
  if (input.trim() === "") return {}
  try {
    return JSON.parse(input)
  } catch {
    return undefined
  }
}

function finishReasonOf({ unified, raw }: LanguageModelV4FinishReason): FinishReason {
  return { unified: unified === "interrupted" ? "other" : unified, ...(raw === undefined ? {} : { raw }) }
}

/** Packages whose provider counted nothing leave the totals out, or make them 0. */
function usageOf({ inputTokens, outputTokens }: LanguageModelV4Usage): { readonly usage?: Usage } {
  if (!inputTokens.total && !outputTokens.total) return {}
  return {
    usage: {
      inputTokens: inputTokens.total ?? 0,
      outputTokens: outputTokens.total ?? 0,
      cacheReadTokens: inputTokens.cacheRead ?? 0,
      cacheWriteTokens: inputTokens.cacheWrite ?? 0,
      reasoningTokens: outputTokens.reasoning ?? 0,
    },
  }
}
