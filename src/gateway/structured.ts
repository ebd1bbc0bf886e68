/**
 * Structured answers: from a model's text to a value that is valid against the operation's schema, or the words that tell
 * the model what is wrong with it. Mending (`repair`) is for broken JSON only; a value of the wrong shape is never bent.
 */
import { type Schema, Validator } from "@cfworker/json-schema"
import { jsonrepair } from "jsonrepair"
import type { Json } from "../lib/json.ts"
import type { Failure } from "../model/failure.ts"
import type { Message } from "../model/message.ts"
import type { JsonSchema } from "../model/operation.ts"

export type Reading =
  | { readonly status: "valid"; readonly value: Json; readonly repaired: boolean }
  | { readonly status: "invalid"; readonly failure: Failure }

/** Problems named to the model and in the record: more would not help it. */
const MAX_PROBLEMS = 5

/** Reads `text` as a value of `schema`. `restore` undoes redaction before the value is checked; `repair` allows mending. */
export function readValue(
  text: string,
  schema: JsonSchema,
  repair: boolean,
  restore: (value: Json) => Json = (value) => value,
): Reading {
  const parsed = parse(text)
  if (parsed !== undefined) {
    const value = restore(parsed)
    const problems = check(value, schema)
    return problems.length === 0 ? { status: "valid", value, repaired: false } : mismatch(problems)
  }
  const mended = repair ? mend(text) : undefined
  if (mended !== undefined) {
    const value = restore(mended)
    if (check(value, schema).length === 0) return { status: "valid", value, repaired: true }
  }
  return {
    status: "invalid",
    failure: { class: "output.invalid_json", message: `The answer is not JSON: ${excerpt(text)}` },
  }
}

/** The turns that ask for a better answer: what was said, and what is wrong with it. */
export function reaskTurns(text: string, problem: string): readonly Message[] {
  const question = `That answer cannot be used. ${problem}\nAnswer again with the corrected JSON value only: no prose, no code fence.`
  return [
    // Some wires refuse an empty turn.
    { role: "assistant", content: [{ type: "text", text: text.trim() === "" ? "(no answer)" : text }] },
    { role: "user", content: [{ type: "text", text: question }] },
  ]
}

function mismatch(problems: readonly string[]): Reading {
  const message = `The answer does not fit its schema: ${problems.join(" ")}`
  return { status: "invalid", failure: { class: "output.schema_mismatch", message } }
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** JSON out of a code fence or prose, with its commas and quotes mended. */
function mend(text: string): Json | undefined {
  const fenced = /```(?:json)?\s*\n?([\s\S]*?)```/i.exec(text)?.[1] ?? text
  const start = fenced.search(/[{[]/)
  const body = start < 0 ? fenced : fenced.slice(start)
  const end = Math.max(body.lastIndexOf("}"), body.lastIndexOf("]"))
  // An answer that was cut off before its end has no closing bracket to stop at.
  for (const candidate of [body.slice(0, end + 1), body]) {
    try {
      if (candidate.trim() !== "") return JSON.parse(jsonrepair(candidate))
    } catch {}
  }
  return undefined
}

const validators = new WeakMap<JsonSchema, Validator>()

/** What is wrong with `value`, the deepest place first; empty when nothing is. */
export function check(value: Json, schema: JsonSchema): string[] {
  let validator = validators.get(schema)
  if (!validator) {
    validator = new Validator(schema as Schema, "2020-12", false)
    validators.set(schema, validator)
  }
  const { valid, errors } = validator.validate(value)
  if (valid) return []
  // Errors of a parent only repeat that a child is wrong.
  const own = errors.filter(({ keyword }) => !["properties", "items", "prefixItems", "$ref", "allOf"].includes(keyword))
  const problems = (own.length > 0 ? own : errors).map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`)
  return [...new Set(problems)].slice(0, MAX_PROBLEMS)
}

function excerpt(text: string): string {
  const line = text.replace(/\s+/g, " ").trim()
  return line === "" ? "(empty)" : line.length > 200 ? `${line.slice(0, 200)}…` : line
}
