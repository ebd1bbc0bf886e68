/**
 * What routing rules may look at: a closed list of fields, each with its type. Conditions, split keys and
 * `{placeholders}` all read fields through here, so a misspelt field is a load error and never silently "absent".
 */

export const FIELDS = {
  "run.id": "text",
  "run.region": "text",
  workflow: "text",
  "step.name": "text",
  "step.kind": "text",
  "step.path": "text",
  "step.failures": "number",
  "step.attempt": "number",
  "tenant.id": "text",
  "tenant.plan": "text",
  "user.id": "text",
  tags: "list",
  "operation.type": "text",
  "operation.media": "list",
  "operation.tools": "boolean",
  "operation.schema": "boolean",
  "operation.inputTokens": "number",
} as const satisfies Record<string, "text" | "number" | "boolean" | "list">

export type FieldName = keyof typeof FIELDS

/** Values of the fields in one situation; what is absent has no value. Plain JSON: it is recorded with the decision. */
export type FieldValues = {
  readonly [Name in FieldName]?: FieldValueOf<Name>
}

type FieldValueOf<Name extends FieldName> = (typeof FIELDS)[Name] extends "number"
  ? number
  : (typeof FIELDS)[Name] extends "boolean"
    ? boolean
    : (typeof FIELDS)[Name] extends "list"
      ? readonly string[]
      : string

export function isFieldName(name: string): name is FieldName {
  return Object.hasOwn(FIELDS, name)
}

const PLACEHOLDER = /\{([^{}]*)\}/g

/** The field names between braces in a text such as `"user:{user.id}"`, known or not. */
export function placeholders(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].map((match) => match[1] ?? "")
}

/** `text` with its placeholders filled, or undefined when one of the fields named has no value here. */
export function fillPlaceholders(text: string, values: FieldValues): string | undefined {
  let complete = true
  const filled = text.replace(PLACEHOLDER, (_, name: string) => {
    const value = isFieldName(name) ? values[name] : undefined
    if (value === undefined) complete = false
    return String(value)
  })
  return complete ? filled : undefined
}
