/**
 * Conditions: plain data such as `{ "run.region": "eu", any: [{ "step.failures": { $gte: 2 } }, { tags: "vip" }] }`.
 * Every member of an object must hold; all of them are looked at, so no member is ever dropped.
 * An absent field equals null. A list field passes a test when one of its items does (`$ne` and `$nin`: when none fails it).
 */
import type { FIELDS, FieldName, FieldValues } from "./fields.ts"

type Scalar = string | number | boolean
type ScalarOf<Name extends FieldName> = (typeof FIELDS)[Name] extends "number"
  ? number
  : (typeof FIELDS)[Name] extends "boolean"
    ? boolean
    : string

/** Tests of one field; several in one object must all hold. */
export interface Operators<Value extends Scalar = Scalar> {
  readonly $eq?: Value | null
  readonly $ne?: Value | null
  /** Order tests hold only between two numbers or two texts. */
  readonly $gt?: Value
  readonly $gte?: Value
  readonly $lt?: Value
  readonly $lte?: Value
  readonly $in?: readonly (Value | null)[]
  readonly $nin?: readonly (Value | null)[]
  /** A regular expression that must match somewhere in the text. */
  readonly $regex?: string
}

export type Condition = {
  readonly [Name in FieldName]?: ScalarOf<Name> | null | Operators<ScalarOf<Name>>
} & {
  readonly all?: readonly Condition[]
  readonly any?: readonly Condition[]
  readonly not?: Condition
}

/** Whether `condition` holds for `values`. */
export function holds(condition: Condition, values: FieldValues): boolean {
  let result = true
  for (const key of Object.keys(condition) as (keyof Condition)[]) {
    if (condition[key] === undefined) continue
    result = memberHolds(condition, key, values) && result
  }
  return result
}

function memberHolds(condition: Condition, key: keyof Condition, values: FieldValues): boolean {
  if (key === "all") return condition.all?.every((part) => holds(part, values)) ?? true
  if (key === "any") return condition.any?.some((part) => holds(part, values)) ?? true
  if (key === "not") return condition.not === undefined || !holds(condition.not, values)
  const test = condition[key]
  const operators: Operators = typeof test === "object" && test !== null ? test : { $eq: test ?? null }
  return fieldHolds(operators, values[key])
}

type FieldValue = FieldValues[FieldName]

function fieldHolds(operators: Operators, value: FieldValue): boolean {
  const items: readonly (Scalar | null)[] = isList(value) ? value : [value ?? null]
  const some = (test: (item: Scalar | null) => boolean) => items.some(test)
  const { $eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $regex } = operators
  const pattern = $regex === undefined ? undefined : regex($regex)
  return (
    ($eq === undefined || some((item) => item === $eq)) &&
    ($ne === undefined || !some((item) => item === $ne)) &&
    ($gt === undefined || some((item) => compare(item, $gt) > 0)) &&
    ($gte === undefined || some((item) => compare(item, $gte) >= 0)) &&
    ($lt === undefined || some((item) => compare(item, $lt) < 0)) &&
    ($lte === undefined || some((item) => compare(item, $lte) <= 0)) &&
    ($in === undefined || some((item) => $in.includes(item))) &&
    ($nin === undefined || !some((item) => $nin.includes(item))) &&
    (pattern === undefined || some((item) => typeof item === "string" && pattern.test(item)))
  )
}

function isList(value: FieldValue): value is readonly string[] {
  return Array.isArray(value)
}

/** Negative, zero or positive; NaN (every order test false) when the two are not of one ordered type. */
function compare(left: Scalar | null, right: Scalar): number {
  if (typeof left === "number" && typeof right === "number") return left - right
  if (typeof left === "string" && typeof right === "string") return left < right ? -1 : left > right ? 1 : 0
  return Number.NaN
}

/** Patterns come from the configuration, so there are few; compiled once per isolate. */
const compiled = new Map<string, RegExp>()

function regex(source: string): RegExp {
  let pattern = compiled.get(source)
  if (!pattern) {
    if (compiled.size > 500) compiled.clear()
    pattern = new RegExp(source, "u")
    compiled.set(source, pattern)
  }
  return pattern
}
