/** What requests look like: OpenAI's, as far as these models understand them, and the extra field `waybill`. */
import { z } from "zod"
import type { Json } from "../lib/json.ts"
import { wireError } from "./wire-error.ts"

const textPart = z.object({ type: z.literal("text"), text: z.string() })
const imagePart = z.object({ type: z.literal("image_url"), image_url: z.object({ url: z.string() }) })
const contentPart = z.discriminatedUnion("type", [textPart, imagePart], {
  error: 'Expected a content part of type "text" or "image_url"; these models take nothing else',
})
export type ContentPart = z.infer<typeof contentPart>

const message = z.looseObject({
  role: z.enum(["system", "developer", "user", "assistant", "tool", "function"]),
  content: z.union([z.string(), z.array(contentPart), z.null()]).optional(),
})

const responseFormat = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text") }),
  z.object({ type: z.literal("json_object") }),
  z.looseObject({
    type: z.literal("json_schema"),
    json_schema: z.looseObject({ schema: z.record(z.string(), z.unknown()) }),
  }),
])

/** Beyond OpenAI's fields: what a model that is no language model needs to be told apart. */
const waybill = z.object({
  /** What the model `template` answers with. */
  template: z.string().optional(),
  /** Worked answers: evidence for the model `extract`. */
  examples: z.array(z.object({ input: z.string(), output: z.custom<Json>((value) => value !== undefined) })).optional(),
  /** Rules in words; sentences that name an enum value describe that value. */
  policyText: z.string().optional(),
})

export const chatRequest = z.looseObject({
  model: z.string(),
  messages: z.array(message).min(1),
  response_format: responseFormat.optional(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  max_tokens: z.int().positive().nullish(),
  max_completion_tokens: z.int().positive().nullish(),
  n: z.int().nullish(),
  tools: z.array(z.unknown()).nullish(),
  tool_choice: z.unknown().optional(),
  waybill: waybill.optional(),
})
export type ChatRequest = z.infer<typeof chatRequest>

export const embeddingsRequest = z.looseObject({
  model: z.string(),
  input: z.union([z.string(), z.array(z.string()).min(1).max(2048)], {
    error: "Expected a text or a list of 1 to 2048 texts (token arrays are not supported)",
  }),
  encoding_format: z.enum(["float", "base64"]).optional(),
  dimensions: z.int().optional(),
})

export const moderationsRequest = z.looseObject({
  model: z.string().optional(),
  input: z.union([z.string(), z.array(z.string()).min(1), z.array(contentPart).min(1)]),
})

/** Just enough to know whom a request is for. */
export const modelOfRequest = z.looseObject({ model: z.string().optional() })

/** The body as JSON. Throws a 400 wire error that says what was found. */
export function parseJson(body: Uint8Array): unknown {
  const text = new TextDecoder().decode(body)
  try {
    return JSON.parse(text)
  } catch (error) {
    const found = text === "" ? "nothing" : JSON.stringify(text.slice(0, 40))
    const reason = error instanceof Error ? ` (${error.message})` : ""
    throw wireError(400, "invalid_json", `Expected a JSON body, found ${found}${reason}.`)
  }
}

/** The request as `schema` reads it. Throws a 400 wire error that names the first field that is wrong. */
export function parseRequest<Output>(schema: z.ZodType<Output>, body: unknown): Output {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const issue = deepest(parsed.error.issues)
  const param = issue.path.reduce<string>(
    (path, key) => (typeof key === "number" ? `${path}[${key}]` : path === "" ? String(key) : `${path}.${String(key)}`),
    "",
  )
  throw wireError(400, "invalid_request", `${param || "The body"}: ${issue.message}.`, param || null)
}

interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** Of a union's issues the one that got furthest, for it is about what the sender meant. */
function deepest(issues: readonly z.core.$ZodIssue[]): Issue {
  const candidates = issues.flatMap((issue): Issue[] => {
    if (issue.code !== "invalid_union" || issue.errors.every((branch) => branch.length === 0)) return [issue]
    const inner = deepest(issue.errors.flat())
    return [{ path: [...issue.path, ...inner.path], message: inner.path.length > 0 ? inner.message : issue.message }]
  })
  return candidates.reduce(
    (best, issue) => (issue.path.length > best.path.length ? issue : best),
    candidates[0] ?? { path: [], message: "is invalid" },
  )
}
