/**
 * JSON Schema to fields. Owns which keywords are understood: draft 2020-12 and draft 7 as zod, OpenAI and people write
 * them. A schema that asks for something else is refused by name, not half obeyed.
 */
import { z } from "zod"
import type { Json } from "../../lib/json.ts"
import { wireError } from "../wire-error.ts"
import type { EnumOption, Field, Shape } from "./field.ts"
import { optionHints } from "./option-hints.ts"
import { humanize } from "./words.ts"

const MAX_DEPTH = 12
const PARAM = "response_format.json_schema.schema"

const schemaKeywords = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  title: z.string().optional(),
  description: z.string().optional(),
  default: z.json().optional(),
  nullable: z.boolean().optional(),
  enum: z.array(z.json()).min(1).optional(),
  const: z.json().optional(),
  enumDescriptions: z.array(z.string()).optional(),
  format: z.string().optional(),
  pattern: z.string().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  exclusiveMaximum: z.number().optional(),
  multipleOf: z.number().optional(),
  minItems: z.number().optional(),
  maxItems: z.number().optional(),
  uniqueItems: z.boolean().optional(),
  items: z.unknown().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  anyOf: z.array(z.unknown()).min(1).optional(),
  oneOf: z.array(z.unknown()).min(1).optional(),
  allOf: z.array(z.unknown()).min(1).optional(),
  $ref: z.string().optional(),
})
type Keywords = z.infer<typeof schemaKeywords>

interface Place {
  readonly root: unknown
  readonly name: string
  readonly path: string
  readonly required: boolean
  readonly depth: number
}

/** The schema as a tree of fields. Throws a 400 wire error that names the keyword it does not understand. */
export function readSchema(schema: unknown): Field {
  return readField(schema, { root: schema, name: "", path: "", required: true, depth: 0 })
}

function readField(schema: unknown, place: Place): Field {
  if (place.depth > MAX_DEPTH) throw invalid(place, `is nested deeper than ${MAX_DEPTH} levels, or refers to itself`)
  if (schema === true || schema === undefined) return fieldOf({}, place, { kind: "any" })
  const parsed = schemaKeywords.safeParse(schema)
  if (!parsed.success) throw invalid(place, `is not a JSON Schema: ${z.prettifyError(parsed.error)}`)
  const keywords = resolve(parsed.data, place)
  for (const unsupported of ["not", "if", "prefixItems", "patternProperties"])
    if (keywords[unsupported] !== undefined) throw invalid(place, `uses "${unsupported}", which is not understood here`)

  const variants = keywords.anyOf ?? keywords.oneOf
  if (variants) return readVariants(keywords, variants, place)
  const types = [keywords.type ?? guessType(keywords)].flat()
  const wanted = types.filter((type) => type !== "null")
  const nullable = wanted.length < types.length
  if (wanted.length > 1 && !keywords.enum)
    return readVariants(
      keywords,
      [...wanted, ...(nullable ? ["null"] : [])].map((type) => ({ ...keywords, type })),
      place,
    )
  return fieldOf(keywords, place, readShape(keywords, wanted[0] ?? "null", place), nullable)
}

/** `anyOf` and `oneOf`: null makes the field nullable, constants make an enum, one that is left stands for itself. */
function readVariants(keywords: Keywords, variants: readonly unknown[], place: Place): Field {
  const inner = { ...place, depth: place.depth + 1, required: true }
  const fields = variants.map((variant) => readField(variant, inner))
  const wanted = fields.filter((field) => field.shape.kind !== "null")
  const nullable = wanted.length < fields.length || wanted.some((field) => field.nullable)
  const [only] = wanted
  if (!only) return fieldOf(keywords, place, { kind: "null" })
  if (wanted.length === 1) {
    const description = [keywords.description, only.description].filter(Boolean).join(". ")
    return fieldOf({ ...keywords, description }, place, only.shape, nullable)
  }
  const options = wanted.flatMap((field) =>
    field.shape.kind === "enum"
      ? field.shape.options.map((option) => ({ ...option, hints: [...option.hints, ...described(field)] }))
      : [],
  )
  const isEnum = wanted.every((field) => field.shape.kind === "enum")
  return fieldOf(keywords, place, isEnum ? { kind: "enum", options } : { kind: "union", variants: wanted }, nullable)
}

function described(field: Field): string[] {
  return field.description === "" ? [] : [field.description]
}

function readShape(keywords: Keywords, type: string, place: Place): Shape {
  if (keywords.enum) return { kind: "enum", options: readOptions(keywords, keywords.enum) }
  if (keywords.const !== undefined) return { kind: "enum", options: [option(keywords.const, [])] }
  switch (type) {
    case "string":
      return {
        kind: "string",
        pattern: readPattern(keywords.pattern, place),
        format: keywords.format,
        minLength: keywords.minLength ?? 0,
        maxLength: keywords.maxLength ?? Number.POSITIVE_INFINITY,
      }
    case "number":
    case "integer":
      return {
        kind: "number",
        integer: type === "integer",
        min: keywords.exclusiveMinimum ?? keywords.minimum ?? Number.NEGATIVE_INFINITY,
        max: keywords.exclusiveMaximum ?? keywords.maximum ?? Number.POSITIVE_INFINITY,
        excludesMin: keywords.exclusiveMinimum !== undefined,
        excludesMax: keywords.exclusiveMaximum !== undefined,
        multipleOf: keywords.multipleOf,
      }
    case "array":
      return {
        kind: "array",
        item: readField(keywords.items, below(place, "", `${place.path}[]`, true)),
        minItems: keywords.minItems ?? 0,
        maxItems: keywords.maxItems ?? Number.POSITIVE_INFINITY,
        unique: keywords.uniqueItems ?? false,
      }
    case "object":
      return { kind: "object", fields: readProperties(keywords, place) }
    case "boolean":
    case "null":
    case "any":
      return { kind: type }
    default:
      throw invalid(place, `has the type ${JSON.stringify(type)}, which JSON Schema does not know`)
  }
}

function readProperties(keywords: Keywords, place: Place): Field[] {
  return Object.entries(keywords.properties ?? {}).map(([name, schema]) => {
    const path = place.path === "" ? name : `${place.path}.${name}`
    return readField(schema, below(place, name, path, keywords.required?.includes(name) ?? false))
  })
}

function below(place: Place, name: string, path: string, required: boolean): Place {
  return { root: place.root, name, path, required, depth: place.depth + 1 }
}

function readOptions(keywords: Keywords, values: readonly Json[]): EnumOption[] {
  const hints = optionHints(values, keywords.description ?? "")
  return values
    .map((value, index) => option(value, [keywords.enumDescriptions?.[index] ?? "", hints[index] ?? ""]))
    .filter(({ value }) => value !== null)
}

function option(value: Json, hints: readonly string[]): EnumOption {
  return { value, name: humanize(String(value)), hints: hints.filter((hint) => hint !== "") }
}

function fieldOf(keywords: Keywords, place: Place, shape: Shape, nullable = false): Field {
  const description = [keywords.title, keywords.description].filter(Boolean).join(". ")
  const allowsNull = nullable || keywords.nullable === true || keywords.enum?.includes(null) === true
  const { name, path, required } = place
  return { name, path, required, description, shape, nullable: allowsNull, fallback: keywords.default }
}

/** Follows `$ref` and merges `allOf`; what stands beside them wins. */
function resolve(keywords: Keywords, place: Place, hops = 0): Keywords {
  if (hops > MAX_DEPTH) throw invalid(place, "refers to itself")
  const { $ref, allOf, ...own } = keywords
  let merged: Keywords = own
  const parts = [...($ref === undefined ? [] : [lookUp($ref, place)]), ...(allOf ?? [])]
  for (const part of parts) {
    const other = resolve(schemaKeywords.parse(part), place, hops + 1)
    merged = {
      ...other,
      ...merged,
      ...(other.properties ? { properties: { ...other.properties, ...merged.properties } } : {}),
      ...(other.required ? { required: [...other.required, ...(merged.required ?? [])] } : {}),
    }
  }
  return merged
}

function lookUp(ref: string, place: Place): unknown {
  if (!ref.startsWith("#")) throw invalid(place, `refers to ${ref}; only references within the schema are followed`)
  let target = place.root
  for (const segment of ref.slice(1).split("/").filter(Boolean)) {
    const key = segment.replaceAll("~1", "/").replaceAll("~0", "~")
    target = typeof target === "object" && target !== null ? Reflect.get(target, key) : undefined
  }
  if (target === undefined) throw invalid(place, `refers to ${ref}, which the schema does not define`)
  return target
}

function readPattern(pattern: string | undefined, place: Place): RegExp | undefined {
  if (pattern === undefined) return undefined
  try {
    return new RegExp(pattern, "u")
  } catch {
    throw invalid(place, `has the pattern ${JSON.stringify(pattern)}, which is not a regular expression`)
  }
}

function guessType(keywords: Keywords): string {
  if (keywords.properties) return "object"
  if (keywords.items !== undefined) return "array"
  return keywords.enum || keywords.const !== undefined || keywords.pattern !== undefined ? "string" : "any"
}

function invalid(place: Place, what: string): Error {
  const where = place.path === "" ? "The schema" : `The schema of "${place.path}"`
  return wireError(400, "invalid_json_schema", `${where} ${what}.`, PARAM)
}
