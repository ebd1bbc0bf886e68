/** An agent whose calls need a person's yes. */
import { describe, expect, it } from "vitest"
import { workflow } from "waybill"
import { createRun, scriptedModel, type TestRun } from "waybill/testing"
import type { Message } from "../../src/model/message.ts"
import type { ToolApproval, WantedCall } from "../../src/steps/shared/tool-approval.ts"
import { counting, mortalRun, NOTHING, until } from "../engine/helpers.ts"
import { replayOf } from "../replay/gallery.ts"

const ASKED = "helper[0].pay-approval"

type Approve = (call: WantedCall) => boolean | ToolApproval

function desk(approve: Approve = ({ tool }) => tool === "pay") {
  const pay = counting("unsafe", () => undefined, { name: "pay" })
  const look = counting("read", () => undefined, { name: "look" })
  const flow = workflow("desk", { version: 1, input: NOTHING })
    .agent("helper", { prompt: "Help.", tools: [pay.tool, look.tool], maxTurns: 3, approve })
    .output(({ helper }) => helper.text)
  const models = scriptedModel({
    helper: [
      {
        calls: [
          { name: "pay", input: { usd: 9 } },
          { name: "look", input: {} },
        ],
      },
      { text: "done" },
    ],
  })
  return { flow, models, pay, look }
}

/** What the model was told about its calls. */
function told({ models }: Pick<ReturnType<typeof desk>, "models">): unknown[] {
  const operation = models.calls.at(-1)?.operation
  const messages: readonly Message[] = operation?.type === "generate" ? operation.messages : []
  return messages.flatMap((message) => (message.role === "tool" ? message.content.map(({ output }) => output) : []))
}

async function standing(made: ReturnType<typeof desk>): Promise<TestRun> {
  const run = await createRun(made.flow, {}, { models: made.models })
  await run.settle({ skipTime: false })
  return run
}

describe("[STEP18] a call that needs a yes", () => {
  it("waits as a step of its own, and is made when it is agreed to; the other calls are made meanwhile", async () => {
    const made = desk()
    const run = await standing(made)
    expect(run.status).toBe("waiting")
    expect([made.pay.calls.length, made.look.calls.length]).toEqual([0, 1])
    expect(run.engine.state.steps.get(ASKED)?.waiting).toMatchObject({
      reason: "approval",
      summary: 'helper wants to call pay with {"usd":9}',
    })
    await run.engine.commands.approve(ASKED, { approved: true, by: "ann" })
    await run.settle()
    expect([run.output, made.pay.calls.length]).toEqual(["done", 1])
    expect(told(made)).toEqual([{ n: 1 }, { n: 1 }])
    expect(await replayOf(run, made.flow)).toMatchObject({ verdict: "same", outsideCalls: 0 })
  })

  it("is not made after a no, of which the model is told", async () => {
    const made = desk(() => ({ summary: "Pay?", approvers: ["ann"] }))
    const run = await standing(made)
    await expect(run.engine.commands.approve(ASKED, { approved: true, by: "bob" })).rejects.toMatchObject({
      code: "not_allowed",
    })
    await run.engine.commands.approve("helper[0].look-approval", { approved: true, by: "ann" })
    await run.engine.commands.approve(ASKED, { approved: false, by: "ann", comment: "too much" })
    await run.settle()
    expect([run.output, made.pay.calls.length]).toEqual(["done", 0])
    expect(told(made)).toEqual([{ error: "ann rejected the call: too much." }, { n: 1 }])
    expect(await replayOf(run, made.flow)).toMatchObject({ verdict: "same" })
  })

  it.each([
    ["fail", 0, `Nobody decided within 1h.`],
    ["reject", 0, "Nobody agreed to the call in time."],
    ["approve", 1, undefined],
  ] as const)("that nobody answers in time: %s", async (onTimeout, calls, error) => {
    const made = desk(({ tool }) => tool === "pay" && { summary: "Pay?", expires: "1h", onTimeout })
    const run = await standing(made)
    await run.settle()
    expect([run.output, made.pay.calls.length]).toEqual(["done", calls])
    expect(told(made)[0]).toMatchObject(error === undefined ? { n: 1 } : { error: expect.stringContaining(error) })
    expect(await replayOf(run, made.flow)).toMatchObject({ verdict: "same" })
  })

  it("keeps its yes over a crash before the call, and the call is made once", async () => {
    const made = desk()
    const run = await mortalRun(made.flow, {}, { models: made.models })
    await run.settle({ skipTime: false })
    const waiting = await run.revive()
    await waiting.settle({ skipTime: false })
    await waiting.engine.commands.approve(ASKED, { approved: true })
    // The process dies with the answer in the log, and nobody has acted on it.
    const revived = await waiting.revive()
    await revived.settle()
    expect([revived.output, made.pay.calls.length, made.look.calls.length]).toEqual(["done", 1, 1])
    expect(made.models.calls).toHaveLength(2)
  })

  it("parks like any other when its unsafe tool was in flight at a crash, and is not asked for again", async () => {
    const made = desk()
    const never = counting("unsafe", () => new Promise(() => {}), { name: "pay" })
    const flow = workflow("desk", { version: 1, input: NOTHING })
      .agent("helper", { prompt: "Help.", tools: [never.tool, made.look.tool], maxTurns: 3, approve: () => true })
      .output(({ helper }) => helper.text)
    const run = await mortalRun(flow, {}, { models: made.models })
    await run.settle({ skipTime: false })
    await run.engine.commands.approve("helper[0].look-approval", { approved: true })
    await run.engine.commands.approve(ASKED, { approved: true })
    void run.settle().catch(() => {})
    await until(() => never.calls.length === 1)
    const revived = await run.revive()
    await revived.settle()
    expect(revived.engine.state.steps.get("helper[0].pay")?.waiting?.reason).toBe("interrupted")
    await revived.engine.commands.resolve("helper[0].pay", { action: "complete", output: { n: 7 } })
    await revived.settle()
    expect(revived.output).toBe("done")
    expect(never.calls).toHaveLength(1)
    expect(told(made)[0]).toEqual({ n: 7 })
  })

  it("[GRAPH3] is refused when its tool has the name of an approval, or a question that is none", async () => {
    const { tool } = counting("read", () => undefined, { name: "pay-approval" })
    const named = () =>
      workflow("desk", { version: 1, input: NOTHING })
        .agent("helper", { prompt: "Help.", tools: [tool], maxTurns: 3, approve: () => true })
        .output(() => null)
    expect(named).toThrow('found the tool name "pay-approval"')
    const run = await standing(desk(() => ({ summary: "Pay?", onTimeout: "approve" })))
    expect(run.engine.state.error).toMatchObject({ code: "graph_invalid" })
  })
})
