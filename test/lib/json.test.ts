/** Canonical JSON: one text for equal values, and a clear refusal of everything else. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { canonicalJson, isJsonArray, isJsonObject, toJson } from "../../src/lib/json.ts"

const notJson = (path: string, found: string) =>
  expect.objectContaining({ code: "not_json", details: { path }, message: expect.stringContaining(found) })

describe("canonical JSON", () => {
  it("sorts members by UTF-16 code unit, drops undefined ones, has no white space", () => {
    expect(canonicalJson({ b: 1, a: { d: undefined, c: [null, true, "x"] }, Z: -0, é: 1e21 })).toBe(
      '{"Z":0,"a":{"c":[null,true,"x"]},"b":1,"é":1e+21}',
    )
    expect(canonicalJson(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}')
    expect(canonicalJson(JSON.parse('{"__proto__":1}'))).toBe('{"__proto__":1}')
  })

  it("keeps text that is not valid Unicode readable", () => {
    expect(canonicalJson("\ud800 \u2028 \u0000")).toBe('"\\ud800 \u2028 \\u0000"')
  })

  it("is the same for equal values, parses to the value and is stable", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value)
        expect(canonicalJson(JSON.parse(text))).toBe(text)
        expect(JSON.stringify(JSON.parse(text)).length).toBe(JSON.stringify(value).length)
        const shuffled: unknown = JSON.parse(JSON.stringify(value), (_, member) =>
          isJsonObject(member) ? Object.fromEntries(Object.entries(member).reverse()) : member,
        )
        expect(canonicalJson(shuffled)).toBe(text)
      }),
    )
  })

  it.each([
    ["a function", { steps: [1, { run: () => 1 }] }, "value.steps[1].run", "type function"],
    ["a symbol", [Symbol("s")], "value[0]", "type symbol"],
    ["a bigint", { n: 1n }, "value.n", "type bigint"],
    ["NaN", { n: Number.NaN }, "value.n", "NaN"],
    ["infinity", [Number.NEGATIVE_INFINITY], "value[0]", "-Infinity"],
    ["undefined in a list", [undefined], "value[0]", "type undefined"],
    ["undefined itself", undefined, "value", "type undefined"],
    ["a date", { at: new Date(0) }, "value.at", "an instance of Date"],
    ["a map", { m: new Map() }, "value.m", "an instance of Map"],
    ["bytes", { b: new Uint8Array(2) }, "value.b", "an instance of Uint8Array"],
  ])("refuses %s with its path", (_name, value, path, found) => {
    expect(() => canonicalJson(value)).toThrow(notJson(path, found))
  })

  it("names the value as it is told to", () => {
    expect(() => canonicalJson({ a: 1n }, "output of charge")).toThrow(notJson("output of charge.a", "bigint"))
  })

  it("refuses a cycle and more than 200 levels instead of overflowing", () => {
    const cycle: Record<string, unknown> = {}
    cycle.self = cycle
    expect(() => canonicalJson(cycle)).toThrow(expect.objectContaining({ code: "not_json" }))
    const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)])
    expect(canonicalJson(nested(200))).toHaveLength(401)
    expect(() => canonicalJson(nested(201))).toThrow(expect.objectContaining({ code: "not_json" }))
  })

  it("detaches", () => {
    const list = [1]
    const copy = toJson({ list })
    list.push(2)
    expect(copy).toEqual({ list: [1] })
  })

  it("tells objects from lists", () => {
    expect([{}, [], null, "x"].map(isJsonObject)).toEqual([true, false, false, false])
    expect([{}, [], null, "x"].map(isJsonArray)).toEqual([false, true, false, false])
  })
})
