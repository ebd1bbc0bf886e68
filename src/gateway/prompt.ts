/**
 * Turns a generate operation into the call options of the AI SDK's provider layer. What a provider cannot carry natively
 * (a schema, worked examples) becomes words here; what only its author understands (thought signatures, provider options)
 * is handed back untouched, and only to the provider that it came from.
 */
import type {
  LanguageModelV4CallOptions,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  SharedV4ProviderOptions,
} from "@ai-sdk/provider"
import type { BlobRef } from "../lib/blob-ref.ts"
import { isJsonObject, type Json } from "../lib/json.ts"
import type { MediaPart, Message, TextPart, ToolResultPart } from "../model/message.ts"
import type { GenerateOperation } from "../model/operation.ts"
import type { Capabilities, Provider } from "../providers/provider.ts"
import type { CompiledModel } from "../routing/compiled.ts"

/** Bytes of the operation's media, by blob digest. */
export type MediaBytes = ReadonlyMap<BlobRef["$blob"], Uint8Array>

export interface PromptInput {
  readonly operation: GenerateOperation
  readonly provider: Provider
  readonly model: CompiledModel
  readonly capabilities: Capabilities
  readonly media: MediaBytes
  /** Turns after the operation's own: a wrong answer and what is wrong with it. */
  readonly turns: readonly Message[]
}

/** A system prompt shorter than this is below every provider's smallest cacheable prefix (1,024 tokens). */
const MIN_CACHED_CHARS = 4_000

export function callOptions(input: PromptInput): LanguageModelV4CallOptions {
  const { operation, provider, model, capabilities } = input
  const { output, tools } = operation
  const { stopSequences, ...sampling } = operation.sampling ?? {}
  const maxOutputTokens = operation.maxOutputTokens ?? model.maxOutputTokens
  const temperature = operation.temperature ?? model.temperature
  const providerOptions = optionsFor(operation, provider, model)
  const reasoning = operation.reasoningEffort ?? model.reasoningEffort
  return {
    prompt: promptOf(input),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(reasoning === undefined ? {} : { reasoning }),
    ...sampling,
    ...(stopSequences ? { stopSequences: [...stopSequences] } : {}),
    ...(output && capabilities.structuredOutput === "native"
      ? { responseFormat: { type: "json", schema: output.schema, name: output.name } }
      : {}),
    ...(tools?.length
      ? {
          tools: tools.map(({ name, description, input: inputSchema }) => ({
            type: "function",
            name,
            description,
            inputSchema,
          })),
          toolChoice: { type: operation.toolChoice ?? "auto" },
        }
      : {}),
    ...(providerOptions ? { providerOptions } : {}),
  }
}

/**
 * Options of the provider's wiring, then of the deployment, then of the step: the later ones win, member by member.
 * Undefined when there are none: a package parses whatever it is given, and that takes longer than the rest of the call.
 */
function optionsFor(
  operation: GenerateOperation,
  provider: Provider,
  model: CompiledModel,
): SharedV4ProviderOptions | undefined {
  const steps = operation.providerOptions ?? {}
  const wired = provider.callOptions?.(operation, model.model) ?? {}
  const own = { ...wired[provider.optionsKey], ...model.options, ...steps[provider.optionsKey], ...steps[provider.id] }
  const all = { ...steps, ...wired, ...(Object.keys(own).length > 0 ? { [provider.optionsKey]: own } : {}) }
  return Object.keys(all).length > 0 ? all : undefined
}

function promptOf(input: PromptInput): LanguageModelV4Prompt {
  const { operation, provider, capabilities, turns } = input
  const prompt = [...operation.messages, ...turns].map((message) => toPromptMessage(message, input))
  if (operation.examples?.length && capabilities.examples !== "body") {
    const last = operation.messages.findLastIndex((message) => message.role === "user")
    prompt.splice(Math.max(last, 0), 0, ...exampleTurns(operation.examples))
  }
  if (operation.output && capabilities.structuredOutput === "instruction")
    addInstruction(prompt, schemaInstruction(operation.output.schema))
  return provider.cacheMark ? markCacheable(prompt, provider.cacheMark) : prompt
}

function exampleTurns(examples: NonNullable<GenerateOperation["examples"]>): LanguageModelV4Message[] {
  return examples.flatMap(({ input, output }): LanguageModelV4Message[] => [
    { role: "user", content: [{ type: "text", text: input }] },
    {
      role: "assistant",
      content: [{ type: "text", text: typeof output === "string" ? output : JSON.stringify(output) }],
    },
  ])
}

export function schemaInstruction(schema: Json): string {
  return `Answer with one JSON value that fits this JSON Schema, and with nothing else: no prose, no code fence.\n${JSON.stringify(schema)}`
}

/** Into the first system message, since some wires take only one. */
function addInstruction(prompt: LanguageModelV4Prompt, text: string): void {
  const [first] = prompt
  if (first?.role === "system") prompt[0] = { ...first, content: `${first.content}\n\n${text}` }
  else prompt.unshift({ role: "system", content: text })
}

/** Marks the long system prompt, which other runs share, and the end of a conversation, which its next turn repeats. */
function markCacheable(prompt: LanguageModelV4Prompt, mark: SharedV4ProviderOptions): LanguageModelV4Prompt {
  const conversation = prompt.some(({ role }) => role === "assistant" || role === "tool")
  return prompt.map((message, index) => {
    const shared = message.role === "system" && message.content.length >= MIN_CACHED_CHARS
    const end = conversation && index === prompt.length - 1
    return shared || end ? { ...message, providerOptions: { ...message.providerOptions, ...mark } } : message
  })
}

function toPromptMessage(message: Message, { provider, media }: PromptInput): LanguageModelV4Message {
  switch (message.role) {
    case "system":
      return { role: "system", content: message.content }
    case "user":
      return { role: "user", content: message.content.map((part) => userPart(part, media)) }
    case "assistant":
      return { role: "assistant", content: assistantParts(message, provider) }
    case "tool":
      return { role: "tool", content: message.content.map(toolResult) }
  }
}

type UserContent = Extract<LanguageModelV4Message, { role: "user" }>["content"][number]

function userPart(part: TextPart | MediaPart, media: MediaBytes): UserContent {
  if (part.type === "text") return { type: "text", text: part.text }
  const data = media.get(part.media.$blob)
  if (!data) throw new Error(`Broken invariant: the bytes of ${part.media.$blob} were not loaded`)
  return { type: "file", mediaType: part.media.mediaType, data: { type: "data", data } }
}

type AssistantContent = Extract<LanguageModelV4Message, { role: "assistant" }>["content"]

function assistantParts(message: Extract<Message, { role: "assistant" }>, provider: Provider): AssistantContent {
  return message.content.flatMap((part): AssistantContent => {
    if (part.type === "text") return part.text === "" ? [] : [{ type: "text", text: part.text }]
    const providerOptions = ownMetadata(part.metadata, provider)
    const own = providerOptions ? { providerOptions } : {}
    // Another model's thoughts are not this one's: they would be refused for want of a signature.
    if (part.type === "reasoning") return providerOptions ? [{ type: "reasoning", text: part.text, ...own }] : []
    return [{ type: "tool-call", toolCallId: part.id, toolName: part.name, input: part.input, ...own }]
  })
}

/** The metadata, when it is this provider's. */
function ownMetadata(metadata: Json | undefined, provider: Provider): SharedV4ProviderOptions | undefined {
  if (metadata === undefined || !isJsonObject(metadata)) return undefined
  const own = metadata[provider.optionsKey]
  return own !== undefined && isJsonObject(own) ? { [provider.optionsKey]: own } : undefined
}

function toolResult(part: ToolResultPart) {
  const { output } = part
  const value =
    typeof output === "string"
      ? ({ type: part.isError ? "error-text" : "text", value: output } as const)
      : ({ type: part.isError ? "error-json" : "json", value: output } as const)
  return { type: "tool-result" as const, toolCallId: part.id, toolName: part.name, output: value }
}
