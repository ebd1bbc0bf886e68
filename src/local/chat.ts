/**
 * `POST /v1/chat/completions` for the embedded models: gathers the text that a question is about, lets the model answer,
 * and hands the answer to `chat-reply.ts` to be worded as OpenAI would.
 *
 * What a model looks at: the last user message. System messages are instructions, which these models cannot follow; they
 * are counted and otherwise ignored. `ocr` looks at the images alone.
 */
import type { Json } from "../lib/json.ts"
import type { Engines } from "./engines.ts"
import { answer } from "./extract/answer.ts"
import { readSource } from "./extract/source.ts"
import { imageBytes } from "./image.ts"
import { type Method, type ModelName, wrongEndpoint } from "./models.ts"
import type { ChatRequest, ContentPart } from "./requests.ts"
import { estimateTokens } from "./tokens.ts"
import { wireError } from "./wire-error.ts"

export interface ChatAnswer {
  readonly model: ModelName
  /** The answer, or null when it is refused. */
  readonly content: string | null
  readonly refusal: string | null
  readonly promptTokens: number
  readonly waybill: {
    readonly method: Method
    readonly confidence?: number
    readonly fields?: Readonly<Record<string, { readonly confidence: number; readonly evidence: string }>>
  }
}

/** Throws a 400 wire error for what the model cannot do. */
export async function chat(model: ModelName, request: ChatRequest, engines: Engines): Promise<ChatAnswer> {
  if (model === "embed" || model === "moderate") throw wrongEndpoint(model)
  refuseUnsupported(model, request)
  if (model === "template") return templateAnswer(request)
  const question = await readQuestion(request, engines)
  return model === "ocr" ? ocrAnswer(request, question, engines) : extractAnswer(request, question, engines)
}

function refuseUnsupported(model: ModelName, { tools, tool_choice, n }: ChatRequest): void {
  if (tools && tools.length > 0 && tool_choice !== "none") {
    const message = `The model "${model}" cannot call tools. Leave out "tools", or use a language model (UPSTREAM_BASE_URL or a provider's key).`
    throw wireError(400, "unsupported_parameter", message, "tools")
  }
  if (n !== undefined && n !== null && n !== 1)
    throw wireError(
      400,
      "unsupported_parameter",
      `Found n: ${n}. This model has one answer to a question; leave "n" out.`,
      "n",
    )
}

function templateAnswer(request: ChatRequest): ChatAnswer {
  const template = request.waybill?.template
  if (template === undefined) {
    const message =
      "There is no template to answer with, and no language model to write one. Give the step a `template` closure, " +
      "set UPSTREAM_BASE_URL to an OpenAI-compatible server, or configure a provider's key."
    throw wireError(400, "template_missing", message, "waybill.template")
  }
  const promptTokens = estimateTokens(messagesText(request))
  return {
    model: "template",
    content: template,
    refusal: null,
    promptTokens,
    waybill: { method: "template", confidence: 1 },
  }
}

interface Question {
  readonly text: string
  readonly imageTexts: readonly string[]
  /** How sure the reader is of the images' letters. */
  readonly imageConfidence: number
  readonly promptTokens: number
}

async function readQuestion(request: ChatRequest, engines: Engines): Promise<Question> {
  const index = request.messages.findLastIndex(({ role }) => role === "user")
  const content = request.messages[index]?.content
  if (index < 0 || content === undefined || content === null || content.length === 0)
    throw wireError(400, "invalid_request", "Expected a user message with text or images.", "messages")
  const parts: readonly ContentPart[] = typeof content === "string" ? [{ type: "text", text: content }] : content
  const images = parts.flatMap((part, at) =>
    part.type === "image_url"
      ? [imageBytes(part.image_url.url, `messages[${index}].content[${at}].image_url.url`)]
      : [],
  )
  const readings = await Promise.all(images.map((image) => engines.reader.read(image)))
  const imageTexts = readings.map((reading) => reading.text)
  return {
    text: parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n"),
    imageTexts,
    imageConfidence: readings.reduce((sum, { confidence }) => sum + confidence, 0) / Math.max(1, readings.length),
    promptTokens:
      estimateTokens(messagesText(request)) + imageTexts.reduce((sum, text) => sum + estimateTokens(text), 0),
  }
}

async function ocrAnswer(request: ChatRequest, question: Question, engines: Engines): Promise<ChatAnswer> {
  if (question.imageTexts.length === 0) {
    const message =
      'The model "ocr" reads images, and the last user message has none. Add an image_url part with a data: URL, or use the model "extract" for text.'
    throw wireError(400, "image_missing", message, "messages")
  }
  const text = question.imageTexts.join("\n\n")
  const format = request.response_format?.type ?? "text"
  if (format !== "text") return structured("ocr", text, request, question, engines)
  const confidence = Math.round(question.imageConfidence * 1000) / 1000
  return {
    model: "ocr",
    content: text,
    refusal: null,
    promptTokens: question.promptTokens,
    waybill: { method: "ocr", confidence },
  }
}

async function extractAnswer(request: ChatRequest, question: Question, engines: Engines): Promise<ChatAnswer> {
  const format = request.response_format?.type ?? "text"
  if (format === "text") {
    const message =
      'The model "extract" fills a JSON schema and writes no text. Send response_format: { "type": "json_schema", … }, or use a language model (UPSTREAM_BASE_URL or a provider\'s key).'
    throw wireError(400, "schema_missing", message, "response_format")
  }
  const text = [question.text, ...question.imageTexts].filter((part) => part !== "").join("\n\n")
  return structured("extract", text, request, question, engines)
}

/** Characters that are searched for answers: some 50 pages. */
const MAX_SOURCE_CHARACTERS = 200_000

async function structured(
  model: ModelName,
  text: string,
  request: ChatRequest,
  { promptTokens }: Question,
  engines: Engines,
): Promise<ChatAnswer> {
  const method = "extractive"
  if (text.length > MAX_SOURCE_CHARACTERS) {
    const message = `The text has ${text.length} characters; at most ${MAX_SOURCE_CHARACTERS} are searched. Send the part that matters.`
    throw wireError(400, "context_length_exceeded", message, "messages")
  }
  const format = request.response_format
  if (format?.type !== "json_schema") {
    const content = JSON.stringify(factsAsObject(text))
    return { model, content, refusal: null, promptTokens, waybill: { method, confidence: 0.5 } }
  }
  const { examples = [], policyText } = request.waybill ?? {}
  const found = await answer(format.json_schema.schema, { text, examples, policyText }, engines.encoder)
  if (found.type === "refusal")
    return { model, content: null, refusal: found.reason, promptTokens, waybill: { method, confidence: 0 } }
  const { value, confidence, fields } = found
  return { model, content: JSON.stringify(value), refusal: null, promptTokens, waybill: { method, confidence, fields } }
}

/** Without a schema: the labelled values of the text under their labels, or the text itself when it has none. */
function factsAsObject(text: string): Json {
  const { facts } = readSource(text)
  return facts.length === 0 ? { text } : Object.fromEntries(facts.map((fact) => [fact.key, fact.value]))
}

function messagesText({ messages }: ChatRequest): string {
  return messages
    .map(({ content }) => {
      if (typeof content === "string") return content
      return (content ?? []).flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n")
    })
    .join("\n")
}
