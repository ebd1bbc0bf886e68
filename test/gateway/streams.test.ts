/** Streamed answers: what subscribers see, and that nothing cut short passes for whole. */
import { describe, expect, it } from "vitest"
import type { OperationOutcome } from "../../src/model/record.ts"
import { byProvider, chunk, chunksOf, say, stream, streamThen } from "./wire.ts"
import { QUESTION, world } from "./world.ts"

const TWO = { routes: { plan: { try: ["alpha/m", "beta/m"] } } } as const

function classes(outcome: OperationOutcome): (string | undefined)[] {
  return outcome.record.attempts.map(({ failure }) => failure?.class)
}

describe("streams", () => {
  const texts = () => {
    const seen: string[] = []
    return { seen, onDelta: (delta: { type: string; text?: string }) => seen.push(delta.text ?? `<${delta.type}>`) }
  }

  it("hands over the pieces as they come", async () => {
    const { operate } = world({ routing: TWO, script: () => stream(chunksOf("one two three", {}, 4)) })
    const { seen, onDelta } = texts()
    const outcome = await operate(QUESTION, {}, { onDelta })
    expect(seen).toEqual(["one ", "two ", "thre", "e"])
    expect(outcome).toMatchObject({
      result: { text: "one two three" },
      record: { usage: { inputTokens: 10, outputTokens: 5 } },
    })
    expect(outcome.record.attempts[0]?.firstTokenMs).toBe(0)
  })

  it.each([
    ["ends without its terminator", "cut"],
    ["breaks off", "break"],
  ] as const)("[GATE9] a stream that %s is a failure, and what was streamed is void", async (_, how) => {
    const script = byProvider({ alpha: streamThen([chunk({ content: "Hel" })], how), beta: say("Good day") })
    const { operate } = world({
      routing: { routes: { plan: { try: [{ model: "alpha/m", attempts: 1 }, "beta/m"] } } },
      script,
    })
    const { seen, onDelta } = texts()
    const outcome = await operate(QUESTION, {}, { onDelta })
    expect(classes(outcome)).toEqual(["provider.stream_cut", undefined])
    expect(seen.join("")).toBe("Hel<reset>Good day")
  })

  it("makes no second attempt after a piece went to somebody who cannot take it back", async () => {
    const { operate, asked } = world({ routing: TWO, script: streamThen([chunk({ content: "Hel" })], "cut") })
    const { onDelta } = texts()
    const outcome = await operate(QUESTION, {}, { onDelta, commitOnDelta: true })
    expect(outcome).toMatchObject({ status: "failed", failure: { class: "provider.stream_cut" } })
    expect(asked()).toEqual(["alpha/m"])
  })

  it("is not disturbed by a subscriber that throws", async () => {
    const { operate } = world({ routing: TWO, script: say("fine") })
    const onDelta = () => {
      throw new Error("socket gone")
    }
    expect(await operate(QUESTION, {}, { onDelta })).toMatchObject({ status: "succeeded", result: { text: "fine" } })
  })
})
