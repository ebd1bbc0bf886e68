/** The OpenAPI 3.1 document: written from the endpoints' own schemas, so it cannot say anything else than what they check. */
import { z } from "zod"
import { isJsonObject, type Json, type JsonObject, toJson } from "../lib/json.ts"
import { PROBLEM_TYPE, Problem } from "../protocol/problem.ts"
import { wireSchemas } from "../protocol/wire.ts"
import type { Endpoint } from "./resource.ts"

const OPTIONS = { unrepresentable: "any", uri: (id: string) => `#/components/schemas/${id}` } as const

export function openApiDocument(endpoints: readonly Endpoint[]): JsonObject {
  const paths: Record<string, Record<string, Json>> = {}
  for (const endpoint of endpoints) {
    paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method.toLowerCase()]: operation(endpoint) }
  }
  return {
    openapi: "3.1.0",
    info: { title: "Waybill", version: "1", description: "Agent workflows: start runs, watch them, tell them things." },
    paths,
    components: { schemas: components(), responses: { Problem: problemResponse() } },
  }
}

function operation(endpoint: Endpoint): JsonObject {
  const { summary, description, params, query, headers = {}, body, rawBody, path, method } = endpoint
  const parameters = [
    ...parametersOf(params, "path"),
    ...parametersOf(query, "query"),
    ...Object.entries(headers).map(([name, about]) => ({
      ...{ name, in: "header", required: false, description: about, schema: { type: "string" } },
    })),
  ]
  const requestBody = bodyOf(body, rawBody)
  return {
    operationId: operationId(method, path),
    summary,
    ...(description === undefined ? {} : { description }),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(requestBody ? { requestBody } : {}),
    responses: responsesOf(endpoint),
  }
}

/** `getRunsIdSteps` for `GET /v1/runs/{id}/steps`. */
function operationId(method: string, path: string): string {
  const words = path.replace(/^\/v1/, "").match(/\w+/g) ?? []
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("")
}

function parametersOf(schema: z.ZodType | undefined, place: "path" | "query"): JsonObject[] {
  if (!schema) return []
  const { properties, required } = inline(schema)
  if (!isJsonObject(properties)) return []
  const needed = Array.isArray(required) ? required : []
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = isJsonObject(property) ? property : {}
    return {
      name,
      in: place,
      required: place === "path" || (needed.includes(name) && !("default" in rest)),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    }
  })
}

function bodyOf(body: z.ZodType | undefined, rawBody: readonly string[] | undefined): JsonObject | undefined {
  if (body) return { content: { "application/json": { schema: refOf(body) } } }
  if (!rawBody) return undefined
  return { required: true, content: Object.fromEntries(rawBody.map((type) => [type, {}])) }
}

function responsesOf({ answers, refuse }: Endpoint): JsonObject {
  const listed = Object.entries(answers).map(([status, { description, schema, contentType = "application/json" }]) => {
    const hasContent = schema !== undefined || (Number(status) >= 200 && Number(status) !== 204)
    const content = { [contentType]: schema ? { schema: refOf(schema) } : {} }
    return [status, { description, ...(hasContent ? { content } : {}) }] as const
  })
  return { ...Object.fromEntries(listed), ...(refuse ? {} : { default: { $ref: "#/components/responses/Problem" } }) }
}

function problemResponse(): JsonObject {
  return { description: "A problem (RFC 9457).", content: { [PROBLEM_TYPE]: { schema: refOf(Problem) } } }
}

/** A reference to a named schema; a schema without a name stands where it is. */
function refOf(schema: z.ZodType): JsonObject {
  const id = wireSchemas.get(schema)?.id
  return id === undefined ? inline(schema) : { $ref: OPTIONS.uri(id) }
}

function inline(schema: z.ZodType): JsonObject {
  return plain(z.toJSONSchema(schema, { ...OPTIONS, io: "input" }))
}

/** All named schemas, as they are sent: there, what has a default may be left out, and what we add later breaks nobody. */
function components(): JsonObject {
  const { schemas } = z.toJSONSchema(wireSchemas, { ...OPTIONS, io: "input" })
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, plain(schema)]))
}

/** JSON Schema as OpenAPI 3.1 holds it: without the parts that name the dialect and the document. */
function plain(schema: unknown): JsonObject {
  const json = toJson(JSON.parse(JSON.stringify(schema)))
  if (!isJsonObject(json)) return {}
  const { $schema: _dialect, $id: _id, ...rest } = json
  return rest
}
