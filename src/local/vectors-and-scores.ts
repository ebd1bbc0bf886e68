/** `POST /v1/embeddings` and `POST /v1/moderations`: the sentence encoder and the moderator in OpenAI's words. */
import type { z } from "zod"
import { EMBEDDING_DIMENSIONS } from "./embed/embedder.ts"
import type { Engines } from "./engines.ts"
import { imageBytes } from "./image.ts"
import { FINGERPRINT, type ModelName, wrongEndpoint } from "./models.ts"
import type { Moderation } from "./moderate/moderator.ts"
import type { ContentPart, embeddingsRequest, moderationsRequest } from "./requests.ts"
import { estimateTokens } from "./tokens.ts"
import { wireError } from "./wire-error.ts"

/** Tokens of one text; what is longer would only blur its vector. */
const MAX_TEXT_TOKENS = 8192

export async function embeddings(model: ModelName, request: z.infer<typeof embeddingsRequest>, engines: Engines) {
  if (model !== "embed") throw wrongEndpoint(model)
  if (request.dimensions !== undefined && request.dimensions !== EMBEDDING_DIMENSIONS) {
    const message = `Found dimensions: ${request.dimensions}. The model "embed" has ${EMBEDDING_DIMENSIONS}.`
    throw wireError(400, "unsupported_parameter", message, "dimensions")
  }
  const texts = [request.input].flat()
  const tokens = texts.map(estimateTokens)
  const long = tokens.findIndex((count) => count > MAX_TEXT_TOKENS)
  if (long >= 0) {
    const message = `The text at position ${long} has about ${tokens[long]} tokens; at most ${MAX_TEXT_TOKENS} are embedded. Split it.`
    throw wireError(400, "text_too_long", message, "input")
  }
  const vectors = await engines.encoder.embed(texts)
  const total = tokens.reduce((sum, count) => sum + count, 0)
  const asBase64 = request.encoding_format === "base64"
  const body = {
    object: "list",
    data: vectors.map((vector, index) => ({
      object: "embedding",
      index,
      embedding: asBase64 ? base64Of(vector) : [...vector],
    })),
    model: "local/embed",
    system_fingerprint: FINGERPRINT,
    usage: { prompt_tokens: total, total_tokens: total },
    waybill: { method: "embedding" },
  }
  return Response.json(body, { headers: { "x-waybill-method": "embedding" } })
}

/** Little-endian 32-bit floats: what OpenAI's own clients ask for unless told otherwise. */
function base64Of(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4)
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4)
  return bytes.toString("base64")
}

export async function moderations(
  model: ModelName,
  request: z.infer<typeof moderationsRequest>,
  engines: Engines,
  id: string,
): Promise<Response> {
  if (model !== "moderate") throw wrongEndpoint(model)
  const subjects = await subjectsOf(request.input, engines)
  const results = await Promise.all(
    subjects.map(async (subject) => result(await engines.moderator.moderate(subject.text), subject)),
  )
  const body = {
    id,
    model: "local/moderate",
    system_fingerprint: FINGERPRINT,
    results,
    waybill: { method: "classifier" },
  }
  return Response.json(body, { headers: { "x-waybill-method": "classifier" } })
}

interface Subject {
  readonly text: string
  readonly inputTypes: readonly ("text" | "image")[]
}

/** One subject for each text of a list; the parts of one message together are one subject, images by what is written in them. */
async function subjectsOf(input: z.infer<typeof moderationsRequest>["input"], { reader }: Engines): Promise<Subject[]> {
  if (typeof input === "string") return [{ text: input, inputTypes: ["text"] }]
  const texts = input.filter((part) => typeof part === "string")
  if (texts.length > 0) return texts.map((text) => ({ text, inputTypes: ["text"] }))
  const parts = input.filter((part): part is ContentPart => typeof part !== "string")
  const read = await Promise.all(
    parts.map(async (part, index) =>
      part.type === "text"
        ? part.text
        : (await reader.read(imageBytes(part.image_url.url, `input[${index}].image_url.url`))).text,
    ),
  )
  const inputTypes = [...new Set(parts.map((part) => (part.type === "text" ? ("text" as const) : ("image" as const))))]
  return [{ text: read.join("\n\n"), inputTypes }]
}

function result({ flagged, categories, scores, worst }: Moderation, { inputTypes }: Subject) {
  const applied = Object.fromEntries(Object.keys(categories).map((category) => [category, inputTypes]))
  return {
    flagged,
    categories,
    category_scores: scores,
    category_applied_input_types: applied,
    waybill: { confidence: confidenceOf(scores), evidence: worst },
  }
}

/** How far the highest score is from the point where it would tip over. */
function confidenceOf(scores: Moderation["scores"]): number {
  const highest = Math.max(...Object.values(scores))
  return Math.round(Math.max(highest, 1 - highest) * 1000) / 1000
}
