/**
 * What an endpoint of the business is: a method and path template, a schema for its parameters, and the work.
 * Parameters are the path's, the query's (GET) or the body's (POST), in one object, so each has one name in errors.
 * Validation is apart from execution because, as with Stripe, an invalid request never uses up an idempotency key.
 */
import type { DatabaseSync } from "node:sqlite"
import type { z } from "zod"
import { SandboxError } from "./errors.ts"

export interface Context {
  readonly db: DatabaseSync
  readonly nowMs: number
}

/** A validated request, ready to run. */
export interface Prepared {
  /** The same text for the same request, however its JSON was written. */
  readonly canonical: string
  /** Returns the answer's body; throws `SandboxError`. Synchronous, so that it fits in one transaction. */
  execute(context: Context): unknown
}

export interface Endpoint {
  /** Method and path template, such as "GET /v1/customers/:id": its name in `/_calls` and `/_faults`. */
  readonly name: string
  /** Throws the 400 that names the first wrong parameter. */
  prepare(parameters: Readonly<Record<string, unknown>>): Prepared
}

export function defineEndpoint<Input>(endpoint: {
  name: string
  input: z.ZodType<Input>
  run: (input: Input, context: Context) => unknown
}): Endpoint {
  return {
    name: endpoint.name,
    prepare(parameters) {
      const parsed = endpoint.input.safeParse(parameters)
      if (!parsed.success) throw parameterError(parsed.error, parameters)
      return {
        canonical: `${endpoint.name} ${JSON.stringify(parsed.data)}`,
        execute: (context) => endpoint.run(parsed.data, context),
      }
    },
  }
}

/** The path's parameters when `method` and `path` are this endpoint's, else undefined. */
export function matchEndpoint(name: string, method: string, path: string): Record<string, string> | undefined {
  const [ownMethod, template = ""] = name.split(" ")
  const wanted = template.split("/")
  const given = path.split("/")
  if (method !== ownMethod || wanted.length !== given.length) return undefined
  const parameters: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? ""
    if (part.startsWith(":") && value !== "") parameters[part.slice(1)] = decode(value)
    else if (part !== value) return undefined
  }
  return parameters
}

/** A Stripe-like list. Lists here are short, so all of it is on the one page. */
export function list<Item>(data: readonly Item[]) {
  return { object: "list", data, hasMore: false }
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    throw new SandboxError(400, "parameter_invalid", `The path holds '${value}', which is not percent-encoded text.`)
  }
}

/** The 400 for the first problem zod found. */
export function parameterError(error: z.ZodError, parameters: Readonly<Record<string, unknown>>): SandboxError {
  const [issue] = error.issues
  if (issue === undefined) return new SandboxError(400, "parameter_invalid", "The parameters are invalid.")
  if (issue.code === "unrecognized_keys") {
    const param = issue.keys.join(", ")
    return new SandboxError(400, "parameter_unknown", `Received unknown parameter: ${param}.`, { param })
  }
  const param = issue.path.join(".")
  const [first] = issue.path
  if (issue.path.length === 1 && typeof first === "string" && parameters[first] === undefined)
    return new SandboxError(400, "parameter_missing", `Missing required parameter: ${param}.`, { param })
  return new SandboxError(400, "parameter_invalid", `Invalid ${param || "parameters"}: ${issue.message}.`, { param })
}
