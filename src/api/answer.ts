/** Answers as JSON. */
import type { ErrorData } from "../lib/errors.ts"
import { PROBLEM_TYPE, problemOf } from "../protocol/problem.ts"

export function json(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return Response.json(value, { status, headers })
}

/** The answer that tells of `error`. */
export function problemAnswer(error: ErrorData, headers: Readonly<Record<string, string>> = {}): Response {
  const problem = problemOf(error)
  return json(problem, problem.status, { ...headers, "content-type": PROBLEM_TYPE })
}
