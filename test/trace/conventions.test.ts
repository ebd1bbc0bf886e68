/** The two editions of the conventions, and how values stand in OTLP/JSON. */
import { describe, expect, it } from "vitest"
import { conventionsFrom, providerName } from "../../src/trace/conventions.ts"
import { keyValues, unixNano } from "../../src/trace/otlp.ts"

describe("the edition", () => {
  it("is read from the variable that OpenTelemetry names", () => {
    expect([undefined, "", "http", "http/dup, gen_ai_latest_experimental"].map(conventionsFrom)).toEqual([
      "v1.41",
      "v1.41",
      "v1.41",
      "latest",
    ])
  })

  it("has its own words for some providers", () => {
    expect(["bedrock", "azure", "google", "openai", "my-server"].map(providerName)).toEqual([
      "aws.bedrock",
      "azure.ai.openai",
      "gcp.gemini",
      "openai",
      "my-server",
    ])
  })
})

describe("OTLP values", () => {
  it("write times and numbers as the format wants them", () => {
    expect([0, 1.5, 1_763_800_000_000.25].map(unixNano)).toEqual(["0000000", "1500000", "1763800000000250000"])
    expect(keyValues({ a: 1, b: 1.5, c: { double: 2 }, d: true, e: undefined, f: ["x"] })).toEqual([
      { key: "a", value: { intValue: "1" } },
      { key: "b", value: { doubleValue: 1.5 } },
      { key: "c", value: { doubleValue: 2 } },
      { key: "d", value: { boolValue: true } },
      { key: "f", value: { arrayValue: { values: [{ stringValue: "x" }] } } },
    ])
  })
})
