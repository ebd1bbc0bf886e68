/** JSON Merge Patch, by the examples of RFC 7396, appendix A. */
import { expect, it } from "vitest"
import type { Json } from "../../src/lib/json.ts"
import { mergePatch } from "../../src/lib/merge-patch.ts"

const EXAMPLES: readonly (readonly [value: Json, patch: Json, result: Json])[] = [
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [
    ["a", "b"],
    ["c", "d"],
    ["c", "d"],
  ],
  [{ a: "b" }, ["c"], ["c"]],
  [{ a: "foo" }, null, null],
  [{ a: "foo" }, "bar", "bar"],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: "b", c: null }, { a: "b" }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
]

it.each(EXAMPLES)("%j with %j is %j", (value, patch, result) => {
  const before = JSON.stringify(value)
  expect(mergePatch(value, patch)).toEqual(result)
  expect(JSON.stringify(value)).toBe(before)
})

it("takes a member called __proto__ as any other", () => {
  const patch: Json = JSON.parse('{"__proto__":{"a":1}}')
  expect(JSON.stringify(mergePatch({}, patch))).toBe('{"__proto__":{"a":1}}')
})
