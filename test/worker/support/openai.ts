/** OpenAI's own client and the AI SDK's provider, at the door of the Worker under test. */
import { exports } from "cloudflare:workers"
import { createOpenAICompatible } from "@ai-sdk/openai-compatible"
import OpenAI from "openai"
import type { ChatCompletionCreateParamsNonStreaming } from "openai/resources/chat/completions"
import { get, ORIGIN } from "./client.ts"

const BASE = `${ORIGIN}/openai/v1`
const served: typeof fetch = (input, init) => exports.default.fetch(new Request(input, init))
export const client = new OpenAI({ apiKey: "none", baseURL: BASE, fetch: served })
export const sdk = createOpenAICompatible({
  name: "waybill",
  baseURL: BASE,
  fetch: served,
  supportsStructuredOutputs: true,
})

export const QUESTION = [{ role: "user" as const, content: "Who are you?" }]
export const CITY = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
}
export const WEATHER = {
  type: "function" as const,
  function: { name: "weather", description: "Of a city.", parameters: CITY },
}

type ChatOptions = Partial<ChatCompletionCreateParamsNonStreaming>

export const complete = (model: string, more: ChatOptions = {}, options: OpenAI.RequestOptions = {}) =>
  client.chat.completions.create({ model, messages: QUESTION, ...more }, options)

/** What the model named `echo` was sent. */
export async function echoed(more: ChatOptions): Promise<Record<string, unknown>> {
  const { choices } = await complete("openai-compatible/echo", more)
  return JSON.parse(choices[0]?.message.content ?? "")
}

/** The operation that the header of an answer names. */
export async function logged(response: Response) {
  return (await get(`/v1/operations/${response.headers.get("x-waybill-operation")}`)).body
}

export async function errorOf(work: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (thrown instanceof OpenAI.APIError) return thrown
  throw new Error(`expected an error of the API, found ${thrown}`)
}

export async function streamed(model: string): Promise<string> {
  let text = ""
  const stream = await client.chat.completions.create({ model, messages: QUESTION, stream: true })
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ""
  return text
}
