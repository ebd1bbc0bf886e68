/**
 * JSON as the product stores it: canonical text (sorted keys, no white space), so that equal values have equal digests.
 * Invariant: `canonicalJson(parse(canonicalJson(value))) === canonicalJson(value)`.
 */
import { WaybillError } from "./errors.ts"

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
export type JsonObject = { readonly [key: string]: Json }

/** Deeper than this a value is refused: it would overflow the stack of whoever reads it. */
const MAX_DEPTH = 200

/**
 * Canonical JSON text of `value`. Object members that are `undefined` are left out, as `JSON.stringify` does.
 * Throws `not_json` with the path of the first thing that JSON cannot hold (a function, a class instance, NaN, a cycle…).
 */
export function canonicalJson(value: unknown, path = "value"): string {
  return write(value, path, 0)
}

/** `value` as plain JSON data, detached from the original. Throws `not_json` as `canonicalJson` does. */
export function toJson(value: unknown, path = "value"): Json {
  return JSON.parse(canonicalJson(value, path))
}

/** Throws as `canonicalJson` does, and makes no text: for values of which the text would take too much memory. */
export function checkJson(value: unknown, path = "value", depth = 0): asserts value is Json {
  if (typeof value === "string") return
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return void write(value, path, depth)
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkJson(item, `${path}[${index}]`, depth + 1)
    return
  }
  checkPlain(value, path)
  for (const [key, member] of Object.entries(value))
    if (member !== undefined) checkJson(member, `${path}.${key}`, depth + 1)
}

/** Whether `value`, parsed from JSON text, is nested deeper than any function here can go. */
export function isTooDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== "object" || value === null) return false
  return depth >= MAX_DEPTH || Object.values(value).some((member) => isTooDeep(member, depth + 1))
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

export function isJsonArray(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function write(value: unknown, path: string, depth: number): string {
  if (depth > MAX_DEPTH) throw notJson(path, `nesting deeper than ${MAX_DEPTH} (a cycle?)`)
  switch (typeof value) {
    case "string":
    case "boolean":
      return JSON.stringify(value)
    case "number":
      if (Number.isFinite(value)) return JSON.stringify(value)
      throw notJson(path, String(value))
    case "object":
      if (value === null) return "null"
      return Array.isArray(value) ? writeArray(value, path, depth) : writeObject(value, path, depth)
    default:
      throw notJson(path, `a value of type ${typeof value}`)
  }
}

function writeArray(items: readonly unknown[], path: string, depth: number): string {
  let text = "["
  for (let index = 0; index < items.length; index += 1) {
    if (index > 0) text += ","
    text += write(items[index], `${path}[${index}]`, depth + 1)
  }
  return `${text}]`
}

function writeObject(object: object, path: string, depth: number): string {
  checkPlain(object, path)
  let text = "{"
  for (const key of Object.keys(object).sort()) {
    const member = Reflect.get(object, key)
    if (member === undefined) continue
    text += `${text.length > 1 ? "," : ""}${JSON.stringify(key)}:${write(member, `${path}.${key}`, depth + 1)}`
  }
  return `${text}}`
}

function checkPlain(object: object, path: string): void {
  const prototype = Object.getPrototypeOf(object)
  if (prototype !== Object.prototype && prototype !== null)
    throw notJson(path, `an instance of ${object.constructor?.name ?? "a class"}`)
}

function notJson(path: string, found: string): WaybillError {
  return new WaybillError(
    "not_json",
    `${path}: found ${found}, expected plain JSON (objects, arrays, strings, numbers, booleans, null).`,
    { path },
  )
}
