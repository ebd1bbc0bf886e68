import { describe, expect, it } from "vitest"
import { tool, workflow } from "waybill"
import { createRun, runWorkflow, scriptedModel } from "waybill/testing"
import { z } from "zod"
import { MemoryEventStore } from "../../src/store/memory-event-store.ts"

const charge = (run: () => { ok: boolean }, effect: "read" | "idempotent" | "unsafe" = "idempotent") =>
  tool({
    name: "charge",
    description: "Charges.",
    input: z.object({ id: z.string() }),
    output: z.object({ ok: z.boolean() }),
    effect,
    run,
  })

const refund = (run: () => { ok: boolean } = () => ({ ok: true }), effect: "idempotent" | "unsafe" = "idempotent") =>
  workflow("refund", { version: 1, input: z.object({ message: z.string() }) })
    .classify("topic", { text: ({ input }) => input.message, labels: { kind: ["billing", "other"] } })
    .plan("decision", { prompt: ({ topic }) => `Kind: ${topic.kind}`, output: z.object({ amount: z.number() }) })
    .branch("outcome", ({ topic }) => topic.kind, {
      billing: (g) =>
        g
          .approve("manager", {
            when: ({ decision }) => decision.amount > 50,
            summary: ({ decision }) => `Refund ${decision.amount}?`,
          })
          .tool("pay", charge(run, effect), ({ decision }) => ({ id: `ch_${decision.amount}` })),
      other: (g) => g,
    })
    .output(({ outcome, decision }) => ({ case: outcome.case, amount: decision.amount }))

const models = (amount: number) =>
  scriptedModel({ topic: { value: { kind: "billing" } }, decision: { value: { amount } } })

describe("a run", () => {
  it("[RUN1] executes its steps in order and gives the workflow's output", async () => {
    const run = await runWorkflow(refund(), { message: "twice!" }, { models: models(10) })
    expect(run.status).toBe("succeeded")
    expect(run.output).toEqual({ case: "billing", amount: 10 })
    expect(run.events.map((event) => `${event.type} ${event.path}`)).toMatchSnapshot()
  })

  it("[RUN2] waits for an approval and goes on with the answer", async () => {
    const run = await createRun(refund(), { message: "twice!" }, { models: models(80) })
    await run.settle()
    expect(run.status).toBe("waiting")
    run.engine.commands.approve("outcome.billing.manager", { approved: true, by: "ann" })
    await run.settle()
    expect(run.status).toBe("succeeded")
  })

  it("[RUN3] is not created with an input that its workflow refuses", async () => {
    const store = new MemoryEventStore()
    await expect(createRun(refund(), { message: 1 }, { models: models(1), store })).rejects.toMatchObject({
      code: "input_invalid",
      details: { path: "input.message", issues: [{ path: "input.message" }] },
    })
    expect(store.head().seq).toBe(0)
  })

  it("[RUN4] a step that completed is never executed again", async () => {
    const first = models(80)
    const run = await createRun(refund(), { message: "twice!" }, { models: first })
    await run.settle()
    const second = models(80)
    const revived = await createRun(
      refund(),
      { message: "twice!" },
      { models: second, store: run.store, blobs: run.blobs },
    )
    await revived.settle()
    revived.engine.commands.approve("outcome.billing.manager", { approved: true })
    await revived.settle()
    expect(revived.status).toBe("succeeded")
    expect(second.calls).toEqual([])
  })

  it("[RUN5] retries a failing idempotent tool with the same key and then fails with its error", async () => {
    let calls = 0
    const failing = () => {
      calls += 1
      throw new Error("no route to bank")
    }
    const run = await runWorkflow(refund(failing), { message: "twice!" }, { models: models(10) })
    expect(run.status).toBe("failed")
    expect(calls).toBe(3)
    expect(run.engine.state.error).toMatchObject({
      code: "tool_failed",
      message: "no route to bank",
      path: "outcome.billing.pay",
    })
  })
})
