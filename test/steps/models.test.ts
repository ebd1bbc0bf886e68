/** The kinds of steps that ask a model one thing: what they ask, and what they make of the answer. */
import { describe, expect, it } from "vitest"
import { media, workflow } from "waybill"
import { runWorkflow, scriptedModel } from "waybill/testing"
import { z } from "zod"
import type { OperationResult } from "../../src/model/result.ts"

const AUDIO = { $blob: `sha256:${"a".repeat(64)}`, bytes: 9, mediaType: "audio/mpeg" } as const
const TEXT = z.object({ text: z.string() })

/** The operation that a step asked, and what the run gave. */
async function ask(
  flow: Parameters<typeof runWorkflow>[0],
  input: unknown,
  answer: Parameters<typeof scriptedModel>[0],
) {
  const models = scriptedModel(answer)
  const run = await runWorkflow(flow, input, { models })
  return { operation: models.calls[0]?.operation, output: run.output, error: run.engine.state.error }
}

describe("a model step", () => {
  it("[STEP15] embed asks for the vectors of its texts and gives them in order", async () => {
    const flow = workflow("embeds", { version: 1, input: TEXT })
      .embed("vectors", { text: ({ input }) => input.text.split(" ") })
      .output(({ vectors }) => vectors.embeddings)
    const result: OperationResult = {
      type: "embed",
      embeddings: [
        [1, 0],
        [0, 1],
      ],
    }
    const asked = await ask(flow, { text: "red green" }, { vectors: { result } })
    expect(asked.operation).toEqual({ type: "embed", texts: ["red", "green"] })
    expect(asked.output).toEqual([
      [1, 0],
      [0, 1],
    ])
  })

  it("[STEP15] transcribe asks for the words of a recording", async () => {
    const flow = workflow("listens", { version: 1, input: z.object({ audio: media() }) })
      .transcribe("words", { audio: ({ input }) => input.audio, language: "de" })
      .output(({ words }) => words)
    const result: OperationResult = { type: "transcribe", text: "Guten Tag", language: "de", durationMs: 1_200 }
    const asked = await ask(flow, { audio: AUDIO }, { words: { result } })
    expect(asked.operation).toEqual({ type: "transcribe", audio: AUDIO, language: "de" })
    expect(asked.output).toEqual({ text: "Guten Tag", language: "de", durationMs: 1_200 })
  })

  it("[STEP15] classify asks for one label of each group, and refuses another", async () => {
    const flow = workflow("sorts", { version: 1, input: TEXT })
      .classify("topic", {
        text: ({ input }) => input.text,
        labels: { kind: ["bug", "praise"], tone: { angry: "shouts", calm: "does not" } },
        examples: [{ input: "It broke!", output: { kind: "bug", tone: "angry" } }],
      })
      .output(({ topic }) => topic)
    const right = await ask(flow, { text: "Thanks" }, { topic: { value: { kind: "praise", tone: "calm" } } })
    expect(right.output).toEqual({ kind: "praise", tone: "calm" })
    expect(right.operation).toMatchObject({
      type: "generate",
      temperature: 0,
      output: {
        schema: {
          properties: { kind: { enum: ["bug", "praise"] }, tone: { description: "angry: shouts; calm: does not" } },
        },
      },
      examples: [{ input: "It broke!", output: { kind: "bug", tone: "angry" } }],
    })
    const wrong = await ask(flow, { text: "Thanks" }, { topic: { value: { kind: "rant", tone: "calm" } } })
    expect(wrong.error).toMatchObject({ code: "output_invalid", path: "topic.kind" })
  })

  it("[STEP15] vision, plan and generate ask with their prompts, media and schemas", async () => {
    const flow = workflow("reads", { version: 1, input: z.object({ screen: media() }) })
      .vision("seen", {
        image: ({ input }) => [input.screen],
        prompt: "Read it.",
        system: "Be exact.",
        maxOutputTokens: 50,
      })
      .output(({ seen }) => seen.text)
    const image = { ...AUDIO, mediaType: "image/png" }
    const asked = await ask(flow, { screen: image }, { seen: { text: "Error 42" } })
    expect(asked.operation).toEqual({
      type: "generate",
      messages: [
        { role: "system", content: "Be exact." },
        {
          role: "user",
          content: [
            { type: "text", text: "Read it." },
            { type: "media", media: image },
          ],
        },
      ],
      maxOutputTokens: 50,
    })
    expect(asked.output).toBe("Error 42")
    const writes = workflow("writes", { version: 1, input: TEXT })
      .generate("reply", { prompt: ({ input }) => input.text, template: ({ input }) => `Dear ${input.text}` })
      .output(({ reply }) => reply.text)
    const written = await ask(writes, { text: "Ann" }, { reply: { text: "Hello Ann" } })
    expect(written.operation).toMatchObject({ template: "Dear Ann" })
  })
})
