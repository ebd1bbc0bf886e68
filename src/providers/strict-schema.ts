/** Whether a JSON Schema is within the subset that "strict" structured outputs accept: closed objects, every member required. */
import { isJsonObject, type Json } from "../lib/json.ts"

/** True when every object in `schema` forbids further members and requires all it names. */
export function isStrictSchema(schema: Json): boolean {
  if (Array.isArray(schema)) return schema.every((item) => isStrictSchema(item))
  if (!isJsonObject(schema)) return true
  const { properties, required, additionalProperties } = schema
  if (schema.type === "object" || properties !== undefined) {
    const names = isJsonObject(properties) ? Object.keys(properties) : []
    const all = Array.isArray(required) ? required : []
    if (additionalProperties !== false || !names.every((name) => all.includes(name))) return false
  }
  return Object.entries(schema).every(([key, member]) => key === "enum" || key === "const" || isStrictSchema(member))
}
