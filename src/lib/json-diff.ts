/** Where two JSON values differ, member by member. */
import { canonicalJson, isJsonArray, isJsonObject, type Json } from "./json.ts"

/** One difference. `before` or `after` is absent where only one side has the member. */
export interface JsonChange {
  /** Such as `messages[1].content[0].text`; empty when the values as a whole differ. */
  readonly path: string
  readonly before?: Json
  readonly after?: Json
}

/**
 * The differences between `before` and `after` in the order of their members, at most `limit` of them (default 100).
 * Equal values give none. Arrays are compared place by place.
 */
export function diffJson(before: Json, after: Json, limit = 100): readonly JsonChange[] {
  const changes: JsonChange[] = []
  compare(before, after, "", changes, limit)
  return changes
}

function compare(
  before: Json | undefined,
  after: Json | undefined,
  path: string,
  changes: JsonChange[],
  limit: number,
): void {
  if (changes.length >= limit || equal(before, after)) return
  if (before !== undefined && after !== undefined && isJsonArray(before) && isJsonArray(after)) {
    for (let index = 0; index < Math.max(before.length, after.length); index += 1)
      compare(before[index], after[index], `${path}[${index}]`, changes, limit)
    return
  }
  if (isJsonObject(before) && isJsonObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
      compare(before[key], after[key], path === "" ? key : `${path}.${key}`, changes, limit)
    return
  }
  changes.push({ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) })
}

function equal(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true
  if (left === undefined || right === undefined) return false
  if (typeof left !== "object" || typeof right !== "object") return false
  return canonicalJson(left) === canonicalJson(right)
}

/** How much of a long text is shown before and after the first character that differs. */
const BEFORE_CHARS = 80
const AFTER_CHARS = 320

/** `change` for people: long texts are cut to where they begin to differ, and large parts to their beginning. */
export function excerptOf({ path, before, after }: JsonChange): JsonChange {
  const [left, right] = [textOf(before), textOf(after)]
  const from = Math.max(0, firstDifference(left ?? "", right ?? "") - BEFORE_CHARS)
  return {
    path,
    ...(before === undefined ? {} : { before: cut(before, left, from) }),
    ...(after === undefined ? {} : { after: cut(after, right, from) }),
  }
}

function textOf(value: Json | undefined): string | undefined {
  return value === undefined || typeof value === "string" ? value : canonicalJson(value)
}

function cut(value: Json, text = "", from: number): Json {
  const to = from + BEFORE_CHARS + AFTER_CHARS
  if (text.length <= BEFORE_CHARS + AFTER_CHARS) return value
  return `${from > 0 ? "…" : ""}${text.slice(from, to)}${to < text.length ? "…" : ""}`
}

function firstDifference(left: string, right: string): number {
  let at = 0
  while (at < left.length && left[at] === right[at]) at += 1
  return at
}
