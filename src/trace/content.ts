/** Prompts and answers in the shape of the GenAI conventions. Used only where somebody asked for content in spans. */
import type { BlobRef } from "../lib/blob-ref.ts"
import type { Json } from "../lib/json.ts"
import type { Message } from "../model/message.ts"
import type { Operation } from "../model/operation.ts"
import type { FinishReason, OperationResult } from "../model/result.ts"
import { GEN_AI } from "./conventions.ts"
import type { Attributes } from "./otlp.ts"

type Part = { readonly [key: string]: Json }
type ChatMessage = Extract<Message, { content: readonly unknown[] }>

const FINISH_REASONS: Readonly<Record<FinishReason["unified"], string>> = {
  stop: "stop",
  length: "length",
  "content-filter": "content_filter",
  "tool-calls": "tool_call",
  error: "error",
  other: "other",
}

/** What was asked, as JSON text. System messages stand apart from the chat, as the conventions want them. */
export function requestContent(operation: Operation): Attributes {
  switch (operation.type) {
    case "generate": {
      const system = operation.messages.flatMap((message) => (message.role === "system" ? [text(message.content)] : []))
      const chat = operation.messages.filter((message): message is ChatMessage => message.role !== "system")
      return {
        [GEN_AI.systemInstructions]: system.length > 0 ? JSON.stringify(system) : undefined,
        [GEN_AI.inputMessages]: JSON.stringify(chat.map(inputMessage)),
        [GEN_AI.toolDefinitions]: operation.tools && JSON.stringify(operation.tools.map(toolDefinition)),
      }
    }
    case "transcribe":
      return { [GEN_AI.inputMessages]: JSON.stringify([{ role: "user", parts: [media(operation.audio)] }]) }
    default:
      return { [GEN_AI.inputMessages]: JSON.stringify([{ role: "user", parts: operation.texts.map(text) }]) }
  }
}

/** What was answered, as JSON text. Embeddings and scores are no messages. */
export function responseContent(result: OperationResult): Attributes {
  if (result.type === "embed" || result.type === "moderate") return {}
  const parts =
    result.type === "generate"
      ? [
          ...result.reasoning.map((part) => ({ type: "reasoning", content: part.text })),
          ...(result.text === "" ? [] : [text(result.text)]),
          ...result.toolCalls.map((call) => ({
            type: "tool_call",
            id: call.id,
            name: call.name,
            arguments: call.input,
          })),
        ]
      : [text(result.text)]
  const finish = result.type === "generate" ? FINISH_REASONS[result.finishReason.unified] : "stop"
  return { [GEN_AI.outputMessages]: JSON.stringify([{ role: "assistant", parts, finish_reason: finish }]) }
}

function inputMessage({ role, content }: ChatMessage): Part {
  return { role, parts: content.map(inputPart) }
}

function inputPart(part: ChatMessage["content"][number]): Part {
  switch (part.type) {
    case "text":
      return text(part.text)
    case "reasoning":
      return { type: "reasoning", content: part.text }
    case "media":
      return media(part.media)
    case "tool-call":
      return { type: "tool_call", id: part.id, name: part.name, arguments: part.input }
    case "tool-result":
      return { type: "tool_call_response", id: part.id, response: part.output }
  }
}

function text(content: string): Part {
  return { type: "text", content }
}

/** A medium by reference: its bytes have no place in a span. */
function media({ $blob, mediaType }: BlobRef): Part {
  const [kind = ""] = mediaType.split("/")
  const modality = ["image", "video", "audio"].includes(kind) ? kind : "document"
  return { type: "uri", modality, mime_type: mediaType, uri: $blob }
}

function toolDefinition(tool: { readonly name: string; readonly description: string; readonly input: Json }): Part {
  return { type: "function", name: tool.name, description: tool.description, parameters: tool.input }
}
