/**
 * OpenAI's wire, as much of it as we speak: requests as schemas, loose because clients send more than they mean. What a
 * request asks for that we cannot do is refused by whoever reads it; members that no schema here names change nothing.
 */
import { z } from "zod"
import { anyJson, named } from "./wire.ts"

const text = z.looseObject({ type: z.literal("text"), text: z.string() })
const image = z.looseObject({ type: z.literal("image_url"), image_url: z.looseObject({ url: z.string() }) })
const audio = z.looseObject({
  type: z.literal("input_audio"),
  input_audio: z.looseObject({ data: z.string(), format: z.enum(["wav", "mp3"]) }),
})
const file = z.looseObject({ type: z.literal("file"), file: z.looseObject({ file_data: z.string() }) })
const refusal = z.looseObject({ type: z.literal("refusal"), refusal: z.string() })

const UserPart = z.discriminatedUnion("type", [text, image, audio, file])
export type UserPart = z.infer<typeof UserPart>

const texts = z.union([z.string(), z.array(text)])

const ToolCall = z.looseObject({
  id: z.string(),
  type: z.literal("function").default("function"),
  function: z.looseObject({ name: z.string(), arguments: z.string() }),
  extra_content: anyJson.optional().meta({ description: "What the model's provider wants back with the call." }),
})

const ChatMessage = z.discriminatedUnion("role", [
  z.looseObject({ role: z.enum(["system", "developer"]), content: texts }),
  z.looseObject({ role: z.literal("user"), content: z.union([z.string(), z.array(UserPart)]) }),
  z.looseObject({
    role: z.literal("assistant"),
    content: z.union([z.string(), z.array(z.discriminatedUnion("type", [text, refusal]))]).nullish(),
    tool_calls: z.array(ToolCall).nullish(),
  }),
  z.looseObject({ role: z.literal("tool"), tool_call_id: z.string(), content: texts }),
])
export type ChatMessage = z.infer<typeof ChatMessage>

const object = z.record(z.string(), anyJson)

const ChatTool = z.looseObject({
  type: z.literal("function"),
  function: z.looseObject({ name: z.string(), description: z.string().nullish(), parameters: object.nullish() }),
})

const ToolChoice = z.union([
  z.enum(["auto", "required", "none"]),
  z.looseObject({ type: z.literal("function"), function: z.looseObject({ name: z.string() }) }),
])

const ResponseFormat = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("text") }),
  z.looseObject({ type: z.literal("json_object") }),
  z.looseObject({
    type: z.literal("json_schema"),
    json_schema: z.looseObject({ name: z.string(), schema: object.optional() }),
  }),
])

const model = z
  .string()
  .min(1)
  .max(200)
  .meta({ description: "`route/<name>`, an alias of the routing, or `provider/model`." })

const positive = z.int().positive().nullish()

/** Members that a chat request may have and that mean something here. */
const chatMembers = {
  model,
  messages: z.array(ChatMessage).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  tools: z.array(ChatTool).nullish(),
  tool_choice: ToolChoice.nullish(),
  response_format: ResponseFormat.nullish(),
  max_tokens: positive,
  max_completion_tokens: positive,
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  seed: z.int().nullish(),
  presence_penalty: z.number().nullish(),
  frequency_penalty: z.number().nullish(),
  reasoning_effort: z.enum(["none", "minimal", "low", "medium", "high", "xhigh"]).nullish(),
  user: z.string().nullish(),
  safety_identifier: z.string().nullish(),
  n: z.literal(1).nullish().meta({ description: "There is one answer to a request." }),
}
export const CHAT_MEMBERS: readonly string[] = Object.keys(chatMembers)

export const ChatBody = named("OpenAIChatRequest", z.looseObject(chatMembers))
export type ChatBody = z.infer<typeof ChatBody>

export const EmbeddingBody = named(
  "OpenAIEmbeddingRequest",
  z.looseObject({
    model,
    input: z.union([z.string(), z.array(z.string()).min(1)]).meta({ description: "Text; tokens are not taken." }),
    encoding_format: z.enum(["float", "base64"]).nullish(),
    user: z.string().nullish(),
  }),
)

export const ModerationBody = named(
  "OpenAIModerationRequest",
  z.looseObject({
    model: model.default("route/moderate"),
    input: z.union([z.string(), z.array(z.union([z.string(), text])).min(1)]),
  }),
)

/** What every answer says about how it came about, beside what OpenAI's own hold. */
export const Waybill = z.object({
  operation: z.string().meta({ description: "`GET /v1/operations/{id}` explains it." }),
  decision: z.string(),
  model: z.string().exactOptional().meta({ description: "`provider/model` that answered." }),
  cost_usd: z.string().meta({ description: "Exact decimal text: all attempts of this request." }),
})
export type Waybill = z.infer<typeof Waybill>

export const ChatCompletion = named(
  "OpenAIChatCompletion",
  z.looseObject({
    id: z.string(),
    object: z.literal("chat.completion"),
    created: z.int(),
    model: z.string(),
    choices: z.array(z.looseObject({ index: z.int(), message: object, finish_reason: z.string() })),
    usage: object,
    waybill: Waybill,
  }),
)

export const EmbeddingList = named(
  "OpenAIEmbeddings",
  z.looseObject({
    object: z.literal("list"),
    data: z.array(z.looseObject({ object: z.literal("embedding"), index: z.int(), embedding: anyJson })),
    model: z.string(),
    usage: object,
    waybill: Waybill,
  }),
)

export const Moderations = named(
  "OpenAIModerations",
  z.looseObject({
    id: z.string(),
    model: z.string(),
    results: z.array(
      z.looseObject({
        flagged: z.boolean(),
        categories: z.record(z.string(), z.boolean()),
        category_scores: z.record(z.string(), z.number()),
      }),
    ),
    waybill: Waybill,
  }),
)

export const Model = named(
  "OpenAIModel",
  z.object({ id: z.string(), object: z.literal("model"), created: z.int(), owned_by: z.string() }),
)
export type Model = z.infer<typeof Model>

export const ModelList = named("OpenAIModels", z.object({ object: z.literal("list"), data: z.array(Model).readonly() }))

export const OpenAIError = named(
  "OpenAIError",
  z.object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string(),
    }),
  }),
)
