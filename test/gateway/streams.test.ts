/** Streamed answers: what subscribers see, and that nothing cut short passes for whole. */
import { describe, expect, it } from "vitest"
import { inputTokens } from "../../src/gateway/estimate.ts"
import type { OperationOutcome } from "../../src/model/record.ts"
import { NO_USAGE } from "../../src/model/result.ts"
import { byProvider, chunk, chunksOf, fail, hang, refuse, type Script, say, stream, streamThen } from "./wire.ts"
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

  describe("[COST6] that end early are paid for by what is known of them", () => {
    const price = (
      _: string,
      __: string,
      { inputTokens, outputTokens }: { inputTokens: number; outputTokens: number },
    ) => ({
      costNanoUsd: inputTokens + 1_000 * outputTokens,
      priced: true,
    })
    const timeout = { firstToken: "1s", idle: "2s", total: "60s" } as const
    const routing = { routes: { plan: { try: [{ model: "alpha/m", attempts: 1 }, "beta/m"], timeout } } } as const
    const first = async (alpha: Script) => {
      const { operate } = world({ routing, price, script: byProvider({ alpha, beta: say("ok") }) })
      return (await operate()).record.attempts[0]
    }
    const asked = inputTokens(QUESTION)
    const spoken = chunk({ content: "hello there ".repeat(100) })

    it.each([
      ["no token in time", hang, "provider.timeout", 0],
      ["silence after 1,200 characters", streamThen([spoken], "silent"), "provider.timeout", 400],
      ["an end after 1,200 characters", streamThen([spoken], "cut"), "provider.stream_cut", 400],
      ["a break after 1,200 characters", streamThen([spoken], "break"), "provider.stream_cut", 400],
    ] as const)("%s", async (_, alpha, failureClass, outputTokens) => {
      expect(await first(alpha)).toMatchObject({
        outcome: "failed",
        failure: { class: failureClass },
        usage: { inputTokens: asked, outputTokens },
        costNanoUsd: asked + 1_000 * outputTokens,
        estimated: true,
      })
    })

    it("and what was refused is not", async () => {
      for (const refused of [fail(429), fail(500), refuse])
        expect(await first(refused)).toMatchObject({ outcome: "failed", usage: NO_USAGE, costNanoUsd: 0 })
    })
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
