/**
 * The door for OpenAI's clients: chat completions, embeddings, moderations and models, over the same gateway as runs. The
 * model of a request is a route (`route/plan`), an alias of the routing, or `provider/model`.
 */
import { z } from "zod"
import { WaybillError } from "../lib/errors.ts"
import { MAX_DOOR_BODY_BYTES } from "../lib/limits.ts"
import type { ModerationScores } from "../model/result.ts"
import { blobsOf } from "../objects/blobs.ts"
import { ingestField } from "../objects/media.ts"
import {
  ChatBody,
  ChatCompletion,
  EmbeddingBody,
  EmbeddingList,
  Model,
  ModelList,
  ModerationBody,
  Moderations,
  OpenAIError,
} from "../protocol/openai.ts"
import { json } from "./answer.ts"
import { completion, usageOf } from "./openai/chat-answer.ts"
import { chatOperation, type Ingest, ignoredMembers } from "./openai/chat-request.ts"
import { streamChat } from "./openai/chat-stream.ts"
import { failed, refuse } from "./openai/error.ts"
import { listedModels } from "./openai/model-name.ts"
import { doorCall, headerText, serve } from "./openai/serve.ts"
import { type ApiContext, endpoint } from "./resource.ts"

/** OpenAI's clients append what their other doors want, such as an `api-version`. It changes nothing here. */
const anyQuery = z.looseObject({})

const common = {
  refuse,
  query: anyQuery,
  maxBodyBytes: MAX_DOOR_BODY_BYTES,
  headers: {
    "x-waybill-region": "Where data may go, such as `eu`.",
    "x-waybill-tags": "Tags that routing rules may look at, separated by commas.",
  },
}
const refused = { description: "An error as OpenAI words it.", schema: OpenAIError }

export const openai = [
  endpoint({
    ...common,
    method: "POST",
    path: "/openai/v1/chat/completions",
    summary: "Answer a conversation",
    description:
      "With `stream`, as server-sent events whose last chunk says how the answer came about; else the `x-waybill-` headers do.",
    body: ChatBody,
    answers: { 200: { description: "The answer.", schema: ChatCompletion }, 400: refused },
    async handle({ body, request }, context) {
      const user = body.user ?? body.safety_identifier
      const door = { endpoint: "chat.completions", asked: body.model, request, ...(user ? { user } : {}) } as const
      const call = await doorCall("generate", door, context)
      const operation = await chatOperation(body, ingestFor(context))
      const ignored = ignoredMembers(body)
      const headers = ignored.length > 0 ? { "x-waybill-ignored": headerText(ignored.join(", ")) } : {}
      const includeUsage = body.stream_options?.include_usage === true
      if (body.stream === true) return streamChat({ operation, call, includeUsage, headers })
      const served = await serve(operation, call, { signal: request.signal })
      if (served.status === "failed") return failed(served.error, served.failure, { ...headers, ...served.headers })
      const { result, record, waybill } = served
      const created = Math.floor(record.startedAtMs / 1_000)
      const envelope = { id: call.id, created, model: waybill.model ?? body.model }
      return json(completion(envelope, result, record, waybill), 200, { ...headers, ...served.headers })
    },
  }),
  endpoint({
    ...common,
    method: "POST",
    path: "/openai/v1/embeddings",
    summary: "Embed texts",
    body: EmbeddingBody,
    answers: { 200: { description: "One embedding for each text.", schema: EmbeddingList }, 400: refused },
    async handle({ body, request }, context) {
      if (typeof body.dimensions === "number")
        throw new WaybillError("parameter_unsupported", "Found dimensions, which is not supported here.", {
          path: "dimensions",
        })
      const { model: asked, user, encoding_format: encoding } = body
      const door = { endpoint: "embeddings", asked, request, ...(user ? { user } : {}) } as const
      const call = await doorCall("embed", door, context)
      const operation = { type: "embed", texts: [body.input].flat() } as const
      const served = await serve(operation, call, { signal: request.signal })
      if (served.status === "failed") return failed(served.error, served.failure, served.headers)
      const data = served.result.embeddings.map((numbers, index) => ({
        object: "embedding",
        index,
        embedding: encoding === "base64" ? floatsAsBase64(numbers) : numbers,
      }))
      const { inputTokens } = usageOf(served.record)
      const usage = { prompt_tokens: inputTokens, total_tokens: inputTokens }
      const model = served.waybill.model ?? asked
      return json({ object: "list", data, model, usage, waybill: served.waybill }, 200, served.headers)
    },
  }),
  endpoint({
    ...common,
    method: "POST",
    path: "/openai/v1/moderations",
    summary: "Judge texts",
    body: ModerationBody,
    answers: { 200: { description: "One result for each text.", schema: Moderations }, 400: refused },
    async handle({ body, request }, context) {
      const door = { endpoint: "moderations", asked: body.model, request } as const
      const call = await doorCall("moderate", door, context)
      const texts = [body.input].flat().map((part) => (typeof part === "string" ? part : part.text))
      const served = await serve({ type: "moderate", texts }, call, { signal: request.signal })
      if (served.status === "failed") return failed(served.error, served.failure, served.headers)
      const results = served.result.results.map(moderation)
      const model = served.waybill.model ?? body.model
      return json({ id: call.id, model, results, waybill: served.waybill }, 200, served.headers)
    },
  }),
  endpoint({
    refuse,
    query: anyQuery,
    method: "GET",
    path: "/openai/v1/models",
    summary: "List what a request may name as its model",
    answers: { 200: { description: "Routes, aliases and models of the routing.", schema: ModelList } },
    async handle(_asked, context) {
      return json({ object: "list", data: await modelsOf(context) } satisfies z.infer<typeof ModelList>)
    },
  }),
  endpoint({
    refuse,
    query: anyQuery,
    method: "GET",
    path: "/openai/v1/models/{model}",
    summary: "Read one model; its slashes are written %2F",
    params: z.object({ model: z.string() }),
    answers: { 200: { description: "It is there.", schema: Model }, 404: refused },
    async handle({ params }, context) {
      const found = (await modelsOf(context)).find(({ id }) => id === params.model)
      if (found) return json(found)
      throw new WaybillError("model_not_found", `Found the model ${JSON.stringify(params.model)}.`, { path: "model" })
    },
  }),
]

async function modelsOf({ deployment, env }: ApiContext): Promise<readonly Model[]> {
  const { live } = deployment.gateway(env)
  await live.freshen()
  return listedModels(live.current)
}

function ingestFor({ env }: ApiContext): Ingest {
  const host = { blobs: blobsOf(env), fetch: (...args: Parameters<typeof fetch>) => fetch(...args) }
  return async (url, path) => {
    const reference = await ingestField(url, path, host)
    if (reference) return reference
    throw new WaybillError("media_invalid", `${path}: found no data: or https URL.`, { path })
  }
}

/** Little-endian 32-bit floats, as OpenAI packs them. */
function floatsAsBase64(numbers: readonly number[]): string {
  const view = new DataView(new ArrayBuffer(numbers.length * 4))
  for (const [index, number] of numbers.entries()) view.setFloat32(index * 4, number, true)
  return Buffer.from(view.buffer).toString("base64")
}

/** A category holds when it is more likely than not; what is flagged holds for one reason at least. */
function moderation({ flagged, scores }: ModerationScores) {
  const highest = Math.max(...Object.values(scores))
  const threshold = flagged ? Math.min(0.5, highest) : 0.5
  const categories = Object.fromEntries(Object.entries(scores).map(([name, score]) => [name, score >= threshold]))
  return { flagged, categories, category_scores: scores }
}
