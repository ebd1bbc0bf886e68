/** Steps side by side of which one fails: what becomes of the others. */
import { describe, expect, it } from "vitest"
import { workflow } from "waybill"
import { runWorkflow } from "waybill/testing"
import { z } from "zod"
import { counting, deferred, lines, mortalRun, NOTHING, noModels } from "./helpers.ts"

const NEVER = new Promise<never>(() => {})
const LIST = z.object({ list: z.array(z.number()) })

describe("a failure beside others", () => {
  const failing = counting("read", () => {
    throw new Error("broken")
  })

  it("[PAR5] stops them under fail-fast, and the step fails with the failure and not with the stopping", async () => {
    const slow = counting("unsafe", () => NEVER)
    const flow = workflow("fast", { version: 1, input: NOTHING })
      .parallel(
        "both",
        {
          slow: (g) => g.tool("call", slow.tool, () => ({})),
          nap: (g) => g.sleep("long", "99w"),
          bad: (g) => g.tool("call", failing.tool, () => ({}), { retry: { attempts: 1 } }),
          late: (g) => g.code("never", () => 1),
        },
        { concurrency: 3 },
      )
      .output(() => null)
    const run = await runWorkflow(flow, {}, { models: noModels })
    expect(run.engine.state.error).toMatchObject({ code: "tool_failed", message: "broken", path: "both.bad.call" })
    expect(slow.calls[0]?.signal.aborted).toBe(true)
    expect(run.clock.nowMs()).toBe(run.engine.state.createdAtMs)
    expect([...run.engine.state.steps.keys()]).not.toContain("both.late.never")
    const stopped = run.engine.state.steps.get("both.slow.call")
    expect(stopped).toMatchObject({ status: "failed", error: { code: "run_cancelled" } })
  })

  it("[PAR6] leaves them alone under collect, and each result says what became of it", async () => {
    const flow = workflow("collects", { version: 1, input: LIST })
      .map("items", {
        over: ({ input }) => input.list,
        onError: "collect",
        each: (g) =>
          g
            .tool("bad", failing.tool, () => ({}), { retry: { attempts: 1 }, when: ({ item }) => item === 1 })
            .output(({ item }) => item * 10),
      })
      .output(({ items }) => items)
    const run = await runWorkflow(flow, { list: [0, 1, 2] }, { models: noModels })
    expect(run.output).toMatchObject([
      { status: "completed", output: 0 },
      { status: "failed", error: { code: "tool_failed", message: "broken", path: "items[1].bad" } },
      { status: "completed", output: 20 },
    ])
  })

  it("[PAR7] never runs a sibling again: not for a retry, not for a sleep, not after a crash", async () => {
    const once = counting("unsafe")
    const flaky = counting("read", (_call, n) => {
      if (n < 3) throw new Error("busy")
    })
    const flow = workflow("siblings", { version: 1, input: NOTHING })
      .parallel("all", {
        once: (g) => g.tool("charge", once.tool, () => ({})),
        again: (g) => g.tool("flaky", flaky.tool, () => ({}), { retry: { attempts: 5 } }),
        nap: (g) => g.sleep("long", "3w"),
      })
      .output(({ all }) => all.again.flaky.n)
    let run = await mortalRun(flow, {})
    await run.settle({ skipTime: false })
    run = await run.revive()
    await run.settle()
    expect(run.output).toBe(3)
    expect(once.calls.length).toBe(1)
  })

  it("[PAR5] fails with the failure also when the process died after another was stopped for it", async () => {
    // Found by the fuzz: the stopped one comes first in order, and what stopped it was then not come to any more.
    const started = deferred()
    const slow = counting("read", ({ input }) => {
      if (input !== 1) return undefined
      started.resolve()
      return NEVER
    })
    const flow = workflow("cause", { version: 1, input: LIST })
      .map("items", {
        over: ({ input }) => input.list,
        concurrency: 2,
        each: (g) =>
          g
            .tool("call", slow.tool, ({ item }) => item)
            .code("check", async ({ item }) => {
              if (item === 2) await started.promise
              if (item === 2) throw new Error("broken")
              return item
            }),
      })
      .output(({ items }) => items.length)
    const run = await mortalRun(
      flow,
      { list: [0, 1, 2, 3] },
      {
        onEvents: (events) =>
          events.some(({ type, path }) => type === "step.failed" && path === "items[1].call") && run.kill(),
      },
    )
    await expect(run.settle()).rejects.toThrow("The process died.")
    const revived = await run.revive({ onEvents: () => {} })
    await revived.settle()
    expect(revived.engine.state.error).toMatchObject({ message: "broken", path: "items[2].check" })
    expect(lines(revived.store.read()).filter((line) => line.includes("items[3]"))).toEqual([])
  })

  it("[PAR5] ends them also when the process died between the failure and their stopping", async () => {
    // Found by the fuzz: the step that the crash cut off was met by nobody any more, and stayed open for ever.
    const started = deferred()
    const slow = counting("read", () => {
      started.resolve()
      return NEVER
    })
    const late = counting("read", async () => {
      await started.promise
      throw new Error("broken")
    })
    const flow = workflow("dies", { version: 1, input: LIST })
      .map("items", {
        over: ({ input }) => input.list,
        onError: "collect",
        each: (g) =>
          g.parallel(
            "both",
            {
              bad: (h) => h.tool("call", late.tool, () => ({}), { retry: { attempts: 1 } }),
              done: (h) => h.code("quick", () => 1),
              held: (h) => h.branch("way", () => "in", { in: (i) => i.tool("slow", slow.tool, () => ({})) }),
            },
            { concurrency: 2 },
          ),
      })
      .output(({ items }) => items.map(({ status }) => status))
    const run = await mortalRun(
      flow,
      { list: [1] },
      {
        onEvents: (events) =>
          events.some(({ type, path }) => type === "step.failed" && path.endsWith(".bad.call")) && run.kill(),
      },
    )
    await expect(run.settle()).rejects.toThrow("The process died.")
    const revived = await run.revive({ onEvents: () => {} })
    await revived.settle()
    expect(revived.output).toEqual(["failed"])
    expect([...revived.engine.state.steps.values()].map(({ path, status }) => `${path} ${status}`)).toEqual([
      "items completed",
      "items[0].both failed",
      "items[0].both.bad.call failed",
      "items[0].both.done.quick completed",
      "items[0].both.held.way failed",
      "items[0].both.held.way.in.slow failed",
    ])
  })

  it("[PAR8] is not collected when the whole is stopped from above", async () => {
    const flow = workflow("stopped", { version: 1, input: LIST, timeout: "1h" })
      .map("items", { over: ({ input }) => input.list, onError: "collect", each: (g) => g.sleep("long", "1d") })
      .output(() => "went on")
    const run = await runWorkflow(flow, { list: [1, 2] }, { models: noModels })
    expect(run.engine.state.error).toMatchObject({ code: "run_timeout" })
    const limited = workflow("limited", { version: 1, input: LIST })
      .map("items", {
        over: ({ input }) => input.list,
        onError: "collect",
        timeout: "2h",
        each: (g) => g.sleep("long", "1d"),
      })
      .output(() => "went on")
    const late = await runWorkflow(limited, { list: [1, 2] }, { models: noModels })
    expect(late.engine.state.error).toMatchObject({ code: "step_timeout", path: "items" })
  })
})
