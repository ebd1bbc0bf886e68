/** Exported runs as tests: a file that stands by itself, hides what nobody should see, and fails a test when code drifts. */
import { describe, expect, it } from "vitest"
import { tool, workflow } from "waybill"
import { expectReplay, exportRun, replayRun, runWorkflow, scriptedModel, type TestRun } from "waybill/testing"
import { z } from "zod"
import { systemClock } from "../../src/lib/clock.ts"
import { seededRandom } from "../../src/lib/random.ts"
import { readExport } from "../../src/replay/export-file.ts"
import { defineRouting } from "../../src/routing/define.ts"

const EMAIL = "maya.lindqvist@acme-mail.com"
const CARD = "4242 4242 4242 4242"
const KEY = "sk-proj-Zk3vQ9pLw7XyT2bNc8RdHf5Js1Ma6GuE"
const LONG = "a long document about the case. ".repeat(6_000)

const find = tool({
  name: "find",
  description: "Finds.",
  input: z.object({ email: z.email() }),
  output: z.object({ email: z.email(), notes: z.string() }),
  effect: "read",
  run: ({ input }) => ({ email: input.email, notes: `card ${CARD}, key ${KEY}, ${LONG}` }),
})

interface Variant {
  readonly prompt?: string
  readonly amount?: number
  readonly end?: (values: { total: number; to: string }) => unknown
}

const desk = ({ prompt = "Decide", amount = 10, end = (values) => values }: Variant = {}) =>
  workflow("desk", { version: 1, input: z.object({ email: z.email(), text: z.string() }) })
    .tool("customer", find, ({ input }) => ({ email: input.email }))
    .plan("decision", {
      prompt: ({ input, customer }) => `${prompt} for ${customer.email}: ${input.text} ${customer.notes}`,
      output: z.object({ amount: z.number(), to: z.email() }),
    })
    .code("total", ({ decision }) => decision.amount + amount)
    .output(({ total, decision }) => end({ total, to: decision.to }))

async function exported(
  options: { readonly redact?: boolean; readonly costNanoUsd?: number } = {},
): Promise<{ readonly text: string; readonly run: TestRun }> {
  const { costNanoUsd = 1_000 } = options
  const models = scriptedModel({ decision: { value: { amount: 5, to: EMAIL } } }, { costNanoUsd })
  const input = { email: EMAIL, text: `Charge ${CARD} again` }
  const run = await runWorkflow(desk(), input, { models })
  expect(run.status).toBe("succeeded")
  return { text: await exportRun(run, options), run }
}

describe("an exported run", () => {
  it("[REPLAY3] stands by itself: its rows, its blobs, and nothing else is needed to replay it", async () => {
    const { text, run } = await exported()
    const file = await readExport(text)
    expect(file.store.rows()).toEqual(run.store.rows())
    expect(file.blobs.size).toBeGreaterThan(0)
    expect(await replayRun(text, { workflows: [desk()] })).toMatchObject({ verdict: "same", outsideCalls: 0 })
  })

  it("[REPLAY3] that was cut short, or changed, is refused", async () => {
    const { text } = await exported()
    const lines = text.split("\n")
    const isRow = (line: string) => line.includes('"at_ms"')
    const shorter = lines.filter((line) => !isRow(line) || !line.includes("run.completed")).join("\n")
    const forged = text.replace('"amount\\":5', '"amount\\":6')
    expect(forged).not.toBe(text)
    for (const bad of [shorter, forged, "{}", "not json"])
      await expect(readExport(bad)).rejects.toMatchObject({ code: "export_invalid" })
  })
})

describe("[REPLAY5] a golden test", () => {
  it("passes as long as nothing differs", async () => {
    const { text } = await exported({ redact: true })
    await expectReplay(text, { workflows: [desk()] }).toMatch()
  })

  it("fails on a request that changed, naming step and field", async () => {
    const { text } = await exported()
    const changed = expectReplay(text, { workflows: [desk({ prompt: "Judge" })] })
    await expect(changed.toMatch()).rejects.toThrow(
      /decision: request-changed \(request messages\[0\]\.content\[0\]\.text: "Decide for/,
    )
    await changed.toMatch({ except: ["decision"] })
  })

  it("fails on an output that drifted, and on one that is not what is asked for", async () => {
    const { text } = await exported()
    const drifted = expectReplay(text, { workflows: [desk({ amount: 20 })] })
    await expect(drifted.toMatch()).rejects.toThrow("total: output-changed (output : 15 → 25)")
    await drifted.toMatch({ outputs: { total: 25 } })
    await expect(drifted.toMatch({ outputs: { total: 30 } })).rejects.toThrow("total: output : 30 → 25")
  })

  it("refuses a path that no step has, in an excuse as in an output", async () => {
    const { text } = await exported()
    const same = expectReplay(text, { workflows: [desk()] })
    await expect(same.toMatch({ outputs: { nobody: 1 } })).rejects.toThrow("nobody: found no such step")
    await expect(same.toMatch({ except: ["decision", "totl"] })).rejects.toThrow("totl: found no such step")
  })

  it("excuses of a step with an expected output what it gives, and not what it is asked", async () => {
    const { text } = await exported()
    const changed = expectReplay(text, { workflows: [desk({ prompt: "Judge" })] })
    const outputs = { decision: { amount: 5, to: EMAIL } }
    await expect(changed.toMatch({ outputs })).rejects.toThrow(/decision: request-changed \(request messages/)
    await changed.toMatch({ outputs, except: ["decision"] })
  })

  it("fails when the run ends in another way, whatever is excused", async () => {
    const { text } = await exported()
    const broken = () => {
      throw new Error("broken")
    }
    const failing = expectReplay(text, { workflows: [desk({ amount: 20, end: broken })] })
    const excused = { except: ["total"], outputs: { total: 25 } }
    await expect(failing.toMatch(excused)).rejects.toThrow(/the run: status: "succeeded" → "failed"/)
  })

  it("holds the run's output against the recorded one, unless it follows from what is excused", async () => {
    const { text } = await exported()
    const end = ({ total, to }: { total: number; to: string }) => ({ total, to, note: "new" })
    const grown = expectReplay(text, { workflows: [desk({ end })] })
    await expect(grown.toMatch()).rejects.toThrow('the run: output.note: nothing → "new"')
    // The step that is excused does not differ, so nothing follows from it.
    await expect(grown.toMatch({ except: ["total"] })).rejects.toThrow("the run: output.note")
    await grown.toMatch({ output: { total: 15, to: EMAIL, note: "new" } })
    await expect(grown.toMatch({ output: { total: 15, to: EMAIL } })).rejects.toThrow("the run: output note")
  })

  it("is made of a run that a test made, as of an export", async () => {
    const { run } = await exported()
    await expectReplay(run, { workflows: [desk()] }).toMatch({ output: { total: 15, to: EMAIL } })
  })

  it("of a file without the values that it refers to says how to get them", async () => {
    const { text } = await exported()
    const bare = text.replaceAll(/^\{"blob".*\n/gm, "")
    expect(bare).not.toBe(text)
    const missing = { code: "export_invalid", message: expect.stringContaining("?blobs=true") }
    await expect(replayRun(bare, { workflows: [desk()] })).rejects.toMatchObject(missing)
  })

  it("fails when the run would cost more today than it may", async () => {
    const { text } = await exported({ costNanoUsd: 1_000_000 })
    const routing = (usd: number) =>
      defineRouting({
        models: { one: { model: "openai/gpt-5-nano", price: { input: usd, output: usd } } },
        routes: { plan: { try: ["one"] } },
      })
    const at = (usd: number) => expectReplay(text, { workflows: [desk()], routing: routing(usd) })
    // 10 tokens in and 5 out: 15 × $10 per million is 150,000 nano-dollars.
    expect((await at(10).toMatch({ costDrift: 0 })).routing).toMatchObject({
      recordedNanoUsd: 1_000_000,
      estimatedNanoUsd: 150_000,
      changed: ["decision"],
    })
    await expect(at(100).toMatch({ costDrift: 0.2 })).rejects.toThrow("cost: found 1500000 nano-dollars")
    await at(100).toMatch({ costDrift: 0.5 })
    await at(100).toMatch({ costDrift: { nanoUsd: 500_000 } })
    await expect(at(100).toMatch({ costDrift: { nanoUsd: 499_999 } })).rejects.toThrow("expected at most 1499999")
    await expect(expectReplay(text, { workflows: [desk()] }).toMatch({ costDrift: 1 })).rejects.toThrow("no routing")
  })

  it("asks no provider that the run found without its keys, unless it is said to have them", async () => {
    const routing = defineRouting({
      models: { paid: { model: "openai/gpt-5-nano", price: { input: 10, output: 10 } } },
      routes: { plan: { try: ["paid", "local/extract"] } },
    })
    const { createGateway } = await import("../../src/gateway/gateway.ts")
    const { PROVIDERS } = await import("../../src/providers/index.ts")
    const answer = { choices: [{ message: { content: `{"amount":5,"to":"${EMAIL}"}` }, finish_reason: "stop" }] }
    const gateway = createGateway({
      ...{ routing: () => routing, providers: PROVIDERS, env: { LOCAL_MODELS_URL: "http://127.0.0.1:9" } },
      fetch: async () => Response.json({ ...answer, usage: { prompt_tokens: 100, completion_tokens: 10 } }),
      ...{ clock: systemClock, random: seededRandom(1) },
    })
    const run = await runWorkflow(desk(), { email: EMAIL, text: "again" }, { models: gateway })
    expect(run.status).toBe("succeeded")
    const { routing: drift } = await expectReplay(run, { workflows: [desk()], routing }).toMatch({ costDrift: 0 })
    expect(drift).toEqual({ changed: [], recordedNanoUsd: 0, estimatedNanoUsd: 0, unpriced: 0 })
    const withKeys = expectReplay(run, { workflows: [desk()], routing, providers: ["openai"] })
    await expect(withKeys.toMatch({ costDrift: 0.5 })).rejects.toThrow("found 1100000 nano-dollars, expected at most 0")
    await withKeys.toMatch({ costDrift: { nanoUsd: 2_000_000 } })
  })

  it("of a workflow that is not given is refused", async () => {
    const { text } = await exported()
    await expect(replayRun(text, { workflows: [] })).rejects.toMatchObject({ code: "workflow_not_found" })
  })
})
