/** The wanted answer as a tree of fields: what the extractor needs of a JSON Schema, and nothing else. */
import type { Json } from "../../lib/json.ts"

export interface Field {
  readonly name: string
  /** Where in the answer: `charges[].amount`. Empty for the root. */
  readonly path: string
  /** Title and description, the author's hints. */
  readonly description: string
  readonly required: boolean
  readonly nullable: boolean
  /** The schema's `default`: used instead of nothing. */
  readonly fallback: Json | undefined
  readonly shape: Shape
}

export interface EnumOption {
  readonly value: Json
  /** The value in words, and everything the schema says about it. */
  readonly name: string
  readonly hints: readonly string[]
}

export interface StringShape {
  readonly kind: "string"
  readonly pattern: RegExp | undefined
  readonly format: string | undefined
  readonly minLength: number
  readonly maxLength: number
}
export interface NumberShape {
  readonly kind: "number"
  readonly integer: boolean
  readonly min: number
  readonly max: number
  /** Whether `min` and `max` themselves are excluded. */
  readonly excludesMin: boolean
  readonly excludesMax: boolean
  readonly multipleOf: number | undefined
}
export interface EnumShape {
  readonly kind: "enum"
  readonly options: readonly EnumOption[]
}
export interface ArrayShape {
  readonly kind: "array"
  readonly item: Field
  readonly minItems: number
  readonly maxItems: number
  readonly unique: boolean
}
export interface ObjectShape {
  readonly kind: "object"
  readonly fields: readonly Field[]
}
export interface UnionShape {
  readonly kind: "union"
  readonly variants: readonly Field[]
}

export type Shape =
  | StringShape
  | NumberShape
  | EnumShape
  | ArrayShape
  | ObjectShape
  | UnionShape
  | { readonly kind: "boolean" }
  | { readonly kind: "null" }
  | { readonly kind: "any" }

/** Whether the answer may go without this field. */
export function isOptional(field: Field): boolean {
  return !field.required || field.nullable || field.fallback !== undefined
}
