import { describe, expect, it } from "vitest"
import { z } from "zod"
import { optionHints } from "../../src/local/extract/option-hints.ts"
import { readSchema } from "../../src/local/extract/schema.ts"

function fieldsOf(schema: unknown) {
  const { shape } = readSchema(schema)
  return shape.kind === "object" ? shape.fields : []
}

describe("a JSON Schema as fields", () => {
  it("understands what zod writes", () => {
    const schema = z.object({
      kind: z.enum(["a_b", "c"]).describe("a_b: the first; c: the other"),
      amount: z.number().min(0).nullable(),
      note: z.string().max(20).optional(),
      level: z.union([z.literal("low").describe("calm"), z.literal("high")]),
      rows: z.array(z.object({ id: z.string().regex(/^ch_\w+$/) })).min(1),
      day: z.iso.date().default("2026-01-01"),
    })
    const [kind, amount, note, level, rows, day] = fieldsOf(z.toJSONSchema(schema, { io: "input" }))
    expect(kind?.shape).toMatchObject({ options: [{ name: "a b", hints: ["the first"] }, { hints: ["the other"] }] })
    expect(amount).toMatchObject({ nullable: true, required: true, shape: { kind: "number", min: 0 } })
    expect(note).toMatchObject({ required: false, shape: { maxLength: 20 } })
    expect(level?.shape).toMatchObject({
      kind: "enum",
      options: [{ value: "low", hints: ["calm"] }, { value: "high" }],
    })
    expect(rows?.shape).toMatchObject({ kind: "array", minItems: 1, item: { shape: { kind: "object" } } })
    expect(day).toMatchObject({ fallback: "2026-01-01", shape: { format: "date" } })
  })

  it("follows references and merges allOf", () => {
    const schema = {
      type: "object",
      properties: { a: { $ref: "#/$defs/name" }, b: { anyOf: [{ $ref: "#/$defs/name" }, { type: "null" }] } },
      allOf: [{ properties: { c: { type: ["integer", "null"] } }, required: ["c"] }],
      $defs: { name: { type: "string", minLength: 2 } },
    }
    const fields = Object.fromEntries(fieldsOf(schema).map((field) => [field.name, field]))
    expect(fields.a?.shape).toMatchObject({ kind: "string", minLength: 2 })
    expect(fields.b).toMatchObject({ nullable: true, shape: { kind: "string" } })
    expect(fields.c).toMatchObject({ nullable: true, required: true, shape: { kind: "number", integer: true } })
  })

  it.each([
    [{ type: "object", properties: { x: { type: "strin" } } }, 'The schema of "x" has the type "strin"'],
    [{ $ref: "#/$defs/none" }, "which the schema does not define"],
    [{ $ref: "https://x.example/y" }, "only references within the schema are followed"],
    [{ type: "string", pattern: "(" }, "not a regular expression"],
    [{ type: "object", properties: { x: { not: { type: "string" } } } }, 'uses "not", which is not understood here'],
    [{ $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/a" } } }, "refers to itself"],
    [{ properties: { a: { $ref: "#" } } }, "refers to itself"],
  ])("refuses %j and says why", (schema, reason) => {
    expect(() => readSchema(schema)).toThrow(reason)
  })

  it("finds what a description says about each value, however it is written", () => {
    const values = ["low", "high"]
    for (const text of [
      "low: no hurry; high: now",
      "low - no hurry\nhigh - now",
      '"low" = no hurry, "high" = now.',
      "How urgent. low: no hurry or high: now",
    ])
      expect(optionHints(values, text)).toEqual(["no hurry", "now"])
    expect(optionHints(values, "How urgent it is")).toEqual(["", ""])
  })
})
