/** What a policy sees of a `moderate` step: its texts by name, the scores of each, and the facts that the author hands in. */
import { describe, expect, expectTypeOf, it } from "vitest"
import { definePolicy, workflow } from "waybill"
import { runWorkflow, type ScriptedAnswer, scriptedModel } from "waybill/testing"
import { z } from "zod"

const policy = definePolicy<{ readonly limit: number }>({
  name: "letters",
  version: 1,
  thresholds: { harassment: 0.5, "*": 0.9 },
  rules: [
    {
      id: "length",
      description: "An answer is no longer than agreed.",
      texts: ["answer"],
      violated: (text, { limit }) =>
        text.length > limit ? `${text.length} characters, allowed are ${limit}` : undefined,
    },
    {
      id: "shouting",
      description: "Nobody shouts.",
      violated: (text) => (text.includes("!!!") ? "it shouts" : undefined),
    },
  ],
})

const letters = workflow("letters", { version: 1, input: z.object({ question: z.string(), answer: z.string() }) })
  .moderate("check", {
    text: ({ input }) => ({ question: input.question, answer: input.answer }),
    policy,
    facts: () => ({ limit: 20 }),
  })
  .output(({ check }) => check)

function scored(...scores: Record<string, number>[]): ScriptedAnswer {
  return { result: { type: "moderate", results: scores.map((of) => ({ flagged: false, scores: of })) } }
}

async function check(input: { question: string; answer: string }, answer: ScriptedAnswer = scored({}, {})) {
  return (await runWorkflow(letters, input, { models: scriptedModel({ check: answer }) })).output
}

describe("a policy of a moderate step", () => {
  it("lets texts pass that keep it, and gives the highest score of each category", async () => {
    const passed = await check({ question: "Why?", answer: "Because." }, scored({ harassment: 0.1 }, { violence: 0.9 }))
    expect(passed).toEqual({ flagged: false, violations: [], scores: { harassment: 0.1, violence: 0.9 } })
  })

  it("names the text and the category whose score is too high, each text by its own scores", async () => {
    const flagged = await check({ question: "Why?", answer: "No." }, scored({ harassment: 0.5 }, { harassment: 0.51 }))
    expect(flagged).toMatchObject({
      flagged: true,
      violations: [{ rule: "category:harassment", text: "answer", reason: "harassment scored 0.51, allowed is 0.5" }],
    })
  })

  it("shows of a score the digits that tell it from what is allowed", async () => {
    const flagged = await check({ question: "Why?", answer: "No." }, scored({ harassment: 0.5004 }, {}))
    expect(flagged).toMatchObject({ violations: [{ reason: "harassment scored 0.5004, allowed is 0.5" }] })
  })

  it("judges by a rule the texts that it is for, with the facts of the step", async () => {
    const long = "This is much longer than agreed"
    expect(await check({ question: long, answer: "Short." })).toMatchObject({ flagged: false })
    expect(await check({ question: "Why?", answer: long })).toMatchObject({
      violations: [{ rule: "rule:length", text: "answer", reason: "31 characters, allowed are 20" }],
    })
  })

  it("judges all texts by a rule that names none", async () => {
    expect(await check({ question: "Why!!!", answer: "No!!!" })).toMatchObject({
      violations: [
        { rule: "rule:shouting", text: "question" },
        { rule: "rule:shouting", text: "answer" },
      ],
    })
  })

  it("wants the facts that its rules look at", () => {
    const open = workflow("letters", { version: 1, input: z.object({ text: z.string() }) })
    const text = () => "a text"
    // @ts-expect-error the policy needs facts
    const without = () => open.moderate("check", { text, policy })
    // @ts-expect-error and these are not the ones
    const wrong = () => open.moderate("check", { text, policy, facts: () => ({ limit: "20" }) })
    expectTypeOf(without).toBeFunction()
    expectTypeOf(wrong).toBeFunction()
  })
})
