/** Errors on the wire: problem+json (RFC 9457) with our `code`, and a remedy for people. */
import { z } from "zod"
import { ERROR_CODES } from "../lib/error-codes.ts"
import type { ErrorData } from "../lib/errors.ts"
import { anyJson, named } from "./wire.ts"

export const PROBLEM_TYPE = "application/problem+json"

const Issue = z.object({
  path: z.string().meta({ description: "Where, such as `input.customer.email`." }),
  message: z.string().meta({ description: "What was expected there." }),
})

export const Problem = named(
  "Problem",
  z.object({
    type: z.string().meta({ description: "`urn:waybill:problem:` and the code." }),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: "What callers match on; it never changes its meaning." }),
    detail: z.string().meta({ description: "What was found and what was expected." }),
    remedy: z.string().meta({ description: "What to do about it." }),
    path: z.string().exactOptional().meta({ description: "Where in the input, graph or run the error is." }),
    issues: z.array(Issue).readonly().exactOptional().meta({ description: "Everything that is wrong, by path." }),
    details: z.record(z.string(), anyJson).exactOptional().meta({ description: "More facts for programs." }),
  }),
)
export type Problem = z.infer<typeof Problem>

/** An error as a run or a step shows it: as the log holds it, with the remedy beside it. */
export const ErrorView = named(
  "Error",
  z.object({
    code: z.string(),
    message: z.string(),
    remedy: z.string(),
    path: z.string().exactOptional(),
    details: z.record(z.string(), anyJson).exactOptional(),
  }),
)
export type ErrorView = z.infer<typeof ErrorView>

/** The problem that tells of `error`. */
export function problemOf(error: ErrorData): Problem {
  const { code, message, path, details = {} } = error
  const { issues, ...facts } = details
  const { status, remedy } = ERROR_CODES[code]
  const listed = z.array(Issue).safeParse(issues)
  return {
    type: `urn:waybill:problem:${code}`,
    title: titleOf(code),
    status,
    code,
    detail: message,
    remedy,
    ...(path === undefined ? {} : { path }),
    ...(listed.success ? { issues: listed.data } : {}),
    ...(Object.keys(facts).length > 0 ? { details: plain(facts) } : {}),
  }
}

/** `error` with its remedy. */
export function errorView(error: ErrorData): ErrorView {
  const { code, message, path, details } = error
  return {
    code,
    message,
    remedy: ERROR_CODES[code].remedy,
    ...(path === undefined ? {} : { path }),
    ...(details === undefined ? {} : { details: plain(details) }),
  }
}

/** Details are plain JSON wherever they come from; what JSON cannot hold is dropped instead of failing the answer. */
function plain(details: Readonly<Record<string, unknown>>): Problem["details"] & object {
  return JSON.parse(JSON.stringify(details))
}

function titleOf(code: string): string {
  const words = code.replaceAll("_", " ")
  return words.charAt(0).toUpperCase() + words.slice(1)
}
