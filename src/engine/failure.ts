/** From whatever a step threw to what the log says about it and what the retry policy looks at. */

import { byteLength } from "../lib/bytes.ts"
import type { ErrorCode } from "../lib/error-codes.ts"
import { type ErrorData, errorData, isErrorCode } from "../lib/errors.ts"
import { FAILURE_CLASSES, type FailureClass } from "../lib/failure-classes.ts"
import { canonicalJson } from "../lib/json.ts"
import { MAX_ERROR_DETAIL_BYTES, MAX_ERROR_DETAILS_BYTES, MAX_ERROR_MESSAGE_CHARS } from "../lib/limits.ts"
import type { StepFailure } from "./retry.ts"

/** Our own errors that say what kind of failure they are by their code alone. */
const CLASS_OF_CODE: Partial<Record<ErrorCode, FailureClass>> = {
  tool_failed: "own_code.tool",
  tool_output_invalid: "own_code.tool",
  tool_input_invalid: "own_code.config",
  graph_invalid: "own_code.config",
  limit_exceeded: "own_code.config",
  workflow_changed: "own_code.config",
  not_json: "own_code.config",
  output_invalid: "own_code.exception",
  step_timeout: "provider.timeout",
  run_cancelled: "cancelled",
  approval_rejected: "own_code.config",
  wait_timeout: "own_code.config",
  step_crashed: "own_code.config",
  blob_missing: "own_code.config",
  blob_corrupt: "own_code.config",
}

export interface ClassifiedFailure extends StepFailure {
  readonly error: ErrorData
}

/** Wraps what a pure closure threw: the same values would make it throw again, so there is no second try. */
export class FinalFailure extends Error {
  constructor(cause: unknown) {
    super("A closure of the step failed.", { cause })
  }
}

/** A failure of the step at `path`. Errors that are not ours are `fallback`. */
export function classifyFailure(thrown: unknown, path: string, fallback: ErrorCode): ClassifiedFailure {
  if (thrown instanceof FinalFailure) return { ...classifyFailure(thrown.cause, path, fallback), final: true }
  const data = plainError(errorData(thrown, fallback))
  const error = data.path === undefined ? { ...data, path } : data
  const { name, retryAfterMs } = facts(thrown)
  return {
    error,
    failureClass: failureClass(error),
    final: name === "NonRetryableError",
    ...(typeof retryAfterMs === "number" ? { retryAfterMs } : {}),
  }
}

/** The error as the log can hold it: long messages are shortened; details that are large or no plain JSON are left out. */
export function plainError({ message, details, ...rest }: ErrorData): ErrorData {
  const kept = details && plainDetails(details)
  return { ...rest, message: shortened(message), ...(kept ? { details: kept } : {}) }
}

function shortened(message: string): string {
  if (message.length <= MAX_ERROR_MESSAGE_CHARS) return message
  return `${message.slice(0, MAX_ERROR_MESSAGE_CHARS)}… (${message.length} characters)`
}

function plainDetails(details: Readonly<Record<string, unknown>>): ErrorData["details"] {
  let room = MAX_ERROR_DETAILS_BYTES
  const kept = Object.entries(details).filter(([, detail]) => {
    const bytes = bytesOf(detail)
    if (bytes > Math.min(room, MAX_ERROR_DETAIL_BYTES)) return false
    room -= bytes
    return true
  })
  return kept.length > 0 ? Object.fromEntries(kept) : undefined
}

/** Infinite for what is no plain JSON, such as an author may throw. */
function bytesOf(detail: unknown): number {
  try {
    return detail === undefined ? 0 : byteLength(canonicalJson(detail))
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

function failureClass(error: ErrorData): FailureClass {
  const named = error.details?.failureClass
  if (FAILURE_CLASSES.some((known) => known === named)) return named as FailureClass
  return (isErrorCode(error.code) && CLASS_OF_CODE[error.code]) || "own_code.exception"
}

function facts(thrown: unknown): { readonly name?: unknown; readonly retryAfterMs?: unknown } {
  return typeof thrown === "object" && thrown !== null ? thrown : {}
}
