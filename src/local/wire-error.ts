/**
 * Errors as OpenAI's API words them: `{ error: { message, type, code, param } }` with the HTTP status. Owns their shape
 * and how any thrown thing becomes one. They are carried by Hono's own exception, so the server needs no error class.
 */
import { HTTPException } from "hono/http-exception"
import type { ContentfulStatusCode } from "hono/utils/http-status"
import { z } from "zod"

export interface WireProblem {
  readonly status: ContentfulStatusCode
  readonly code: string
  readonly message: string
  /** The request field that is wrong, such as `messages[0].content[1].image_url.url`. */
  readonly param: string | null
}

const wireProblem = z.object({
  status: z.custom<ContentfulStatusCode>((value) => typeof value === "number" && value >= 400 && value < 600),
  code: z.string(),
  message: z.string(),
  param: z.string().nullable(),
})

/** Something to throw that answers the request with this status, code and message. */
export function wireError(
  status: ContentfulStatusCode,
  code: string,
  message: string,
  param: string | null = null,
): HTTPException {
  return new HTTPException(status, { message, cause: { status, code, message, param } satisfies WireProblem })
}

/** Throws what crossed a thread as data. */
export function wireErrorFrom(problem: WireProblem): HTTPException {
  return wireError(problem.status, problem.code, problem.message, problem.param)
}

/** What went wrong, as data: ours keeps its code, everything else is a 500 that says what was thrown. */
export function wireProblemOf(thrown: unknown): WireProblem {
  const cause = thrown instanceof Error ? wireProblem.safeParse(thrown.cause) : undefined
  if (cause?.success) return cause.data
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return { status: 500, code: "internal_error", message, param: null }
}

/** The HTTP answer. `retry-after` tells clients that a 503 passes. */
export function wireErrorResponse(problem: WireProblem): Response {
  const { status, code, message, param } = problem
  const type = status >= 500 ? "server_error" : "invalid_request_error"
  return Response.json(
    { error: { message, type, param, code } },
    { status, headers: status === 503 ? { "retry-after": "1" } : {} },
  )
}

export function parseWireProblem(value: unknown): WireProblem {
  return wireProblem.parse(value)
}
