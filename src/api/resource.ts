/**
 * The contract of the API: an endpoint says what it takes and what it answers as zod schemas, and has one handler. Requests
 * are checked, and the OpenAPI document is written, from these same schemas. One resource per file; adding one is a new file
 * and an entry in `index.ts`.
 */
import { z } from "zod"
import { schemaIssues } from "../graph/schema.ts"
import { type ErrorData, WaybillError } from "../lib/errors.ts"
import type { Deployment, Env } from "../objects/environment.ts"
import { readJson } from "./body.ts"

/** On whose behalf a request is made. */
export interface Tenant {
  readonly id: string
  readonly plan?: string
}

/** What every handler is given beside its request. */
export interface ApiContext {
  readonly env: Env
  readonly deployment: Deployment
  readonly tenant: Tenant
}

/** One answer of an endpoint. Without a schema, the content is described by its type alone. */
export interface Answer {
  readonly description: string
  readonly schema?: z.ZodType
  /** Default `application/json`. */
  readonly contentType?: string
}

export interface Asked<Params, Query, Body> {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  /** Its body is read already when the endpoint has a `body` schema. */
  readonly request: Request
}

interface EndpointSpec<Params, Query, Body> {
  readonly method: "GET" | "POST" | "PUT" | "DELETE"
  /** As OpenAPI writes it: `/v1/runs/{id}`. */
  readonly path: `/${string}`
  readonly summary: string
  readonly description?: string
  /** Answered to anybody, on nobody's behalf. */
  readonly isPublic?: boolean
  readonly params?: z.ZodType<Params>
  /** Default: none; a parameter that is not named here is refused. */
  readonly query?: z.ZodType<Query>
  /** Headers that matter here, by name. For the document only. */
  readonly headers?: Readonly<Record<string, string>>
  /** The JSON body. A request without a body is read as `{}`. */
  readonly body?: z.ZodType<Body>
  /** Of the JSON body. Default `MAX_BODY_BYTES`. */
  readonly maxBodyBytes?: number
  /** Content types of a body that the handler reads itself. */
  readonly rawBody?: readonly string[]
  /** How its errors are worded. Default: as problems. */
  readonly refuse?: (error: ErrorData) => Response
  /** By status. Problems need not be listed: any endpoint may answer with one. */
  readonly answers: Readonly<Record<number, Answer>>
  handle(asked: Asked<Params, Query, Body>, context: ApiContext): Response | Promise<Response>
}

/** An endpoint as the app and the document hold it, whatever its types are. */
export interface Endpoint extends Omit<EndpointSpec<unknown, unknown, unknown>, "handle"> {
  respond(request: Request, params: Readonly<Record<string, string>>, context: ApiContext): Promise<Response>
}

/** Closes an endpoint over its types: its handler is only ever called with what its schemas let through. */
export function endpoint<Params = undefined, Query = undefined, Body = undefined>(
  spec: EndpointSpec<Params, Query, Body>,
): Endpoint {
  return {
    ...spec,
    async respond(request, params, context) {
      const query = queryOf(request)
      const asked = {
        params: checked(spec.params, params, "path"),
        query: checked<unknown>(spec.query ?? NO_QUERY, query, "query", notNumberIn(query)),
        body: spec.body ? checked(spec.body, await readJson(request, spec.maxBodyBytes), "body") : undefined,
        request,
      }
      // Absent schemas are `undefined` and so are their types; the type checker cannot see that across the conditional.
      return spec.handle(asked as Asked<Params, Query, Body>, context)
    },
  }
}

const NO_QUERY = z.strictObject({})

/** The parameters of a query. Throws `request_invalid` for one that is there twice: which of the two counts is anybody's guess. */
function queryOf(request: Request): Record<string, string> {
  const { searchParams } = new URL(request.url)
  for (const name of new Set(searchParams.keys())) {
    const found = searchParams.getAll(name).length
    if (found > 1)
      throw new WaybillError("request_invalid", `query.${name}: found it ${found} times, expected it once.`, {
        path: `query.${name}`,
      })
  }
  return Object.fromEntries(searchParams)
}

/** A text that is no number is `NaN` by the time that it is refused; what is said is the text. */
function notNumberIn(query: Readonly<Record<string, string>>): z.core.$ZodErrorMap {
  return ({ input, path: [name] = [] }) =>
    Number.isNaN(input) ? `found ${JSON.stringify(query[String(name)])}, expected a number` : undefined
}

/** `value` as `schema` reads it. Throws `request_invalid` with everything that is wrong, each by its path below `root`. */
function checked<Value>(
  schema: z.ZodType<Value> | undefined,
  value: unknown,
  root: string,
  error?: z.core.$ZodErrorMap,
): Value | undefined {
  if (!schema) return undefined
  const parsed = schema.safeParse(value, error && { error })
  if (parsed.success) return parsed.data
  const issues = schemaIssues(parsed.error, root)
  throw new WaybillError("request_invalid", issues.map(({ path, message }) => `${path}: ${message}`).join("; "), {
    path: issues[0]?.path ?? root,
    issues,
  })
}
