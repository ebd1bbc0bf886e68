/** Fields that ask for an instruction, and sentences that give one. */
import { describe, expect, it } from "vitest"
import type { Field } from "../../src/local/extract/field.ts"
import { asksForInstruction, isInstruction } from "../../src/local/extract/instructions.ts"

function field(name: string, description: string): Field {
  const shape = { kind: "any" } as const
  return { name, path: name, description, required: true, nullable: true, fallback: undefined, shape }
}

describe("instructions", () => {
  it.each([
    ["advice", ""],
    ["text", "What the user is told to do"],
    ["next", "Next steps for the customer"],
    ["remedy", "Remedy that the page offers"],
  ])("are asked for by %s: %s", (name, description) => expect(asksForInstruction(field(name, description))).toBe(true))

  it.each([
    ["summary", "What happened"],
    ["description", "What was charged for"],
  ])("are not asked for by %s: %s", (name, description) =>
    expect(asksForInstruction(field(name, description))).toBe(false),
  )

  it.each([
    "Sign out, then sign in again to fix this error.",
    "Choose a date range shorter than 90 days, then try the export again.",
    "Please use another card or contact your bank.",
    "To continue, log in again.",
    "Do not close this window.",
    "You must accept the terms first.",
  ])("are given by: %s", (sentence) => expect(isInstruction(sentence)).toBe(true))

  it.each([
    "The page failed to load because of a problem with your session.",
    "Your session cache is stale.",
    "Settings",
    "Chosen plan: Basic",
    "Error code: EXP-5027",
  ])("are not given by: %s", (sentence) => expect(isInstruction(sentence)).toBe(false))
})
