/** From a chat request on OpenAI's wire to an operation of ours. What it asks for that we cannot do is refused, not dropped. */
import type { BlobRef } from "../../lib/blob-ref.ts"
import { WaybillError } from "../../lib/errors.ts"
import type { Json } from "../../lib/json.ts"
import type { MediaPart, Message, TextPart, ToolCallPart } from "../../model/message.ts"
import type { GenerateOperation, Sampling, ToolSpec } from "../../model/operation.ts"
import { CHAT_MEMBERS, type ChatBody, type ChatMessage, type UserPart } from "../../protocol/openai.ts"

/** Stores the medium at a `data:` or https URL; `path` is where the URL stands. */
export type Ingest = (url: string, path: string) => Promise<BlobRef>

/** Members that change what is answered and that nothing here can do. */
const UNSUPPORTED = [
  "audio",
  "function_call",
  "functions",
  "logit_bias",
  "logprobs",
  "prediction",
  "web_search_options",
]

const EFFORTS = { none: "none", minimal: "low", low: "low", medium: "medium", high: "high", xhigh: "high" } as const

/** Throws `parameter_unsupported`, `request_invalid` and what `ingest` throws. */
export async function chatOperation(body: ChatBody, ingest: Ingest): Promise<GenerateOperation> {
  for (const name of UNSUPPORTED) if (asksFor(body[name])) throw unsupported(name)
  const messages: Message[] = []
  const names = toolNames(body.messages)
  for (const [index, message] of body.messages.entries())
    messages.push(await messageOf(message, `messages[${index}]`, ingest, names))
  const output = outputOf(body)
  const sampling = samplingOf(body)
  const maxOutputTokens = body.max_completion_tokens ?? body.max_tokens
  return {
    type: "generate",
    messages,
    onTruncated: "answer",
    ...(output ? { output } : {}),
    ...toolsOf(body),
    ...(typeof maxOutputTokens === "number" ? { maxOutputTokens } : {}),
    ...(typeof body.temperature === "number" ? { temperature: body.temperature } : {}),
    ...(body.reasoning_effort ? { reasoningEffort: EFFORTS[body.reasoning_effort] } : {}),
    ...(Object.keys(sampling).length > 0 ? { sampling } : {}),
  }
}

/** Members of the request that change nothing here, for the caller to know. */
export function ignoredMembers(body: ChatBody): readonly string[] {
  return Object.keys(body).filter((name) => !CHAT_MEMBERS.includes(name) && asksFor(body[name]))
}

function asksFor(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return false
  return typeof value !== "object" || Object.keys(value).length > 0
}

function unsupported(name: string): WaybillError {
  return new WaybillError("parameter_unsupported", `Found ${name}, which is not supported here.`, { path: name })
}

async function messageOf(
  message: ChatMessage,
  path: string,
  ingest: Ingest,
  names: ReadonlyMap<string, string>,
): Promise<Message> {
  switch (message.role) {
    case "system":
    case "developer":
      return { role: "system", content: plainText(message.content) }
    case "user": {
      if (typeof message.content === "string") return { role: "user", content: [textPart(message.content)] }
      const content: (TextPart | MediaPart)[] = []
      // One after the other: each may be 25 MB.
      for (const [index, part] of message.content.entries())
        content.push(await userPart(part, `${path}.content[${index}]`, ingest))
      return { role: "user", content }
    }
    case "assistant":
      return { role: "assistant", content: [...assistantTexts(message.content), ...toolCalls(message, path)] }
    case "tool": {
      const { tool_call_id: id, content } = message
      const name = names.get(id)
      if (name === undefined)
        throw invalid(`${path}.tool_call_id`, `found ${JSON.stringify(id)}, expected the id of a call before it`)
      return { role: "tool", content: [{ type: "tool-result", id, name, output: plainText(content) }] }
    }
  }
}

async function userPart(part: UserPart, path: string, ingest: Ingest): Promise<TextPart | MediaPart> {
  switch (part.type) {
    case "text":
      return textPart(part.text)
    case "image_url":
      return { type: "media", media: await ingest(part.image_url.url, `${path}.image_url.url`) }
    case "input_audio": {
      const { data, format } = part.input_audio
      const type = format === "mp3" ? "audio/mpeg" : "audio/wav"
      return { type: "media", media: await ingest(`data:${type};base64,${data}`, `${path}.input_audio.data`) }
    }
    case "file":
      return { type: "media", media: await ingest(part.file.file_data, `${path}.file.file_data`) }
  }
}

type AssistantMessage = Extract<ChatMessage, { role: "assistant" }>

function assistantTexts(content: AssistantMessage["content"]): TextPart[] {
  if (content === undefined || content === null) return []
  if (typeof content === "string") return content === "" ? [] : [textPart(content)]
  return content.map((part) => textPart(part.type === "text" ? part.text : part.refusal))
}

function toolCalls({ tool_calls: calls }: AssistantMessage, path: string): ToolCallPart[] {
  return (calls ?? []).map((call, index) => ({
    type: "tool-call",
    id: call.id,
    name: call.function.name,
    input: parsed(call.function.arguments, `${path}.tool_calls[${index}].function.arguments`),
    ...(call.extra_content === undefined ? {} : { metadata: call.extra_content }),
  }))
}

function parsed(text: string, path: string): Json {
  try {
    return text.trim() === "" ? {} : JSON.parse(text)
  } catch {
    throw invalid(path, "found text that is not JSON")
  }
}

/** Tools by the ids of their calls: on our wire a result says whose it is. */
function toolNames(messages: readonly ChatMessage[]): ReadonlyMap<string, string> {
  const calls = messages.flatMap((message) => (message.role === "assistant" ? (message.tool_calls ?? []) : []))
  return new Map(calls.map((call) => [call.id, call.function.name]))
}

function toolsOf({ tools, tool_choice: choice }: ChatBody): Pick<GenerateOperation, "tools" | "toolChoice"> {
  if (!tools || tools.length === 0) return {}
  const specs = tools.map(
    ({ function: { name, description, parameters } }): ToolSpec => ({
      name,
      description: description ?? "",
      input: parameters ?? { type: "object", properties: {} },
    }),
  )
  if (!choice) return { tools: specs }
  if (typeof choice === "string") return { tools: specs, toolChoice: choice }
  // One tool by name: it is the only one that there is, and must be called.
  const named = specs.filter(({ name }) => name === choice.function.name)
  if (named.length > 0) return { tools: named, toolChoice: "required" }
  throw invalid("tool_choice.function.name", `found ${JSON.stringify(choice.function.name)}, expected one of the tools`)
}

function outputOf({ response_format: format }: ChatBody): GenerateOperation["output"] {
  if (format?.type === "json_object") return { name: "answer", schema: { type: "object" } }
  if (format?.type !== "json_schema") return undefined
  const { name, schema } = format.json_schema
  return { name, schema: schema ?? { type: "object" } }
}

function samplingOf({ top_p, stop, seed, presence_penalty, frequency_penalty }: ChatBody): Sampling {
  return {
    ...(typeof top_p === "number" ? { topP: top_p } : {}),
    ...(stop ? { stopSequences: [stop].flat() } : {}),
    ...(typeof seed === "number" ? { seed } : {}),
    ...(presence_penalty ? { presencePenalty: presence_penalty } : {}),
    ...(frequency_penalty ? { frequencyPenalty: frequency_penalty } : {}),
  }
}

function textPart(text: string): TextPart {
  return { type: "text", text }
}

function plainText(content: string | readonly { readonly text: string }[]): string {
  return typeof content === "string" ? content : content.map(({ text }) => text).join("")
}

function invalid(path: string, found: string): WaybillError {
  return new WaybillError("request_invalid", `${path}: ${found}.`, { path })
}
