/** Drafts: what somebody who connects in the middle of an answer is told. */
import { describe, expect, it } from "vitest"
import { Drafts } from "../../src/objects/drafts.ts"
import type { RunEvent } from "../../src/run/event.ts"
import { stepEvent } from "../../src/run/event.ts"

const event = (path: string): RunEvent => ({
  ...stepEvent("step.failed", path, 1, {
    error: { code: "internal", message: "" },
    failureClass: "own_code.tool",
  }),
  ...{ seq: 1, atMs: 0, hash: "" },
})

describe("drafts", () => {
  it("add up to one piece for each step that streams", () => {
    const drafts = new Drafts()
    drafts.add({ path: "a", attempt: 1, text: "Hel" })
    drafts.add({ path: "b", attempt: 2, text: "x" })
    drafts.add({ path: "a", attempt: 1, text: "lo" })
    expect([...drafts.pieces()]).toEqual([
      { path: "a", attempt: 1, text: "Hello", reset: true },
      { path: "b", attempt: 2, text: "x", reset: true },
    ])
  })

  it("begin anew with a reset and with another attempt, and end with the step's next event", () => {
    const drafts = new Drafts()
    drafts.add({ path: "a", attempt: 1, text: "no" })
    drafts.add({ path: "a", attempt: 1, text: "", reset: true })
    expect([...drafts.pieces()]).toEqual([])
    drafts.add({ path: "a", attempt: 1, text: "one" })
    drafts.add({ path: "a", attempt: 2, text: "two" })
    expect([...drafts.pieces()]).toMatchObject([{ attempt: 2, text: "two" }])
    drafts.settle([event("b")])
    expect([...drafts.pieces()]).toHaveLength(1)
    drafts.settle([event("a")])
    expect([...drafts.pieces()]).toEqual([])
  })

  it("keep the end of what is too long, and say how much is missing", () => {
    const drafts = new Drafts(10)
    const whole = "abcdefghijklmnopqrstuvwxyz".repeat(4)
    for (const character of whole) drafts.add({ path: "a", attempt: 1, text: character })
    const [piece] = drafts.pieces()
    expect(piece?.text.length).toBeLessThanOrEqual(20)
    expect(whole.endsWith(piece?.text ?? "?")).toBe(true)
    expect((piece?.omitted ?? 0) + (piece?.text.length ?? 0)).toBe(whole.length)
  })
})
