/** What becomes of work that was in flight when the process died. */
import { describe, expect, it } from "vitest"
import { type Effect, workflow } from "waybill"
import { scriptedModel } from "waybill/testing"
import type { OperationContext } from "../../src/model/client.ts"
import type { Operation } from "../../src/model/operation.ts"
import type { RunEvent } from "../../src/run/event.ts"
import type { EventStore } from "../../src/store/event-store.ts"
import { MemoryEventStore } from "../../src/store/memory-event-store.ts"
import { Life, mortalStore } from "../support/mortal.ts"
import { counting, deferred, lines, mortalRun, NOTHING, until } from "./helpers.ts"

const NEVER = new Promise<never>(() => {})

/** A workflow of one tool step, killed while the tool's first call was in flight. */
async function killedInFlight(effect: Effect) {
  const pay = counting(effect, (_call, n) => (n === 1 ? NEVER : undefined))
  const flow = workflow("pays", { version: 1, input: NOTHING })
    .tool("pay", pay.tool, () => ({}))
    .output(({ pay }) => pay.n)
  const run = await mortalRun(flow, {})
  void run.settle().catch(() => {})
  await until(() => pay.calls.length === 1)
  const revived = await run.revive()
  await revived.settle()
  return { pay, run: revived }
}

describe("a step that was in flight when the process died", () => {
  it.each(["read", "idempotent"] as const)(
    "[RUN6] is tried again with the same key when its tool is %s",
    async (effect) => {
      const { pay, run } = await killedInFlight(effect)
      expect(run.status).toBe("succeeded")
      expect(pay.calls.map((call) => call.attempt)).toEqual([1, 2])
      expect(new Set(pay.calls.map((call) => call.idempotencyKey)).size).toBe(1)
      expect(lines(run.store.read(), "pay")).toEqual([
        "step.started 1",
        "step.interrupted 1",
        "step.started 2",
        "step.completed 2",
      ])
    },
  )

  it("[RUN7] parks the run when its tool is unsafe, until somebody decides", async () => {
    const { pay, run } = await killedInFlight("unsafe")
    expect(run.status).toBe("waiting")
    expect(run.engine.state.steps.get("pay")?.waiting).toEqual({ reason: "interrupted" })
    expect(pay.calls.length).toBe(1)
    const restarted = await run.revive()
    await restarted.settle()
    expect(restarted.status).toBe("waiting")
  })

  it("[RUN7] tries an unsafe tool again when it is told to", async () => {
    const { pay, run } = await killedInFlight("unsafe")
    await run.engine.commands.resolve("pay", { action: "retry" }, "ann")
    await run.settle()
    expect(run.output).toBe(2)
    expect(pay.calls[1]?.idempotencyKey).toBe(pay.calls[0]?.idempotencyKey)
    expect(run.store.read().find((event) => event.type === "step.resolved")?.data).toMatchObject({ by: "ann" })
  })

  it("[RUN7] takes an output given by hand, when the tool's schema allows it", async () => {
    const { pay, run } = await killedInFlight("unsafe")
    await expect(run.engine.commands.resolve("pay", { action: "complete", output: { n: "x" } })).rejects.toMatchObject({
      code: "output_refused",
      details: { path: "pay.n" },
    })
    expect(run.status).toBe("waiting")
    await run.engine.commands.resolve("pay", { action: "complete", output: { n: 7 } })
    await run.settle()
    expect(run.output).toBe(7)
    expect(pay.calls.length).toBe(1)
  })

  it("[RUN7] fails with the words of whoever decided so", async () => {
    const { run } = await killedInFlight("unsafe")
    await run.engine.commands.resolve("pay", { action: "fail", message: "The bank says no." })
    await run.settle()
    expect(run.engine.state.error).toMatchObject({ code: "step_failed", message: "The bank says no.", path: "pay" })
  })

  it("[RUN7] refuses a decision about a step that is not parked", async () => {
    const { run } = await killedInFlight("read")
    await expect(run.engine.commands.resolve("pay", { action: "retry" })).rejects.toMatchObject({ code: "not_waiting" })
    await expect(run.engine.commands.resolve("nope", { action: "retry" })).rejects.toMatchObject({
      code: "step_not_found",
    })
  })
})

describe("a model step that was in flight when the process died", () => {
  const flow = workflow("asks", { version: 1, input: NOTHING })
    .generate("reply", { prompt: "Hello" })
    .code("shout", ({ reply }) => reply.text.toUpperCase())
    .output(({ shout }) => shout)

  it("[RUN6] is asked again when it was not answered, and the call that was lost is booked at what was reserved for it", async () => {
    const models = scriptedModel({ reply: async () => (models.calls.length === 1 ? NEVER : { text: "hi" }) })
    const forecaster = { worstNanoUsd: () => 700 }
    const run = await mortalRun(flow, {}, { models, forecaster })
    void run.settle().catch(() => {})
    await until(() => models.calls.length === 1)
    const revived = await run.revive()
    await revived.settle()
    expect(revived.output).toBe("HI")
    expect(models.calls.map((call) => call.context.step.attempt)).toEqual([1, 2])
    const cutOff = revived.store.read().find((event) => event.type === "step.interrupted")
    expect(cutOff?.data).toEqual({ parked: false, lost: { costNanoUsd: 700 } })
    expect(revived.engine.state.costNanoUsd).toBe(1_700)
  })

  it("[RUN6] is booked by what it asked, and on whose behalf, whatever kind of step it is", async () => {
    const text = "x".repeat(200_000)
    const moderated = workflow("asks", { version: 1, input: NOTHING })
      .moderate("check", { text: () => text, tags: ["big"] })
      .agent("helper", { prompt: "Help.", tools: [], maxTurns: 2, route: "desk" })
      .output(() => null)
    const asked: unknown[] = []
    const forecaster = {
      worstNanoUsd: (...of: readonly [OperationContext, Operation]) => {
        asked.push(of)
        throw new Error("Nobody knows.")
      },
    }
    const models = scriptedModel(({ type }) => {
      if (models.calls.length % 2 === 1) return NEVER
      return type === "moderate" ? { result: { type, results: [{ flagged: false, scores: {} }] } } : { text: "ok" }
    })
    let run = await mortalRun(moderated, {}, { models, forecaster })
    for (const calls of [1, 3]) {
      void run.settle().catch(() => {})
      await until(() => models.calls.length === calls)
      run = await run.revive()
    }
    await run.settle()
    expect(run.status).toBe("succeeded")
    expect(asked).toMatchObject([
      [
        { step: { path: "check", kind: "moderate", attempt: 1 }, tags: ["big"] },
        { type: "moderate", texts: [text] },
      ],
      [{ step: { path: "helper[0].turn", name: "helper", kind: "agent" }, route: "desk" }, { type: "generate" }],
    ])
  })

  it("[RUN8] is answered from the log when it was paid for, and not asked again", async () => {
    const models = scriptedModel({ reply: { text: "hi" } })
    const run = await mortalRun(
      flow,
      {},
      {
        models,
        onEvents: (events) => events.some((event) => event.type === "operation.completed") && run.kill(),
      },
    )
    await expect(run.settle()).rejects.toThrow("The process died.")
    const revived = await run.revive({ onEvents: () => {} })
    await revived.settle()
    expect(revived.output).toBe("HI")
    expect(models.calls.length).toBe(1)
    expect(revived.engine.state.costNanoUsd).toBe(1_000)
    expect(lines(revived.store.read(), "reply")).toEqual([
      "step.started 1",
      "operation.completed 1",
      "step.interrupted 1",
      "step.started 2",
      "step.completed 2",
    ])
  })

  it("[RUN8] fails from the log with the class that it failed with, when the process died before the failure was logged", async () => {
    const failure = { class: "provider.quota", message: "No money left." } as const
    const models = scriptedModel({ reply: { failure } })
    const run = await mortalRun(
      flow,
      {},
      {
        models,
        onEvents: (events) => events.some((event) => event.type === "operation.completed") && run.kill(),
      },
    )
    await expect(run.settle()).rejects.toThrow("The process died.")
    const revived = await run.revive({ onEvents: () => {} })
    await revived.settle()
    expect(models.calls.length).toBe(1)
    expect(revived.store.read().find((event) => event.type === "step.failed")?.data).toMatchObject({
      failureClass: "provider.quota",
    })
  })
})

describe("a step that kills its process every time", () => {
  it("[RUN9] is blamed after ten interruptions, and the run fails", async () => {
    const deadly = counting("idempotent", () => NEVER)
    const flow = workflow("deadly", { version: 1, input: NOTHING })
      .tool("crash", deadly.tool, () => ({}))
      .output(() => null)
    let run = await mortalRun(flow, {})
    for (let life = 1; life <= 10; life += 1) {
      void run.settle().catch(() => {})
      await until(() => deadly.calls.length === life)
      run = await run.revive()
    }
    await run.settle()
    expect(run.engine.state.error).toMatchObject({ code: "step_crashed", path: "crash" })
    expect(deadly.calls.length).toBe(10)
  })
})

describe("a store that fails", () => {
  it("[RUN10] is not written to again, though it works again", async () => {
    const inner = new MemoryEventStore()
    let appends = 0
    const flaky: EventStore = {
      ...mortalStore(inner, new Life()),
      append(events, atMs) {
        appends += 1
        if (appends === 4) throw new Error("The disk is full.")
        return inner.append(events, atMs)
      },
    }
    const flow = workflow("flaky", { version: 1, input: NOTHING })
      .code("one", () => 1)
      .code("two", () => 2)
      .output(({ two }) => two)
    const run = await mortalRun(flow, {}, { store: flaky })
    await expect(run.settle()).rejects.toThrow("The disk is full.")
    expect(appends).toBe(4)
    expect(inner.head().seq).toBe(3)
    const revived = await mortalRun(flow, {}, { store: inner })
    await revived.settle()
    expect(revived.output).toBe(2)
  })

  it("[RUN10] stops the engine at once, and a new one on the same log goes on", async () => {
    const gate = deferred()
    const slow = counting("idempotent", () => gate.promise)
    const flow = workflow("stops", { version: 1, input: NOTHING })
      .tool("slow", slow.tool, () => ({}))
      .output(({ slow }) => slow.n)
    const run = await mortalRun(flow, {})
    const settled = expect(run.settle()).rejects.toThrow("The process died.")
    await until(() => slow.calls.length === 1)
    run.kill()
    gate.resolve()
    await settled
    await expect(run.engine.advance()).rejects.toThrow("The process died.")
    const revived = await run.revive()
    await revived.settle()
    expect(revived.output).toBe(2)
  })
})

describe("a run whose process dies while it is stopped because its time is over", () => {
  it("[RUN14] fails for that, not for the step that was stopped", async () => {
    const flow = workflow("waits", { version: 1, input: NOTHING, timeout: "1h" })
      .waitFor("letter")
      .output(() => null)
    const onEvents = (events: readonly RunEvent[]) => {
      if (events.some(({ type }) => type === "step.failed")) run.kill()
    }
    const run = await mortalRun(flow, {}, { onEvents })
    await expect(run.settle()).rejects.toThrow("The process died.")
    const revived = await run.revive({ onEvents: () => {} })
    await revived.settle()
    expect(revived.engine.state.error).toMatchObject({ code: "run_timeout" })
  })
})
