/** zod schemas as JSON Schema, and as checks with readable errors. */
import { z } from "zod"
import type { ErrorCode } from "../lib/error-codes.ts"
import { WaybillError } from "../lib/errors.ts"
import { isJsonObject, type JsonObject, toJson } from "../lib/json.ts"

export type Schema<Output = unknown> = z.ZodType<Output>

/** JSON Schema of `schema`, as a caller has to send it (`input`) or as a step gives it (`output`). */
export function jsonSchema(schema: Schema, io: "input" | "output" = "output"): JsonObject {
  const converted = toJson(z.toJSONSchema(schema, { io, unrepresentable: "any", reused: "inline" }))
  if (!isJsonObject(converted)) return {}
  const { $schema: _dialect, "~standard": _standard, ...rest } = converted
  return rest
}

/** One thing that is wrong with a value, and where. */
export interface SchemaIssue {
  readonly path: string
  readonly message: string
}

/** What is wrong with a value, as a list of paths and reasons. */
export function schemaIssues(error: z.ZodError, root: string): SchemaIssue[] {
  return error.issues.map((issue) => ({ path: pathText(root, issue.path), message: reason(issue) }))
}

/** What a value lacks that fits none of several forms is said for each of them: that it fits none helps nobody. */
function reason(issue: z.core.$ZodIssue): string {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return issue.message
  const mismatch = keysMismatch(issue.errors)
  if (mismatch !== undefined) return mismatch
  const forms = issue.errors.map(
    ([first]) => first && `${first.path.map((part) => `${String(part)}: `).join("")}${reason(first)}`,
  )
  return [...new Set(forms)].join("; or ")
}

/** Of an object that has no form's key but others: its keys, and those that tell the forms apart. */
function keysMismatch(forms: readonly (readonly z.core.$ZodIssue[])[]): string | undefined {
  const found = forms.map((issues) => issues.flatMap((one) => (one.code === "unrecognized_keys" ? one.keys : [])))
  const lacked = forms.map((issues) => issues.find(({ path }) => path.length === 1)?.path[0])
  const keys = [...new Set(found.flat())]
  const isUnknownToAll = found.every((unknown) => unknown.length === keys.length)
  if (keys.length === 0 || !isUnknownToAll || lacked.includes(undefined)) return undefined
  return `found ${keys.join(", ")}, expected one of ${[...new Set(lacked.map(String))].join(", ")}`
}

/** `value` as `schema` reads it. Throws `code` with every path and reason in `details.issues`. */
export function parseWith<Output>(schema: Schema<Output>, value: unknown, code: ErrorCode, root: string): Output {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issues = schemaIssues(parsed.error, root)
  const shown = issues.slice(0, 5).map((issue) => `${issue.path}: ${issue.message}`)
  const more = issues.length > 5 ? ` (and ${issues.length - 5} more)` : ""
  throw new WaybillError(code, `${shown.join("; ")}${more}`, { path: issues[0]?.path ?? root, issues })
}

/** A schema that takes what `schema` takes, and gives it as it came. */
export function checkedBy(schema: Schema): Schema {
  return z.unknown().check((context) => {
    const { error } = schema.safeParse(context.value)
    for (const { path, message } of error?.issues ?? [])
      context.issues.push({ code: "custom", path, message, input: context.value })
  })
}

function pathText(root: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) => (typeof part === "number" ? `${text}[${part}]` : `${text}.${String(part)}`),
    root,
  )
}
