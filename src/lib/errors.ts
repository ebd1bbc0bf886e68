/**
 * The one error class. It crosses Durable Object RPC, the log and HTTP as data (`ErrorData`), so callers match on
 * `code` and never with `instanceof`. What each code means stands in `error-codes.ts`.
 */
import { ERROR_CODES, type ErrorCode } from "./error-codes.ts"

/** An error as data: what the log, the HTTP answers and RPC carry. */
export interface ErrorData {
  readonly code: ErrorCode
  readonly message: string
  /** Where in the input, graph or configuration the error is, when it is somewhere. */
  readonly path?: string
  /** More facts for programs: plain JSON. */
  readonly details?: Readonly<Record<string, unknown>>
}

export class WaybillError extends Error {
  override readonly name = "WaybillError"
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>

  /** `details.path`, when given, says where the error is. The remedy of the code is appended by whoever shows the error. */
  constructor(
    code: ErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.code = code
    this.details = details
  }

  get status(): number {
    return ERROR_CODES[this.code].status
  }

  get remedy(): string {
    return ERROR_CODES[this.code].remedy
  }

  toJSON(): ErrorData {
    const { path, ...details } = this.details
    return {
      code: this.code,
      message: this.message,
      ...(typeof path === "string" ? { path } : {}),
      ...(Object.keys(details).length > 0 ? { details } : {}),
    }
  }
}

/** Whether `code` is one of ours. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === "string" && Object.hasOwn(ERROR_CODES, code)
}

/**
 * Any thrown thing as data. Ours keep their code, also after crossing RPC (where the class is lost but `code` stays);
 * everything else is `fallback`, with the original's name and message.
 */
export function errorData(thrown: unknown, fallback: ErrorCode = "internal"): ErrorData {
  if (thrown instanceof WaybillError) return thrown.toJSON()
  if (typeof thrown === "object" && thrown !== null) {
    const { code, message, details, path, name } = thrown as Record<string, unknown>
    if (isErrorCode(code)) return fromParts(code, String(message ?? code), details, path)
    if (typeof message === "string")
      return { code: fallback, message: name === "Error" || !name ? message : `${name}: ${message}` }
  }
  return { code: fallback, message: String(thrown) }
}

/** An error to throw from its data. */
export function errorFrom(data: ErrorData): WaybillError {
  return new WaybillError(data.code, data.message, {
    ...data.details,
    ...(data.path === undefined ? {} : { path: data.path }),
  })
}

function fromParts(code: ErrorCode, message: string, details: unknown, path: unknown): ErrorData {
  const facts = typeof details === "object" && details !== null ? (details as Record<string, unknown>) : {}
  return new WaybillError(code, message, typeof path === "string" ? { ...facts, path } : facts).toJSON()
}
