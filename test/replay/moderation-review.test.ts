/** Recorded moderation decisions under other policies: nobody is asked, and what cannot be known is not guessed. */
import { describe, expect, it } from "vitest"
import { definePolicy, workflow } from "waybill"
import { createRun, reviewRecorded, type ScriptedAnswer, scriptedModel } from "waybill/testing"
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
      violated: (text, { limit }) => (text.length > limit ? `${text.length} characters` : undefined),
    },
  ],
})

const letters = workflow("letters", { version: 1, input: z.object({ answers: z.array(z.string()) }) })
  .map("items", {
    over: ({ input }) => input.answers,
    each: (g) =>
      g.moderate("check", {
        text: ({ item }) => ({ title: "Re", answer: item }),
        policy,
        facts: () => ({ limit: 20 }),
      }),
  })
  .output(({ items }) => items.length)

function scored(...scores: Record<string, number>[]): ScriptedAnswer {
  return { result: { type: "moderate", results: scores.map((of) => ({ flagged: false, scores: of })) } }
}

/** One item an answer; the title always passes. */
async function recorded(answers: readonly string[], ...scores: Record<string, number>[]) {
  let asked = 0
  const models = scriptedModel(() => scored({ harassment: 0 }, scores[asked++] ?? {}))
  const run = await createRun(letters, { answers }, { models })
  await run.settle()
  return { run, calls: () => asked }
}

const options = { workflows: [letters], step: "check" }

describe("a moderation review", () => {
  it("[MODERATE1] [MODERATE2] lists the decisions that flip, either way, each with score and threshold, and asks nobody", async () => {
    const { run, calls } = await recorded(
      ["a", "b", "c"],
      { harassment: 0.4 },
      { harassment: 0.6 },
      { harassment: 0.8 },
    )
    const before = calls()
    const { decisions } = await reviewRecorded(run, { ...options, policy: { thresholds: { harassment: 0.3 } } })
    expect(decisions.map(({ path, flip }) => [path, flip])).toEqual([
      ["items[0].check", "flagged"],
      ["items[1].check", undefined],
      ["items[2].check", undefined],
    ])
    expect(decisions[0]?.reasons).toEqual([
      {
        rule: "category:harassment",
        now: "violated",
        text: "answer",
        score: 0.4,
        threshold: 0.3,
        reason: "harassment scored 0.40, allowed is 0.3",
      },
    ])
    const milder = await reviewRecorded(run, { ...options, policy: { thresholds: { harassment: 0.7 } } })
    expect(milder.decisions.filter(({ flip }) => flip === "passed")).toMatchObject([
      {
        path: "items[1].check",
        recorded: { flagged: true },
        reviewed: { flagged: false, violations: [] },
        reasons: [{ rule: "category:harassment", now: "kept", text: "answer", score: 0.6, threshold: 0.7 }],
      },
    ])
    expect(calls()).toBe(before)
  })

  it("[MODERATE1] under today's policy of unchanged code flips nothing", async () => {
    const { run } = await recorded(["short", "far too long for this"], { harassment: 0.9 }, { harassment: 0.1 })
    const { decisions, undecided } = await reviewRecorded(run, options)
    expect(decisions.map(({ recorded: { flagged }, flip }) => [flagged, flip])).toEqual([
      [true, undefined],
      [true, undefined],
    ])
    expect(undecided).toEqual([])
  })

  it("[MODERATE2] checks rules of one's own on the recorded texts and facts, those that are said to hold", async () => {
    const { run } = await recorded(["far too long for this"], { harassment: 0.1 })
    const thresholds = { harassment: 0.5 }
    expect((await reviewRecorded(run, { ...options, policy: { thresholds } })).decisions).toMatchObject([
      { recorded: { flagged: true }, reviewed: { flagged: true } },
    ])
    expect((await reviewRecorded(run, { ...options, policy: { thresholds, rules: [] } })).decisions).toMatchObject([
      { flip: "passed", reasons: [{ rule: "rule:length", now: "kept", text: "answer" }] },
    ])
  })

  it("[MODERATE3] leaves undecided what the recording has no score for, unless something else decides it", async () => {
    const { run } = await recorded(["a", "b"], { harassment: 0.1 }, { harassment: 0.9 })
    const thresholds = { harassment: 0.5, "self-harm": 0.1 }
    const { decisions, undecided } = await reviewRecorded(run, { ...options, policy: { thresholds } })
    expect(decisions).toMatchObject([{ path: "items[1].check", reviewed: { flagged: true } }])
    expect(undecided).toMatchObject([{ path: "items[0].check", why: "The recorded model gave no score of self-harm." }])
  })

  it("[MODERATE3] leaves undecided what somebody said in the step's place", async () => {
    const { run } = await recorded(["a"], { harassment: 0.1 })
    const given = { flagged: false, violations: [], scores: {} }
    const paused = await createRun(letters, { answers: ["a"] }, { models: scriptedModel(() => scored({}, {})) })
    await paused.engine.commands.edit("items[0].check", { output: given }, {})
    await paused.settle()
    expect((await reviewRecorded(paused, options)).undecided).toMatchObject([
      { path: "items[0].check", why: expect.stringContaining("no scores") },
    ])
    await expect(reviewRecorded(run, { ...options, step: "items" })).rejects.toMatchObject({ code: "step_not_found" })
  })
})
