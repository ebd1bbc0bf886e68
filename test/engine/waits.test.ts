/** Waiting for people, for signals and for time. */
import { describe, expect, it } from "vitest"
import { workflow } from "waybill"
import { createRun, runWorkflow } from "waybill/testing"
import { z } from "zod"
import type { RunEvent } from "../../src/run/event.ts"
import { lines, mortalRun, NOTHING, noModels, until } from "./helpers.ts"

const DAY = 86_400_000

describe("an approval", () => {
  const asks = (more: object = {}) =>
    workflow("asks", { version: 1, input: NOTHING })
      .approve("boss", {
        summary: "Refund 80 USD?",
        approvers: ["ann", "bob"],
        form: z.object({ note: z.string() }),
        expires: "2d",
        ...more,
      })
      .output(({ boss }) => boss)

  const waiting = async (more: object = {}) => {
    const run = await createRun(asks(more), {}, { models: noModels })
    await run.settle({ skipTime: false })
    return run
  }

  it("[WAIT1] says what is asked, of whom, until when, and takes the answer of one who may give it", async () => {
    const run = await waiting()
    expect(run.status).toBe("waiting")
    expect(run.engine.state.steps.get("boss")?.waiting).toMatchObject({
      reason: "approval",
      summary: "Refund 80 USD?",
      approvers: ["ann", "bob"],
      untilMs: run.clock.nowMs() + 2 * DAY,
      form: { properties: { note: { type: "string" } } },
    })
    await run.engine.commands.approve("boss", { approved: true, by: "ann", comment: "Fine.", form: { note: "ok" } })
    await run.settle()
    expect(run.output).toEqual({ approved: true, by: "ann", comment: "Fine.", form: { note: "ok" }, timedOut: false })
  })

  it("[WAIT2] refuses an answer by somebody else, a form that does not fit, and a second answer; the wait goes on", async () => {
    const run = await waiting()
    const { commands } = run.engine
    const form = { note: "ok" }
    await expect(commands.approve("boss", { approved: true, by: "eve", form })).rejects.toMatchObject({
      code: "not_allowed",
    })
    await expect(commands.approve("boss", { approved: true, form })).rejects.toMatchObject({ code: "not_allowed" })
    await expect(commands.approve("boss", { approved: true, by: "ann", form: {} })).rejects.toMatchObject({
      code: "signal_invalid",
      details: { path: "form.note" },
    })
    expect(run.status).toBe("waiting")
    await commands.approve("boss", { approved: true, by: "ann", form })
    await expect(commands.approve("boss", { approved: false, by: "bob" })).rejects.toMatchObject({
      code: "not_waiting",
    })
    await run.settle()
    expect(run.output).toMatchObject({ by: "ann" })
  })

  it("[WAIT3] that is rejected fails its step, unless the workflow wants to go on", async () => {
    const run = await waiting()
    await run.engine.commands.approve("boss", { approved: false, by: "bob", comment: "Too much." })
    await run.settle()
    expect(run.engine.state.error).toMatchObject({ code: "approval_rejected", path: "boss" })
    expect(run.engine.state.error?.message).toContain("bob rejected it: Too much.")
    const goesOn = await waiting({ onReject: "continue" })
    await goesOn.engine.commands.approve("boss", { approved: false, by: "bob" })
    await goesOn.settle()
    expect(goesOn.output).toMatchObject({ approved: false, by: "bob" })
  })

  it.each([
    ["fail", { status: "failed", error: { code: "wait_timeout", path: "boss" } }],
    ["reject", { status: "succeeded", output: { approved: false, timedOut: true } }],
    ["approve", { status: "succeeded", output: { approved: true, timedOut: true } }],
  ] as const)("[WAIT4] that nobody answers in time ends as onTimeout says: %s", async (onTimeout, expected) => {
    const run = await runWorkflow(asks({ onTimeout }), {}, { models: noModels })
    const { error, endedAtMs = 0, createdAtMs } = run.engine.state
    expect({ status: run.status, output: run.output, error }).toMatchObject(expected)
    expect(endedAtMs - createdAtMs).toBe(2 * DAY)
  })

  it("[WAIT5] keeps its end over a restart", async () => {
    const run = await mortalRun(asks({ onTimeout: "reject" }), {})
    await run.settle({ skipTime: false })
    run.clock.tick(DAY)
    const revived = await run.revive()
    await revived.settle()
    const { endedAtMs = 0, createdAtMs } = revived.engine.state
    expect(endedAtMs - createdAtMs).toBe(2 * DAY)
    expect(lines(revived.store.read(), "boss")).toEqual(["step.started 1", "step.waiting 1", "step.completed 1"])
  })
})

describe("waiting for a signal", () => {
  const payload = z.object({ text: z.string() })
  const waits = workflow("waits", { version: 1, input: NOTHING })
    .waitFor("reply", { signal: "customer-reply", schema: payload, expires: "1w" })
    .output(({ reply }) => reply)

  it("[WAIT6] ends with what the signal carries", async () => {
    const run = await createRun(waits, {}, { models: noModels })
    await run.settle({ skipTime: false })
    expect(run.status).toBe("waiting")
    await run.engine.commands.signal("customer-reply", { text: "Thanks." }, "mail")
    await run.settle()
    const atMs = run.engine.state.createdAtMs
    expect(run.output).toEqual({ timedOut: false, payload: { text: "Thanks." }, by: "mail", atMs })
  })

  it("[WAIT6] takes a signal that came before the step began", async () => {
    const run = await createRun(waits, {}, { models: noModels })
    await run.engine.commands.signal("customer-reply", { text: "Early." })
    await run.settle()
    expect(run.output).toMatchObject({ payload: { text: "Early." } })
  })

  it("[WAIT6] takes a signal that comes in whichever moment, also while the step begins to wait", async () => {
    for (let moments = 0; moments < 20; moments += 1) {
      const send = async () => {
        for (let left = moments; left > 0; left -= 1) await undefined
        await run.engine.commands.signal("customer-reply", { text: `after ${moments}` })
      }
      const onEvents = (events: readonly RunEvent[]) => {
        if (events.some(({ type }) => type === "step.waiting")) void send()
      }
      const run = await createRun(waits, {}, { models: noModels, onEvents })
      await run.settle({ skipTime: false })
      await until(() => run.events.some(({ type }) => type === "signal.received"))
      await run.settle({ skipTime: false })
      expect(run.output).toMatchObject({ payload: { text: `after ${moments}` } })
    }
  })

  it("[WAIT7] refuses a payload that does not fit, early or late, and nothing is logged", async () => {
    const run = await createRun(waits, {}, { models: noModels })
    const refused = { code: "signal_invalid", details: { path: "customer-reply.text" } }
    await expect(run.engine.commands.signal("customer-reply", { text: 1 })).rejects.toMatchObject(refused)
    await run.settle({ skipTime: false })
    await expect(run.engine.commands.signal("customer-reply", {})).rejects.toMatchObject(refused)
    expect(run.status).toBe("waiting")
    expect(run.events.some((event) => event.type === "signal.received")).toBe(false)
  })

  const ordered = workflow("ordered", { version: 1, input: NOTHING })
    .waitFor("a", { signal: "event", schema: z.object({ a: z.number() }) })
    .waitFor("b", { signal: "event", schema: z.object({ b: z.number() }) })
    .output(({ a, b }) => [a.payload, b.payload])

  it("[WAIT7] lets the step decide that waits now, where others of the signal's name expect something else", async () => {
    const run = await createRun(ordered, {}, { models: noModels })
    await run.settle()
    const { commands } = run.engine
    const refused = { code: "signal_invalid", details: { path: "event.a" } }
    await expect(commands.signal("event", { b: 2 })).rejects.toMatchObject(refused)
    await commands.signal("event", { a: 1 })
    await run.settle()
    await commands.signal("event", { b: 2 })
    await run.settle()
    expect(run.output).toEqual([{ a: 1 }, { b: 2 }])
  })

  it("[WAIT7] keeps what came early for the step that it fits", async () => {
    const run = await createRun(ordered, {}, { models: noModels })
    await run.engine.commands.signal("event", { b: 2 })
    await run.settle()
    expect(run.engine.state.steps.get("a")?.status).toBe("waiting")
    await run.engine.commands.signal("event", { a: 1 })
    await run.settle()
    expect(run.output).toEqual([{ a: 1 }, { b: 2 }])
  })

  it("[WAIT7] takes what fits one of several steps that wait side by side, and gives it to that one", async () => {
    const flow = workflow("beside", { version: 1, input: NOTHING })
      .parallel("both", {
        a: (g) => g.waitFor("a", { signal: "event", schema: z.object({ a: z.number() }) }),
        b: (g) => g.waitFor("b", { signal: "event", schema: z.object({ b: z.number() }) }),
        c: (g) => g.waitFor("c", { signal: "event", schema: z.object({ b: z.number() }) }),
      })
      .output(({ both: { a, b, c } }) => [a.a.payload, b.b.payload, c.c.payload])
    const run = await createRun(flow, {}, { models: noModels })
    await run.settle()
    for (const payload of [{ b: 1 }, { a: 2 }, { b: 3 }]) await run.engine.commands.signal("event", payload)
    await expect(run.engine.commands.signal("event", { c: 4 })).rejects.toMatchObject({ code: "signal_invalid" })
    await run.settle()
    expect(run.output).toEqual([{ a: 2 }, { b: 1 }, { b: 3 }])
  })

  it("[WAIT8] fails when no signal comes in time, or goes on when the workflow wants that", async () => {
    const late = await runWorkflow(waits, {}, { models: noModels })
    expect(late.engine.state.error).toMatchObject({ code: "wait_timeout", path: "reply" })
    const goesOn = workflow("goes-on", { version: 1, input: NOTHING })
      .waitFor("reply", { expires: "1w", onTimeout: "continue" })
      .output(({ reply }) => reply.timedOut)
    expect((await runWorkflow(goesOn, {}, { models: noModels })).output).toBe(true)
  })

  it("[WAIT9] ends one wait per signal, the oldest signal first", async () => {
    const flow = workflow("two", { version: 1, input: NOTHING })
      .parallel("both", {
        a: (g) => g.waitFor("x", { signal: "go" }).output(({ x }) => x.payload),
        b: (g) => g.waitFor("y", { signal: "go" }).output(({ y }) => y.payload),
      })
      .output(({ both }) => both)
    const run = await createRun(flow, {}, { models: noModels })
    await run.settle()
    await run.engine.commands.signal("go", 1)
    await run.settle()
    expect(run.status).toBe("waiting")
    expect(run.engine.state.signals).toEqual([])
    await run.engine.commands.signal("go", 2)
    await run.settle()
    expect(run.output).toEqual({ a: 1, b: 2 })
  })

  it("[WAIT9] finds the step by a name that the step makes of its values", async () => {
    const flow = workflow("items", { version: 1, input: z.object({ ids: z.array(z.string()) }) })
      .map("replies", {
        over: ({ input }) => input.ids,
        each: (g) =>
          g
            .waitFor("reply", { signal: ({ item }) => `reply:${item}`, schema: payload })
            .output(({ reply }) => reply.payload.text),
      })
      .output(({ replies }) => replies)
    const run = await createRun(flow, { ids: ["a", "b"] }, { models: noModels })
    await run.settle()
    await expect(run.engine.commands.signal("reply:b", { text: 1 })).rejects.toMatchObject({ code: "signal_invalid" })
    await run.engine.commands.signal("reply:b", { text: "from b" })
    await run.engine.commands.signal("reply:a", { text: "from a" })
    await run.settle()
    expect(run.output).toEqual(["from a", "from b"])
  })

  it("[WAIT10] keeps at most a thousand signals that no step takes", async () => {
    const run = await createRun(waits, {}, { models: noModels })
    for (let sent = 0; sent < 1_000; sent += 1) await run.engine.commands.signal("other", sent)
    await expect(run.engine.commands.signal("other", 1_000)).rejects.toMatchObject({ code: "limit_exceeded" })
  })
})

describe("sleeping", () => {
  it("[WAIT11] lasts to the millisecond, be it months, and holds nothing meanwhile", async () => {
    const flow = workflow("sleeps", { version: 1, input: z.object({ until: z.string() }) })
      .sleep("fixed", "26w")
      .sleep("date", ({ input }) => new Date(input.until))
      .sleep("computed", () => "90m")
      .output(({ computed }) => computed.untilMs)
    const until = "2028-02-29T12:00:00.000Z"
    let run = await mortalRun(flow, { until })
    await run.settle({ skipTime: false })
    expect(run.engine.busy).toBe(false)
    expect(run.engine.nextWakeMs()).toBe(run.engine.state.createdAtMs + 26 * 7 * DAY)
    run = await run.revive()
    await run.settle()
    expect(run.output).toBe(Date.parse(until) + 90 * 60_000)
    expect(run.clock.nowMs()).toBe(run.output)
  })

  it("[WAIT11] ends at once when its date is past, and fails when it is no date", async () => {
    const flow = workflow("past", { version: 1, input: z.object({ until: z.string() }) })
      .sleep("nap", ({ input }) => new Date(input.until))
      .output(() => "awake")
    expect((await runWorkflow(flow, { until: "2001-01-01" }, { models: noModels })).output).toBe("awake")
    const wrong = await runWorkflow(flow, { until: "soon" }, { models: noModels })
    expect(wrong.engine.state.error).toMatchObject({ code: "invalid_duration", path: "nap" })
  })
})
